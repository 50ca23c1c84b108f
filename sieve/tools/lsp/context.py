"""Where a place in a text stands: in which command or test, behind which arguments, in which string.

Looks at tokens only, so that it works on a text that is being written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from lark import Token

from sieve.parser import BROKEN, pieces
from sieve.spec import Param, Spec, Tag, Vocabulary

TESTED = frozenset({"if", "elsif", "not", "allof", "anyof"})  # what is followed by a test
_IGNORED = frozenset({"BLANK", "HASH", "BRACKET"})
_STRINGS = frozenset({"QUOTED", "MULTI_LINE"})


def tokens(source: str) -> list[Token]:
    """The tokens of any text, without blanks and comments; what is none has a kind in ``BROKEN``."""
    return [token for token in pieces(source) if token.type not in _IGNORED]


@dataclass(frozen=True, slots=True)
class Given:
    """An argument. ``texts`` of a string or a list; a tag and a number are one text."""

    kind: Literal["tag", "number", "text", "texts"]
    texts: tuple[str, ...]
    begin: int


@dataclass(slots=True)
class Call:
    """A command or test, as far as it is written."""

    what: Literal["command", "test"]
    name: str
    begin: int
    arguments: list[Given] = field(default_factory=list)

    def spec(self, vocabulary: Vocabulary) -> Spec | None:
        return (vocabulary.commands if self.what == "command" else vocabulary.tests).get(self.name)


@dataclass(frozen=True, slots=True)
class Slots:
    """The arguments of a call beside the parameters. Keys are indexes of parameters and keywords of tags."""

    tags: dict[str, Tag]
    filled: tuple[tuple[int | str, Param, Given], ...]
    following: tuple[int | str, Param] | None  # where the next argument goes
    plain: int  # how many positional ones there are


class Cursor:
    """Walks over the tokens of a text up to a place.

    Attributes:
        calls: the command under way, then the tests within it; empty where a command may begin.
        blocks: the names of the commands around.
        done: the commands that have ended.
    """

    def __init__(self, source: str, offset: int) -> None:
        self.source, self.offset = source, offset
        self.blocks: list[str] = []
        self.done: list[Call] = []
        self.word, self.word_begin = "", offset
        self.string: str | None = None  # the open string up to here
        self.string_begin = offset
        self._open: list[Call | None] = []  # None is a parenthesis
        self._list: list[Given] | None = None
        self._walk(source[:offset])

    @property
    def calls(self) -> list[Call]:
        return [call for call in self._open if call is not None]

    @property
    def call(self) -> Call | None:
        return self.calls[-1] if self.calls else None

    @property
    def listed(self) -> tuple[str, ...]:
        """What is in the open list already."""
        return tuple(text for given in self._list or () for text in given.texts)

    @property
    def wants_test(self) -> bool:
        """Does a test begin here?"""
        if self._open and self._open[-1] is None:
            return True
        return self.call is not None and self.call.name in TESTED and not self.call.arguments

    def _walk(self, prefix: str) -> None:
        for token in tokens(prefix):
            begin = token.start_pos or 0
            end = begin + len(token)
            if token.type == "OPEN_QUOTE":
                self.string, self.string_begin = token[1:], begin + 1
            elif token.type == "OPEN_TEXT":
                at = token.find("\n") + 1
                self.string, self.string_begin = token[at:], begin + at
            elif end == self.offset and (token.type in ("IDENTIFIER", "TAG") or token.startswith(":")):
                self.word, self.word_begin = str(token), begin
            elif token.type not in BROKEN:
                self._take(token, begin)

    def _take(self, token: Token, begin: int) -> None:
        if token.type == "IDENTIFIER":
            what: Literal["command", "test"] = "test" if self._open else "command"
            self._open.append(Call(what, token.lower(), begin))
        elif token.type in _STRINGS:
            self._given(Given("text", (_inner(token),), begin))
        elif token.type == "TAG":
            self._given(Given("tag", (token[1:].lower(),), begin))
        elif token.type == "NUMBER":
            self._given(Given("number", (str(token),), begin))
        else:
            self._sign(token.type, begin)

    def _given(self, given: Given) -> None:
        if self._list is not None and given.kind == "text":
            self._list.append(given)
        elif self.call is not None:
            self.call.arguments.append(given)

    def _sign(self, kind: str, begin: int) -> None:
        if kind == "LSQB":
            self._list = []
        elif kind == "RSQB":
            listed, self._list = self.listed, None
            self._given(Given("texts", listed, begin))
        elif kind == "LPAR":
            self._open.append(None)
        elif kind == "COMMA" and self._list is None:
            self._close(keep=True)
        elif kind == "RPAR":
            self._close(keep=False)
        elif kind in ("SEMICOLON", "LBRACE"):
            self._end(opens=kind == "LBRACE")
        elif kind == "RBRACE":
            self._end(opens=False)
            del self.blocks[-1:]

    def _close(self, *, keep: bool) -> None:
        """Back to the last open parenthesis."""
        while self._open and self._open[-1] is not None:
            if len(self._open) == 1:
                return
            self.done += [call for call in [self._open.pop()] if call is not None]
        if not keep:
            del self._open[-1:]

    def _end(self, *, opens: bool) -> None:
        calls = self.calls
        self.done += calls
        if opens:
            self.blocks.append(calls[0].name if calls else "")
        self._open, self._list = [], None


def _inner(token: Token) -> str:
    """What is in a string; the references of a script are never escaped, so escapes stay."""
    return token[1:-1] if token.type == "QUOTED" else token[token.find("\n") + 1 :].rstrip("\r\n")[:-1]


def slots(call: Call, vocabulary: Vocabulary) -> Slots:
    """Bind what is there to tags and parameters, as the checker would."""
    spec = call.spec(vocabulary)
    params = spec.params if spec else ()
    tags: dict[str, Tag] = {}
    filled: list[tuple[int | str, Param, Given]] = []
    waiting: list[tuple[int | str, Param]] = []
    plain = 0
    for given in call.arguments:
        if given.kind == "tag" and spec is not None:
            tag = vocabulary.tag(given.texts[0], spec)
            if tag is not None:
                tags[tag.keyword] = tag
                waiting = [(tag.keyword, param) for param in (tag.param, tag.then) if param is not None]
        elif waiting:
            filled.append((*waiting.pop(0), given))
        else:
            if plain < len(params):
                filled.append((plain, params[plain], given))
            plain += 1
    if not waiting and plain < len(params):
        waiting = [(plain, params[plain])]
    return Slots(tags, tuple(filled), waiting[0] if waiting else None, plain)


def required(cursor: Cursor, vocabulary: Vocabulary) -> frozenset[str]:
    """The capabilities that are on here."""
    named = {text for call in cursor.done if call.name == "require" for given in call.arguments for text in given.texts}
    return frozenset({""}.union(*map(vocabulary.with_implied, named)))


def variables(calls: list[Call], vocabulary: Vocabulary) -> Iterator[tuple[str, int]]:
    """The variables that commands and tests set, each with the place of its name."""
    for call in calls:
        for _, param, given in slots(call, vocabulary).filled:
            if param.kind in ("variable", "globals"):
                yield from ((name, given.begin) for name in given.texts)
