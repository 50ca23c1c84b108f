"""Message identifiers (RFC 5322 section 3.6.4)."""

from __future__ import annotations

import re

_ID = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")


def parse(text: str) -> tuple[str, ...]:
    """The ids in an unfolded field, each with its brackets, white space taken out.

    Without any brackets the words are ids: old mailers write them so in In-Reply-To, and some in Message-ID.
    """
    found = [_SPACE.sub("", each) for each in _ID.findall(text)]
    if not found and "<" not in text and '"' not in text:
        found = [f"<{word}>" for word in text.split() if "@" in word]
    return tuple(each for each in found if each != "<>")
