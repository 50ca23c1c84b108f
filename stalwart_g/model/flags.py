"""Message flags: IMAP's spelling (RFC 9051 section 2.3.2) and JMAP's (RFC 8621 section 4.1.1)."""

from __future__ import annotations

_SYSTEM = {
    "\\seen": "$seen",
    "\\answered": "$answered",
    "\\flagged": "$flagged",
    "\\draft": "$draft",
}
_BACK = {"$seen": "\\Seen", "$answered": "\\Answered", "$flagged": "\\Flagged", "$draft": "\\Draft"}
_FORBIDDEN = frozenset('(){]%*"\\ ')


def keyword(flag: str) -> str | None:
    """The JMAP keyword of an IMAP flag; None for ``\\Deleted``, ``\\Recent`` and what cannot be stored."""
    low = flag.lower()
    if low.startswith("\\"):
        return _SYSTEM.get(low)
    valid = 0 < len(low) <= 255 and low.isascii() and low.isprintable() and not _FORBIDDEN & set(low)
    return low if valid else None


def flag(keyword: str) -> str:
    """The IMAP flag of a JMAP keyword."""
    return _BACK.get(keyword, keyword)
