"""Parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from sieve.message import charsets, words


class Structured(NamedTuple):
    """A value with parameters; ``value`` and the names of the parameters in lower case.

    ``boundary`` is that parameter as octets, as it is to be looked for.
    """

    value: str
    parameters: Mapping[str, str]
    boundary: bytes


_VALUE = re.compile(r"[^;]*")
_PARAMETER = re.compile(r';\s*(?:([^\s;="]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|\Z)[^;]*|([^;]*))|[^;]*)', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?")
_PARAMETERS_MAX = 200


def parse(octets: bytes) -> Structured:
    """A raw field value; a parameter that comes twice counts once, the first time."""
    return _parse(octets) if len(octets) < 300 else _parse.__wrapped__(octets)


@lru_cache(maxsize=512)
def _parse(octets: bytes) -> Structured:
    text = octets.decode("utf-8", "surrogateescape").rstrip()
    if "\n" in text:
        text = text.replace("\r\n", "").replace("\n", "")
    value = _VALUE.match(text)
    assert value is not None, "it matches nothing as well"
    head = _COMMENT.sub(" ", value[0]) if "(" in value[0] else value[0]
    parameters = _joined(_raw(text[value.end() :]))
    boundary = parameters.pop("boundary", "").rstrip()
    return Structured(_clean(head.strip().lower()), parameters, boundary.encode("utf-8", "surrogateescape"))


def _raw(text: str) -> list[tuple[str, str]]:
    """Names and values as they are written, quotes gone."""
    found = []
    for parameter in _PARAMETER.finditer(text):
        name, quoted, plain = parameter.groups()
        if name:
            value = _ESCAPED.sub(r"\1", quoted) if quoted is not None else _COMMENT.sub(" ", plain).strip()
            found.append((name.lower(), value))
        if len(found) == _PARAMETERS_MAX:
            break
    return found


def _joined(raw: list[tuple[str, str]]) -> dict[str, str]:
    """Continuations put together, extended values decoded; those win over plain ones (RFC 2231 sections 3 and 4)."""
    if all("*" not in name and value.isascii() and "=?" not in value for name, value in raw):
        first: dict[str, str] = {}
        for name, value in raw:
            first.setdefault(name, value)
        return first
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in raw:
        if "*" not in name:
            plain.setdefault(name, value)
        elif section := _SECTION.fullmatch(name):
            extended = section[3] is not None
            sections.setdefault(section[1], {}).setdefault(int(section[2] or 0), (value, extended))
    decoded = {name: value if name == "boundary" else words.decode(_clean(value)) for name, value in plain.items()}
    return {**decoded, **{name: _assembled(pieces) for name, pieces in sections.items()}}


def _assembled(pieces: Mapping[int, tuple[str, bool]]) -> str:
    """Octets of all sections in order, then the charset that the first one names."""
    charset, octets = "utf-8", b""
    for number in sorted(pieces):
        value, extended = pieces[number]
        if extended and number == min(pieces) and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("utf-8", "surrogateescape")
        octets += unquote_to_bytes(raw) if extended else raw
    return charsets.decode(octets, charset).text


def _clean(value: str) -> str:
    """Octets that are no UTF-8 as U+FFFD."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
