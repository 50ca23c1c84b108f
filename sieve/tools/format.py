"""fmt: a script in its one shape. Nothing but blanks, line ends and the case of names and tags is changed.

It works on tokens, so that comments stay, and strings are as they were written. What is formatted twice is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from lark import Token

from sieve import parser
from sieve.tools.layout import Mark, Piece, printed, stronger

_COMMENTS = ("HASH", "BRACKET")
_LOWER, _UPPER = ("IDENTIFIER", "TAG"), ("NUMBER",)
_ATTACHED = ("SEMICOLON", "COMMA")  # stand right behind what they end, and before a comment there
_OPENING, _CLOSING = ("LSQB", "LPAR"), ("RSQB", "RPAR")


def formatted(source: str) -> str:
    """The text of a script, well laid out.

    Raises:
        CompileError: it does not follow the grammar.
    """
    mark = "\ufeff" * source.startswith("\ufeff")
    text = source.removeprefix("\ufeff")
    parser.parse(text)
    words = list(_words(text))
    first = text.find("\n")
    line_end = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
    result = printed(list(_Arranger(words).pieces()), line_end)
    if [*_meaning(words)] != [*_meaning(_words(result))]:
        raise AssertionError("formatting has changed the script")
    return mark + result


@dataclass(frozen=True, slots=True)
class _Word:
    """A token or comment. ``feeds``: how many lines end between it and the one before."""

    kind: str
    text: str
    feeds: int

    @property
    def is_comment(self) -> bool:
        return self.kind in _COMMENTS


def _words(text: str) -> Iterator[_Word]:
    feeds = 0
    waiting: list[_Word] = []  # comments, behind which a semicolon or the like may come
    for token in parser.pieces(text):
        if token.type == "BLANK":
            feeds += token.count("\n")
            continue
        word = _word(token, feeds)
        feeds = int(token.endswith("\n"))
        if word.is_comment:
            waiting.append(word)
        elif word.kind in (*_ATTACHED, "LBRACE") and any(each.kind == "HASH" for each in waiting):
            yield _Word(word.kind, word.text, 0)
            yield from waiting
            waiting = []
        else:
            yield from (*waiting, word)
            waiting = []
    yield from waiting


def _word(token: Token, feeds: int) -> _Word:
    text = str(token)
    if token.type in _LOWER:
        text = text.lower()
    elif token.type in _UPPER:
        text = text.upper()
    elif token.type in ("HASH", "MULTI_LINE"):
        text = text.rstrip("\r\n") if token.type == "MULTI_LINE" else text.rstrip()
    return _Word(token.type, text, feeds)


def _meaning(words: Iterable[_Word]) -> Iterator[tuple[str, str]]:
    """What must not change: tokens in order, then comments in order."""
    every = list(words)
    yield from ((word.kind, word.text) for word in every if not word.is_comment)
    yield from ((word.kind, word.text) for word in every if word.is_comment)


class _Arranger:
    """Puts marks between words. ``_between`` is the mark that waits for the next word."""

    def __init__(self, words: Sequence[_Word]) -> None:
        self._words = words
        self._between: Mark | None = None
        self._last = ""  # the kind of the word before
        self._groups = 0  # brackets that are open
        self._begun = False  # is a command under way?

    def pieces(self) -> Iterator[Piece]:
        for word, following in zip_longest(self._words, self._words[1:]):
            if word.is_comment:
                yield from self._comment(word)
            else:
                yield from self._token(word, following)
            self._last = word.kind
        if self._words:
            yield Mark.END

    def _wait(self, mark: Mark) -> None:
        self._between = stronger(self._between, mark)

    def _flush(self) -> Iterator[Piece]:
        if self._between is not None:
            yield self._between
        self._between = None

    def _comment(self, word: _Word) -> Iterator[Piece]:
        ends = word.kind == "HASH" or not self._begun
        if self._last in ("HASH", "MULTI_LINE") or (word.feeds and self._last):
            self._wait(Mark.END)
            self._spaced(word)
        elif ends and self._last:
            self._between = Mark.GAP
        elif self._last:
            self._between = self._between or Mark.BLANK
        yield from self._flush()
        yield word.text
        self._wait(Mark.END if ends else Mark.BLANK)

    def _spaced(self, word: _Word) -> None:
        """Between commands an empty line stays, but not where a block begins."""
        if word.feeds > 1 and not self._begun and self._between is Mark.END and self._last != "LBRACE":
            self._wait(Mark.EMPTY)

    def _token(self, word: _Word, following: _Word | None) -> Iterator[Piece]:
        if word.kind == "RBRACE":
            return self._close_block(word, following)
        if not self._begun:
            return self._head(word)
        if word.kind == "LBRACE":
            return self._open_block(word, following)
        arrange = {
            "SEMICOLON": self._end_command,
            "COMMA": self._comma,
            **dict.fromkeys(_OPENING, self._open_group),
            **dict.fromkeys(_CLOSING, self._close_group),
        }.get(word.kind, self._argument)
        return arrange(word)

    def _head(self, word: _Word) -> Iterator[Piece]:
        """The name of a command."""
        self._spaced(word)
        yield from self._flush()
        yield word.text
        yield Mark.INDENT
        self._begun = True
        self._wait(Mark.BLANK)

    def _argument(self, word: _Word) -> Iterator[Piece]:
        yield from self._flush()
        yield word.text
        self._wait(Mark.END if word.kind == "MULTI_LINE" else Mark.BLANK)

    def _attached(self, word: _Word) -> Iterator[Piece]:
        """Without a blank before it."""
        if self._between is not Mark.END:
            self._between = None
        yield from self._flush()
        yield word.text

    def _comma(self, word: _Word) -> Iterator[Piece]:
        yield from self._attached(word)
        self._wait(Mark.LINE)

    def _end_command(self, word: _Word) -> Iterator[Piece]:
        yield Mark.DEDENT
        yield from self._attached(word)
        self._begun = False
        self._wait(Mark.END)

    def _open_group(self, word: _Word) -> Iterator[Piece]:
        """What is in the outermost one is as far to the right as the rest of the command would be on further lines."""
        yield from self._flush()
        yield word.text
        yield Mark.OPEN
        if self._groups:
            yield Mark.INDENT
        self._groups += 1
        self._wait(Mark.SOFT)

    def _close_group(self, word: _Word) -> Iterator[Piece]:
        self._groups -= 1
        yield Mark.DEDENT
        if self._between is not Mark.END:
            self._between = Mark.SOFT
        yield from self._flush()
        yield word.text
        yield Mark.CLOSE
        if not self._groups:
            yield Mark.INDENT
        self._wait(Mark.BLANK)

    def _open_block(self, word: _Word, following: _Word | None) -> Iterator[Piece]:
        yield Mark.DEDENT
        yield from self._flush()
        yield word.text
        yield Mark.INDENT
        self._begun = False
        if following is None or following.kind != "RBRACE":
            self._wait(Mark.END)

    def _close_block(self, word: _Word, following: _Word | None) -> Iterator[Piece]:
        yield Mark.DEDENT
        yield from self._flush()
        yield word.text
        goes_on = following is not None and following.kind == "IDENTIFIER" and following.text in ("elsif", "else")
        self._wait(Mark.BLANK if goes_on else Mark.END)
