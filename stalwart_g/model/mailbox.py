"""Mailbox names and roles (RFC 9051 section 5.1, RFC 6154, RFC 8621 section 2)."""

from __future__ import annotations

SEPARATOR = "/"
INBOX = "INBOX"
ROLES = ("inbox", "archive", "drafts", "flagged", "important", "junk", "sent", "trash", "all")
MAX_DEPTH = 10
MAX_NAME_OCTETS = 255


def object_id(number: int) -> str:
    """The id under which people and programs know a mailbox, whatever it is called (RFC 8474 section 4)."""
    return f"m{number}"


def number_of(object_id: str) -> int | None:
    """The mailbox that an id is of; None: it is no such id."""
    digits = object_id.removeprefix("m")
    is_one = object_id.startswith("m") and digits.isascii() and digits.isdecimal() and len(digits) <= 10
    return int(digits) if is_one else None


class InvalidName(ValueError):
    """No mailbox can have this name."""


def path_of(name: str, separator: str = SEPARATOR) -> tuple[str, ...]:
    """Split a mailbox name into its levels; INBOX is the same in any case.

    Raises:
        InvalidName: an empty or overlong level, a control character, or too many levels.
    """
    levels = tuple(level.strip() for level in name.split(separator))
    if not all(levels) or len(levels) > MAX_DEPTH:
        raise InvalidName(f"invalid folder name: {name!r}")
    for level in levels:
        if len(level.encode("utf-8", "surrogatepass")) > MAX_NAME_OCTETS or not level.isprintable():
            raise InvalidName(f"invalid folder name: {name!r}")
    return (INBOX, *levels[1:]) if levels[0].upper() == INBOX else levels
