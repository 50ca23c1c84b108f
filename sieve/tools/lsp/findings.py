"""What is wrong with a text as it is now: each finding with the piece that it is about, and what would mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lark import Token

from sieve import checker, parser
from sieve.errors import CompileError, Finding, Position
from sieve.tools.lint import lint
from sieve.tools.lsp.context import tokens
from sieve.tools.lsp.language import Language
from sieve.tools.lsp.texts import Edit, Span, Text

_WORD = re.compile(r"[\w.\-]+|.", re.DOTALL)
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")
_MEANT = re.compile(r"did you mean '([^']+)'\?")
_REQUIRE = re.compile(r'add: require "([^"]+)";')
_LINE = re.compile(r"\bline (\d+)\b")


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding in its place. ``other`` is another place that it speaks of."""

    finding: Finding
    span: Span
    other: int | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit that would mend it, and what to call that."""

    title: str
    edit: Edit


def shown(text: Text, language: Language) -> list[Shown]:
    """All findings of the compiler; and where there are none, what a careful reader would remark."""
    source = text.source.removeprefix("\ufeff")
    shift = len(text.source) - len(source)
    faults = findings(source, language)
    remarks: Iterable[Finding] = () if faults else lint(source, language.dialect)
    plain = Text(source)
    words = tokens(source)
    placed = [_placed(each, plain, words) for each in (*faults, *remarks)]
    return [replace(each, span=Span(each.span.begin + shift, each.span.end + shift)) for each in placed]


def findings(source: str, language: Language) -> list[Finding]:
    """Those of the compiler: no code is made."""
    dialect = language.dialect
    if len(source) > dialect.limits.script_octets:
        return [Finding(Position(1, 1), f"the script is too large ({len(source)} characters)", "limit")]
    try:
        checker.check(parser.parse(source, controls=dialect.trusted), dialect)
    except CompileError as error:
        return language.explained(error.quoting("", source)).findings
    return []


def _placed(finding: Finding, text: Text, words: list[Token]) -> Shown:
    begin = text.of_position(finding.position)
    found = _LINE.search(f"{finding.message} {finding.hint}")
    other = text.of_position(Position(int(found[1]), 1)) if found else None
    return Shown(finding, Span(begin, _end(text.source, begin, words)), other)


def _end(source: str, begin: int, words: list[Token]) -> int:
    """The end of the token that begins there; or of the word, within a string."""
    for token in words:
        if token.start_pos == begin:
            end = begin + len(token)
            line_end = source.find("\n", begin, end)
            return line_end if token.type in parser.BROKEN and line_end > begin else end
    word = _WORD.match(source, begin)
    return word.end() if word else begin


def repairs(text: Text, each: Shown) -> Iterator[Repair]:
    """What can be done about a finding."""
    needed, meant = _REQUIRE.search(each.finding.hint), _MEANT.search(each.finding.hint)
    if needed:
        yield Repair(f'Add require "{needed[1]}"', requiring(text.source, needed[1]))
    if meant:
        edit = _replaced(text.source, each, meant[1])
        if edit:
            yield Repair(f"Change to {meant[1]}", edit)


def _replaced(source: str, each: Shown, word: str) -> Edit | None:
    """The first quoted word of the message that stands at the place of the finding gives way."""
    piece = source[each.span.begin : each.span.end]
    for single, double in _QUOTED.findall(each.finding.message):
        wrong = single or double
        at = piece.lower().find(wrong.lower())
        if at >= 0:
            begin = each.span.begin + at
            return Edit(Span(begin, begin + len(wrong)), word)
    return None


def requiring(source: str, capability: str) -> Edit:
    """The first ``require`` with one capability more; or a new one above everything else."""
    every = tokens(source)
    first = next((i for i, token in enumerate(every) if token.type == "IDENTIFIER"), None)
    if first is None or every[first].lower() != "require" or first + 1 >= len(every):
        begin = (every[0].start_pos or 0) if every else len(source)
        return Edit(Span(begin, begin), f'require "{capability}";\n')
    argument = every[first + 1]
    begin = argument.start_pos or 0
    if argument.type == "QUOTED":
        return Edit(Span(begin, begin + len(argument)), f'[{argument}, "{capability}"]')
    closing = next((token for token in every[first:] if token.type == "RSQB"), None)
    place = (closing.start_pos or 0) if closing else begin + len(argument)
    empty = closing is not None and every[every.index(closing) - 1].type == "LSQB"
    return Edit(Span(place, place), f'"{capability}"' if empty else f', "{capability}"')
