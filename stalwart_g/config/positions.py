"""On which line each key of a TOML text stands. tomllib reads the values, but tells no positions.

The text has been read by tomllib before, so it is known to be well formed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

Key = tuple[str | int, ...]
"""Table names and keys from the outermost on; a number is a place in an array."""

_TOKEN = re.compile(
    r'''(?P<string>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')'''
    r"|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<mark>[\[\]{}=,.])|(?P<word>[^\s\[\]{}=,.\"'#]+)",
    re.DOTALL,
)


def lines_of(text: str) -> dict[Key, int]:
    """The line, from 1, of each table header, key and array item."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._lines: dict[Key, int] = {}
        self._tables: dict[Key, int] = {}  # arrays of tables: how many there are so far

    def scan(self) -> dict[Key, int]:
        table: Key = ()
        while self._next < len(self._tokens):
            if self._token() == "\n":
                self._next += 1
            elif self._token() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Key:
        """``[a.b]`` or ``[[a.b]]``: the table that the following keys belong to."""
        line = self._tokens[self._next][2]
        array = self._token(1) == "["
        self._next += 2 if array else 1
        names = self._dotted("]")
        self._next += 2 if array else 1
        key: Key = ()
        for number, name in enumerate(names):
            key += (name,)
            if array and number == len(names) - 1:
                self._tables[key] = self._tables.get(key, -1) + 1
            self._lines.setdefault(key, line)
            if key in self._tables:
                key += (self._tables[key],)
        self._lines[key] = line
        return key

    def _pair(self, table: Key) -> None:
        line = self._tokens[self._next][2]
        key = table + tuple(self._dotted("="))
        self._next += 1
        for end in range(len(table) + 1, len(key) + 1):
            self._lines.setdefault(key[:end], line)
        self._value(key)

    def _dotted(self, end: str) -> list[str]:
        names = list[str]()
        while self._token() != end:
            kind, token, _ = self._tokens[self._next]
            if kind == "string":
                names.append(tomllib.loads(f"key={token}")["key"])
            elif kind == "word":
                names.append(token)
            self._next += 1
        return names

    def _value(self, key: Key) -> None:
        if self._token() == "[":
            self._array(key)
        elif self._token() == "{":
            self._inline_table(key)
        else:
            while self._next < len(self._tokens) and self._token() not in (",", "]", "}", "\n"):
                self._next += 1

    def _array(self, key: Key) -> None:
        self._next += 1
        number = 0
        while self._token() != "]":
            if self._token() in (",", "\n"):
                self._next += 1
                continue
            self._lines[(*key, number)] = self._tokens[self._next][2]
            self._value((*key, number))
            number += 1
        self._next += 1

    def _inline_table(self, key: Key) -> None:
        self._next += 1
        while self._token() != "}":
            if self._token() in (",", "\n"):
                self._next += 1
            else:
                self._pair(key)
        self._next += 1

    def _token(self, ahead: int = 0) -> str:
        return self._tokens[self._next + ahead][1]


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, token and line, without comments."""
    line = 1
    for found in _TOKEN.finditer(text.replace("\r\n", "\n")):
        if found.lastgroup != "comment":
            yield found.lastgroup or "", found[0], line
        line += found[0].count("\n")
