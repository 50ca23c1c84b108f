"""Tag lists: ``a=rsa-sha256; d=example.org`` (RFC 6376 section 3.2), read and written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stalwart_g.model.errors import Violation

_FORBIDDEN = re.compile(r"[^\t\r\n -~\x80-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LINE_OCTETS = 78
_BASE64_OCTETS = 72


class TagsInvalid(Violation):
    """The text is no tag list."""


def parse(text: str) -> dict[str, str]:
    """Tags in their order; names count case, white space around values does not belong to them.

    Raises:
        TagsInvalid: a part is no tag, a tag is there twice, or there are characters that no tag may have.
    """
    if _FORBIDDEN.search(text):
        raise TagsInvalid("control character in tags")
    parts = text.split(";")
    if not parts[-1].strip():  # one semicolon may follow the last tag
        parts.pop()
    tags: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise TagsInvalid("malformed tag")
        if name in tags:
            raise TagsInvalid(f"tag {name} twice")
        tags[name] = value.strip()
    return tags


def without_space(value: str) -> str:
    """For values in which white space means nothing."""
    return "".join(value.split())


def listed(value: str) -> list[str]:
    """The items of a list with colons, white space around them left out."""
    return [item.strip() for item in value.split(":")]


def unsigned(name: str, tags: Sequence[tuple[str, str]]) -> str:
    """A header field up to ``b=``, which has a line of its own for ``folded_base64`` to follow.

    Lines have at most 78 octets where words allow that. The list ``h`` breaks after colons.
    """
    pieces = [piece for tag, value in tags for piece in _pieces(tag, value)]
    return f"{_lines(name, pieces)}\r\n\tb="


def folded_words(name: str, words: Sequence[str]) -> str:
    """A header field of words, in such lines; it has no line end."""
    return _lines(name, [f" {word}" for word in words])


def _lines(name: str, pieces: Sequence[str]) -> str:
    lines = [f"{name}:"]
    for piece in pieces:
        if len(lines[-1]) + len(piece) > _LINE_OCTETS:
            lines.append("\t" + piece.lstrip())
        else:
            lines[-1] += piece
    return "\r\n".join(lines)


def folded_base64(value: str) -> str:
    """What follows ``b=`` in lines that fit."""
    return "\r\n\t".join(value[start : start + _BASE64_OCTETS] for start in range(0, len(value), _BASE64_OCTETS))


def _pieces(tag: str, value: str) -> list[str]:
    if tag != "h":
        return [f" {tag}={value};"]
    first, *others = f"{value};".replace(":", ": ").split(" ")
    return [f" h={first}", *others]
