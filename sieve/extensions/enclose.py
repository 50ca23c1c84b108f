"""enclose (RFC 5703 section 6): the message becomes an attachment of a new one. A redirect sends it without."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sieve import addresses
from sieve.extensions.base import field_name
from sieve.extensions.entities import is_of_mime, put_around, written
from sieve.extensions.letters import mailbox_of
from sieve.message import compose, dates
from sieve.message.compose import Attachment
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("enclose", "RFC 5703 section 6")
extension.tag("subject", "enclose", param=Param("subject"))
extension.tag("headers", "enclose", param=Param("header names", "texts", check=field_name))


@extension.command(Param("text"))
def enclose(run: Run, text: str, *, subject: str | None = None, headers: Sequence[str] = ()) -> None:
    """Write a text, and attach the message to it. Some fields of its header are taken over."""
    octets = run.message.materialise()
    run.charge(16 * len(text))
    attached = Attachment(octets, "message/rfc822", disposition="inline").entity()
    body = compose.multipart("mixed", [compose.text_entity(text), attached])
    put_around(run, compose.message(_header(run, subject, headers, octets), body))


def _header(run: Run, subject: str | None, names: Sequence[str], octets: bytes) -> list[bytes]:
    """What is taken over, and before it what must be there; a subject of the command's own is the only one."""
    wanted = {name.lower() for name in names} - ({"subject"} if subject is not None else set())
    copied = [field for field in run.message.fields if field.name.lower() in wanted and not is_of_mime(field)]
    there = {field.name.lower() for field in copied}
    owner = _owner(run)
    made = {
        "from": compose.address_field("From", [mailbox_of("", owner)]),
        "subject": b"" if subject is None else compose.field_of("Subject", subject),
        "date": compose.field_of("Date", dates.written(dates.Date(*run.now()))),
        "message-id": compose.field_of("Message-ID", _identity(owner, octets)),
    }
    return [*(field for name, field in made.items() if name not in there), *map(written, copied)]


def _owner(run: Run) -> str:
    """Whose script it is: the one to whom the mail came; nobody knows that of mail to several people."""
    known = [each for each in map(addresses.mailbox, run.host.envelope("to")) if each]
    host = run.host.environment("host")
    return known[0] if len(known) == 1 else f"postmaster@{host if isinstance(host, str) and host else 'localhost'}"


def _identity(owner: str, octets: bytes) -> str:
    """The same message enclosed by the same script is the same message."""
    digest = hashlib.sha256(owner.encode("utf-8", "replace") + b"\0" + octets).hexdigest()
    return f"<enclosed.{digest[:32]}@{owner.rpartition('@')[2]}>"
