"""lint: what is valid in a script, and yet hardly what its author meant. The rules are in ``rules`` and ``variables``.

A comment ``# lint: off NAME, NAME`` switches rules off for its line; if it stands alone, for the line below. ``all`` is
every rule, and ``# lint: off-file NAME`` is for the whole script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sieve import checker, parser
from sieve.engine import USER
from sieve.errors import CompileError, Finding, Position, Sources
from sieve.spec import Dialect, suggestion
from sieve.tools.linted import Linted, warning
from sieve.tools.rules import RULES

_OFF = re.compile(r"#\s*lint:\s*(off-file|off)\b[ \t]*(.*)")
_EVERY = "all"


def lint(source: str, dialect: Dialect = USER, name: str = "<sieve>") -> list[Finding]:
    """All warnings, in the order of the script; ``code`` is the name of the rule.

    Raises:
        CompileError: the script is not valid, so that nobody can tell what it means.
    """
    text = source.removeprefix("\ufeff")
    try:
        commands = parser.parse(text, controls=dialect.trusted)
        linted = Linted(text, commands, checker.check(commands, dialect), dialect)
    except CompileError as error:
        raise error.quoting(name, source) from None
    found = [finding for rule in RULES.values() for finding in rule(linted)]
    switches = _Switches(text)
    kept = {finding: None for finding in found if not switches.is_off(finding)}
    return _quoted(sorted([*kept, *switches.faults], key=lambda finding: finding.position), text, Sources(name))


def _quoted(findings: Iterable[Finding], text: str, sources: Sources) -> list[Finding]:
    lines = ["", *text.split("\n"), ""]
    return [replace(each, name=sources.name, source_line=lines[each.position.line].rstrip("\r")) for each in findings]


class _Switches:
    """Which rules are off, and where."""

    def __init__(self, text: str) -> None:
        self.faults: list[Finding] = []
        self._off: set[tuple[int, str]] = set()
        line_of_code = 0
        for piece in parser.pieces(text) if "lint:" in text else ():
            line = piece.line or 0
            if piece.type == "HASH":
                self._read(str(piece), Position(line, piece.column or 0), alone=line != line_of_code)
            elif piece.type != "BLANK":
                line_of_code = line + piece.count("\n")

    def is_off(self, finding: Finding) -> bool:
        words = (finding.code, _EVERY)
        return any((line, word) in self._off for line in (0, finding.position.line) for word in words)

    def _read(self, comment: str, position: Position, *, alone: bool) -> None:
        found = _OFF.match(comment)
        if found is None:
            return
        line = 0 if found[1] == "off-file" else position.line + alone
        for word in _words(found[2]):
            self._off.add((line, word))
            if word not in RULES and word != _EVERY:
                hint = suggestion(word, RULES) or f"rules are {' '.join(RULES)}"
                self.faults.append(warning(position, f"there is no rule '{word}'", "lint", hint))


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"[a-z-]+", text.lower()) or [_EVERY]
