"""replace (RFC 5703 section 5): another text or MIME entity in the place of the part under way, or of the message."""

from __future__ import annotations

from collections.abc import Iterable

from sieve import addresses
from sieve.errors import ScriptError
from sieve.extensions.entities import (
    ends_something,
    entity_of,
    is_of_mime,
    message_of,
    put_message,
    put_part,
    safe_within,
    text_fields,
    written,
)
from sieve.extensions.letters import mailboxes_in
from sieve.message import HeaderField, Part, compose, parse
from sieve.message.compose import text_content
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("replace", "RFC 5703 section 5")


def _sender(text: str) -> str:
    found = mailboxes_in(text)
    good = bool(found) and all(addresses.mailbox(each.address) for each in found)
    return "" if good else f"the :from address '{text}' is invalid"


extension.tag("mime", "replace")
extension.tag("subject", "replace", param=Param("subject"))
extension.tag("from", "replace", keyword="sender", param=Param("address", check=_sender))


@extension.command(Param("replacement"))
def replace(run: Run, text: str, *, mime: bool = False, subject: str | None = None, sender: str | None = None) -> None:
    """Replace a part with all that is in it. With ``mime`` the text is an entity, header and body.

    A new subject and sender are for the whole message only.
    """
    if sender is not None and (fault := _sender(sender)):
        raise ScriptError(f"replace: {fault}")
    if mime and (fault := _entity(text)):
        raise ScriptError(f"replace: {fault}")
    part = run.part
    run.charge(len(text))
    if run.message.is_whole(part):
        _replace_message(run, text, mime=mime, new={} if mime else _new_fields(subject, sender))
    else:
        _replace_part(run, part, text, mime=mime)


def _replace_part(run: Run, part: Part, text: str, *, mime: bool) -> None:
    """The root of an attached message keeps the fields that do not say what the body is."""
    content = text_content(text)
    if not mime:
        content = safe_within(part, content)
        above = part.parent
        kept = [] if above is None or above.type != "message" else [*_renewed(part.fields, {})]
        put_part(run, part, entity_of([*kept, *text_fields(content)], content.written), "replaced")
    elif ends_something(part, content.octets):
        raise ScriptError("replace: a line of the entity is a boundary of the message")
    else:
        put_part(run, part, content.octets, "replaced")


def _replace_message(run: Run, text: str, *, mime: bool, new: dict[str, bytes]) -> None:
    """All fields stay that do not say what the body is; what is replaced of them, too, under another name."""
    fields = list(_renewed(run.message.fields, new))
    if mime:
        entity = parse(text_content(text).octets)
        about = [written(field) for field in entity.fields if field.name.lower().startswith("content-")]
        body = entity.root.body
    else:
        content = text_content(text, closed=True)
        about, body = text_fields(content), content.written
    put_message(run, message_of(fields, about, body), "replaced")


def _new_fields(subject: str | None, sender: str | None) -> dict[str, bytes]:
    new = {}
    if subject is not None:
        new["subject"] = compose.field_of("Subject", subject)
    if sender is not None:
        new["from"] = compose.address_field("From", mailboxes_in(sender))
    return new


def _renewed(fields: Iterable[HeaderField], new: dict[str, bytes]) -> Iterable[bytes]:
    waiting = dict(new)
    for field in fields:
        name = field.name.lower()
        if name in new:
            yield waiting.pop(name, b"")
            yield b"Original-" + written(field)
        elif not is_of_mime(field):
            yield written(field)
    yield from waiting.values()


def _entity(text: str) -> str:
    """The fault of a MIME entity (RFC 2045 section 2.4), or nothing."""
    problems = parse(text_content(text).octets).problems
    is_broken = any(problem.code == "header" and not problem.part for problem in problems)
    return "the text is no MIME entity: header fields, an empty line, content" if is_broken else ""


@extension.check("replace")
def _one_or_the_other(site: Site) -> None:
    if not site.use.tags.get("mime"):
        return
    for keyword, name in (("subject", "subject"), ("sender", "from")):
        if keyword in site.use.tags:
            site.report(f"the replace command takes ':mime' or ':{name}', not both", "tag", at=keyword)
    text = site.constant(0)
    if text is not None and (fault := _entity(text)):
        site.report(fault, "value", at=0)
