"""The field that says what became of each check: Authentication-Results (RFC 8601).

Whatever came from the network is cleaned before it gets into the field: no line ends, no control characters, no endless
words; quoted where the grammar wants it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stalwart_g.mailauth.domains import ascii_domain

_WORD_CHARACTERS = 400
_COMMENT_SPECIALS = str.maketrans("()\\", "???")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TOKEN = re.compile(r"[^\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]+")
_ADDRESS = re.compile(rf"(?:(?:{_TOKEN.pattern})?@)?{_TOKEN.pattern}")
_FIELD = re.compile(
    rb"^authentication-results[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)(?:\r?\n|\Z)", re.IGNORECASE | re.MULTILINE
)
_END_OF_HEADER = re.compile(rb"\A\r?\n|\n\r?\n")
_OUTSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|[^"()]+|.', re.DOTALL)
_COMMENT = re.compile(r"\\.|[^\\()]+|.", re.DOTALL)
_PIECE = re.compile(r'[;=]|(?:"(?:[^"\\]|\\.)*"|[^ \t\r\n";=])+', re.DOTALL)
_METHOD = re.compile(r"([A-Za-z0-9-]+)(?:/(\d+))?")
_PROPERTY = re.compile(r"([A-Za-z0-9-]+)\.([A-Za-z0-9_-]+)")

Property = tuple[str, str, str]
"""Where a value came from (smtp, header, body, policy), its name there, and the value."""


class ResultsError(ValueError):
    """No Authentication-Results field, or one that breaks its grammar."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one check came to: ``spf=pass smtp.mailfrom=example.org``."""

    method: str
    outcome: str
    properties: tuple[Property, ...] = ()
    reason: str = ""

    def get(self, kind: str, name: str) -> str:
        """The value of a property; empty where it is missing."""
        return next((value for found, key, value in self.properties if (found, key) == (kind, name)), "")


@dataclass(frozen=True, slots=True)
class Results:
    """A whole field. ``authserv_id`` is who says so, as it was written."""

    authserv_id: str
    results: tuple[Result, ...] = ()


def clean(text: str) -> str:
    """The text without line ends and other controls, and no longer than a field can bear."""
    return _CONTROLS.sub(" ", text)[:_WORD_CHARACTERS].strip()


def quoted_if_needed(text: str) -> str:
    """A value of the field: an address or a word as it is, everything else in quotes."""
    text = clean(text)
    return text if _ADDRESS.fullmatch(text) else quoted(text)


def comment(text: str) -> str:
    """The text as a comment, its parentheses included."""
    return f"({clean(text).translate(_COMMENT_SPECIALS)})"


def quoted(text: str) -> str:
    """The text as a quoted string."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def words(authserv_id: str, results: Iterable[Result], *, utf8: bool = False) -> list[str]:
    """The words of the field, to be folded between them.

    Args:
        utf8: the message may have UTF-8 in its header (RFC 6532); otherwise such characters become question marks.
    """
    parts = [[quoted_if_needed(authserv_id)], *(_words_of(result) for result in results)]
    if len(parts) == 1:
        parts.append(["none"])
    for part in parts[:-1]:
        part[-1] += ";"
    told = [word for part in parts for word in part]
    return told if utf8 else only_ascii(told)


def only_ascii(told: Iterable[str]) -> list[str]:
    """The words with question marks for other characters."""
    return [word.encode("ascii", "replace").decode("ascii") for word in told]


def _words_of(result: Result) -> list[str]:
    told = [f"{result.method}={result.outcome}"]
    if reason := clean(result.reason):
        told.append(f"reason={quoted_if_needed(reason)}")
    return told + [f"{kind}.{name}={quoted_if_needed(value)}" for kind, name, value in result.properties]


def parse(value: str) -> Results:
    """Read the field's value, folded or not; comments are left out.

    Raises:
        ResultsError
    """
    parts = _parts(value)
    parts = parts[:1] + [part for part in parts[1:] if part]
    said = parts[1:] if parts[1:] != [["none"]] else []
    return Results(_authserv_id(parts[0]), tuple(_result(part) for part in said))


def _authserv_id(part: Sequence[str]) -> str:
    """It may be followed by a version, which is 1."""
    if not part or len(part) > 2 or "=" in part or not _text(part[0]):
        raise ResultsError("no authserv-id")
    return _text(part[0])


def _result(part: Sequence[str]) -> Result:
    pairs = list(_pairs(part))
    name, outcome = pairs[0]
    method = _METHOD.fullmatch(name)
    if method is None:
        raise ResultsError(f"no method: {name}")
    reason, properties = "", []
    for name, value in pairs[1:]:
        if found := _PROPERTY.fullmatch(name):
            properties.append((found[1].lower(), found[2].lower(), value))
        elif name.lower() == "reason":
            reason = value
        else:
            raise ResultsError(f"no property: {name}")
    return Result(method[1].lower(), outcome.lower(), tuple(properties), reason)


def _pairs(part: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and values. There may be spaces around the dot and the slash in a name."""
    start = 0
    while start < len(part):
        try:
            equals = part.index("=", start)
        except ValueError:
            raise ResultsError(f"no value: {part[start]}") from None
        if equals == start or equals + 1 >= len(part) or part[equals + 1] == "=":
            raise ResultsError("no name or no value")
        yield "".join(part[start:equals]), _text(part[equals + 1])
        start = equals + 2


def _text(word: str) -> str:
    """A quoted word without its quotes; a quoted local part keeps them."""
    if len(word) > 1 and word[0] == word[-1] == '"':
        return re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)
    return word


def _parts(value: str) -> list[list[str]]:
    """What stands between semicolons, in words: an equals sign, or everything up to a space."""
    parts: list[list[str]] = [[]]
    for piece in _PIECE.findall(_without_comments(value)):
        if piece == ";":
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _without_comments(value: str) -> str:
    """Each comment becomes a space; they may be nested (RFC 5322 section 3.2.2)."""
    kept: list[str] = []
    depth = position = 0
    while position < len(value):
        match = (_COMMENT if depth else _OUTSIDE).match(value, position)
        assert match is not None  # the last alternative takes any character
        piece, position = match[0], match.end()
        if depth or piece == "(":
            depth += (piece == "(") - (piece == ")")
            kept.append("" if depth else " ")
        elif piece in ('"', ")"):
            raise ResultsError("quotes or a comment without an end")
        else:
            kept.append(piece)
    if depth:
        raise ResultsError("a comment without an end")
    return "".join(kept)


def is_by(value: str, authserv_id: str) -> bool:
    """Does this value of the field claim to be by us? What cannot be read might be taken for ours by others."""
    try:
        claimed = _authserv_id(_parts(value)[0])
    except ResultsError:
        return True
    ours = ascii_domain(authserv_id) or authserv_id.lower()
    return (ascii_domain(claimed) or claimed.lower()) == ours


def without_results_of(octets: bytes, authserv_id: str) -> bytes:
    """The message without the fields that claim to be ours (RFC 8601 section 5)."""
    found = _END_OF_HEADER.search(octets)
    header = octets[: found.end()] if found else octets

    def judged(field: re.Match[bytes]) -> bytes:
        return b"" if is_by(field[1].decode("utf-8", "replace"), authserv_id) else field[0]

    return _FIELD.sub(judged, header) + octets[len(header) :]
