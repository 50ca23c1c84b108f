"""How actions put new content into a message: headers around it, and its place among the parts (RFC 5703, RFC 6558)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sieve.extensions.foreverypart import shown
from sieve.message import HeaderField, Part, compose
from sieve.message.compose import CRLF, Content
from sieve.runtime import Run


def is_of_mime(field: HeaderField) -> bool:
    """Does the field say what the body is?"""
    name = field.name.lower()
    return name.startswith("content-") or name == "mime-version"


def written(field: HeaderField) -> bytes:
    """A field with its line end, which the last one of a message may lack."""
    return field.octets if field.octets.endswith(b"\n") else field.octets + CRLF


def message_of(fields: Iterable[bytes], about: Iterable[bytes], body: bytes) -> bytes:
    """A message; ``about`` are the fields that say what the body is."""
    return compose.message(fields, entity_of(about, body))


def entity_of(about: Iterable[bytes], body: bytes) -> bytes:
    return b"".join([*about, CRLF, body])


def text_fields(content: Content, subtype: str = "plain", name: str = "") -> list[bytes]:
    """What the header of a text says of it."""
    parameters = {"charset": content.charset, **({"name": name} if name else {})}
    return [
        compose.structured_field("Content-Type", f"text/{subtype}", parameters),
        compose.field_of("Content-Transfer-Encoding", content.encoding),
    ]


def safe_within(part: Part, content: Content) -> Content:
    """The same, so encoded that no line of it ends a multipart around the part."""
    return Content(content.octets, content.charset, "base64") if ends_something(part, content.octets) else content


def ends_something(part: Part, octets: bytes) -> bool:
    """Would a line of these octets, in the place of a part, end a multipart around it?"""
    return any(octets.startswith(mark) or b"\n" + mark in octets for mark in _marks(part))


def _marks(part: Part) -> Iterator[bytes]:
    above = part.parent
    while above is not None:
        boundary = above.structured("Content-Type").boundary
        if boundary:
            yield b"--" + boundary
        above = above.parent


def put_part(run: Run, part: Part, octets: bytes, what: str) -> None:
    """Put an entity in the place of a part; ``what`` has become of it, for the trace."""
    is_done = run.message.replace_part(part, _fitted(run, octets))
    _edited(run, f"{shown(part)} is {what if is_done else 'no longer there'}")


def put_message(run: Run, octets: bytes, what: str) -> None:
    """Put another message in the place of this one."""
    run.message.replace_message(_fitted(run, octets))
    _edited(run, f"the message is {what}")


def put_around(run: Run, octets: bytes) -> None:
    """Put a message that encloses this one in its place."""
    run.message.enclose(_fitted(run, octets))
    _edited(run, "the message is enclosed")


def _fitted(run: Run, octets: bytes) -> bytes:
    """With the line ends of the message."""
    return octets if run.message.line_end == CRLF else octets.replace(CRLF, b"\n")


def _edited(run: Run, note: str) -> None:
    if run.trace is not None:
        run.trace.note(note)
    run.edited()
