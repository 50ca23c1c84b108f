"""Notifications by mail (RFC 5436): ``mailto`` URIs (RFC 6068), and the mail that is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sieve import addresses
from sieve.extensions import letters
from sieve.extensions.letters import Writer
from sieve.message import Message, Overlay
from sieve.message.compose import address_field, text_entity
from sieve.message.compose import message as written

if TYPE_CHECKING:
    from sieve.extensions.enotify import Notify

RECIPIENTS_MAX = 8
_FIELDS_MAX = 16

_TO = re.compile(r"(?:[A-Za-z0-9\-._~!$'()*+,:@]|%[0-9A-Fa-f]{2})*")
_FIELD = re.compile(r"(?:[A-Za-z0-9\-._~!$'()*+,;:@/?]|%[0-9A-Fa-f]{2})*")
_NAME = re.compile(r"[!-9;-~]+")
_PIECE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,])+')
_OURS = frozenset({
    *("from", "sender", "reply-to", "date", "message-id", "received", "return-path", "auto-submitted", "in-reply-to"),
    *("references", "mime-version", "importance", "x-priority", "x-auto-response-suppress", "apparently-to"),
})  # fmt: skip
_PRIORITIES = {"1": ("High", "1 (Highest)"), "2": ("Normal", "3 (Normal)"), "3": ("Low", "5 (Lowest)")}


@dataclass(frozen=True, slots=True)
class MailTo:
    """What a URI asks for; fields that it must not set are left out (RFC 5436 section 2.4)."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """All of them, each once."""
        return _distinct((*self.to, *self.cc, *self.bcc))

    def without(self, told: Iterable[str]) -> MailTo:
        """The same for those who are not told already, each of them once."""
        to = _distinct(self.to, told)
        cc = _distinct(self.cc, (*told, *to))
        return replace(self, to=to, cc=cc, bcc=_distinct(self.bcc, (*told, *to, *cc)))


def _distinct(found: Iterable[str], known: Iterable[str] = ()) -> tuple[str, ...]:
    seen = {each.lower() for each in known}
    first = {each.lower(): each for each in reversed([*found])}
    return tuple(each for each in found if each.lower() not in seen and first[each.lower()] is each)


class InvalidUri(ValueError):
    """The text says what is wrong with it."""


def parse(uri: str) -> MailTo:
    """Raises InvalidUri."""
    path, _, query = uri.partition(":")[2].partition("?")
    if not _TO.fullmatch(path):
        raise InvalidUri(f"'{uri}' has characters in its recipients that must be encoded")
    found: dict[str, list[str]] = {"to": _addresses(path, uri), "cc": [], "bcc": [], "subject": [], "body": []}
    others: list[tuple[str, str]] = []
    for name, value in _query(query, uri):
        if name.lower() in ("to", "cc", "bcc"):
            found[name.lower()] += _addresses(value, uri)
        elif name.lower() in found:
            found[name.lower()].append(unquote(value))
        else:
            others.append((name, unquote(value)))
    return _checked(found, others, uri)


def _query(query: str, uri: str) -> list[tuple[str, str]]:
    """Names, decoded, and values, which are not."""
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    for name, equals, value in pairs:
        if not equals or not _FIELD.fullmatch(name) or not _FIELD.fullmatch(value):
            raise InvalidUri(f"'{uri}' has a header field that is not name=value, or not encoded")
        if not _NAME.fullmatch(unquote(name)):
            raise InvalidUri(f"'{uri}' has an invalid header field name '{unquote(name)}'")
    return [(unquote(name), value) for name, _, value in pairs]


def _addresses(text: str, uri: str) -> list[str]:
    """Addresses between commas, which may be encoded too; but those within quotes part nothing."""
    found = []
    for each in filter(None, _PIECE.findall(unquote(text))):
        address = addresses.mailbox(each)
        if address is None:
            raise InvalidUri(f"'{uri}' has an invalid recipient address '{each}'")
        found.append(address)
    return found


def _checked(found: dict[str, list[str]], others: Sequence[tuple[str, str]], uri: str) -> MailTo:
    if len(others) > _FIELDS_MAX:
        raise InvalidUri(f"'{uri}' has too many header fields (more than {_FIELDS_MAX})")
    fields = [pair for pair in others if pair[0].lower() not in _OURS and not _is_foreign(pair[0])]
    target = MailTo(
        to=tuple(found["to"]),
        cc=tuple(found["cc"]),
        bcc=tuple(found["bcc"]),
        subject="".join(found["subject"][:1]),
        body="".join(found["body"][:1]),
        fields=tuple(fields),
    )
    if not target.recipients:
        raise InvalidUri(f"'{uri}' has no recipient")
    if len(target.recipients) > RECIPIENTS_MAX:
        raise InvalidUri(f"'{uri}' has too many recipients (more than {RECIPIENTS_MAX})")
    return target


def _is_foreign(name: str) -> bool:
    """Fields that describe a transport, a signature or a body."""
    return name.lower().startswith(("resent-", "content-", "dkim-", "arc-", "list-", "received-", "authentication-"))


def fault_of(uri: str) -> str:
    """What is wrong with a ``mailto`` URI, or nothing."""
    try:
        parse(uri)
    except InvalidUri as error:
        return str(error)
    return ""


def sender_fault(uri: str, sender: str) -> str:
    """A mail must be from an address, if it is to be from somebody (RFC 5436 section 2.1)."""
    wrong = sender and uri.lower().startswith("mailto:") and addresses.mailbox(sender) is None
    return f"the :from address '{sender}' is invalid" if wrong else ""


def silence(message: Message | Overlay) -> str:
    """Why no mail is sent about this one; empty: it may be (RFC 5436 section 2.7.1)."""
    return "it was submitted automatically" if letters.is_automatic(message) else ""


def target_of(notify: Notify) -> MailTo:
    """Who is told, and how; nobody, if earlier notifications told all of them."""
    return parse(notify.uri).without(notify.told)


def compose(notify: Notify, message: Message | Overlay, writer: Writer) -> bytes:
    """The mail for the recipients of the URI (RFC 5436 section 2.7)."""
    target = target_of(notify)
    importance, priority = _PRIORITIES[notify.importance]
    fields = [
        ("To", "" if target.to else "undisclosed-recipients:;"),
        ("Subject", notify.message or target.subject or letters.first(message, "Subject") or "New mail"),
        ("Auto-Submitted", f'auto-notified; owner-email="{writer.own[0]}"'),
        ("Importance", importance),
        ("X-Priority", priority),
        *target.fields,
    ]
    people = [
        address_field(name, [letters.mailbox_of("", address) for address in addresses])
        for name, addresses in (("To", target.to), ("Cc", target.cc))
        if addresses
    ]
    header = [*writer.fields(notify.sender), *people, *letters.fields_of(fields)]
    return written(header, text_entity(target.body or _about(message)))


def _about(message: Message | Overlay) -> str:
    return "".join(f"{name}: {letters.first(message, name)}\n" for name in ("From", "To", "Subject", "Date"))
