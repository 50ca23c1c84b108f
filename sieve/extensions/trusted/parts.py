"""Functions of the message, or of the part under way in ``foreverypart``."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.coercion import Array, Typed
from sieve.extensions.trusted.expressions import extension
from sieve.extensions.trusted.received import RECEIVED
from sieve.message import Part
from sieve.runtime import Run


@extension.function()
def is_encoding_problem(run: Run) -> bool:
    """Could the part not be decoded as its header says?"""
    return run.part.is_damaged


@extension.function()
def is_attachment(run: Run) -> bool:
    """Is the part one of the attachments (RFC 8621 section 4.1.4)?"""
    return _is_one_of(run, run.message.current.attachments)


@extension.function()
def is_body(run: Run) -> bool:
    """Is the part one of those that are shown as text?"""
    message = run.message.current
    return _is_one_of(run, [*message.text_body, *message.html_body])


def _is_one_of(run: Run, parts: Sequence[Part]) -> bool:
    """By their place, since a part may have been looked up in the message before an edit."""
    return run.part.path in {part.path for part in parts}


@extension.function()
def attachment_name(run: Run) -> str:
    """The file name that the part has, or the empty text."""
    return run.part.filename


@extension.function()
def is_header_utf8_valid(run: Run, name: str) -> bool:
    """Are the octets of all fields of this name UTF-8? Of all fields, if there are none of this name."""
    fields = run.part.named(name) or run.part.fields
    return all(_is_utf8(field.raw) for field in fields)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@extension.function()
def received_part(run: Run, number: int, part: str) -> Typed:
    """What one Received field says, the topmost being 1; ``part`` as in ``header.received.rcvd``."""
    hops = run.fields(["received"])
    read = RECEIVED.get(part.lower())
    return read(hops[number - 1]) if read and 0 < number <= len(hops) else ""


@extension.function()
def var_names(run: Run) -> Array:
    """The names of the global variables that were set, in upper case."""
    return tuple(map(str.upper, run.globals))
