"""Which lines and branches of the scripts under test have run. A run is counted by the probed variant of a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sieve.spec import Choice, Statement

Hits = Counter[tuple[str, str, int, int]]  # what a probe saw, and in which script, line and column


@dataclass(frozen=True, slots=True)
class Counted:
    """A probe that counts."""

    hits: Hits

    def __call__(self, what: str, place: tuple[str, int, int]) -> None:
        self.hits[what, *place] += 1


@dataclass(frozen=True, slots=True)
class Way:
    """One way on from an if chain: a branch, or past all of them (``name`` is ``no branch`` then)."""

    name: str
    line: int
    column: int
    taken: int


@dataclass(frozen=True, slots=True)
class Covered:
    """A script: how often each line that does something was reached, and each way of each choice taken."""

    name: str
    source: str
    lines: dict[int, int]
    ways: tuple[Way, ...]

    @property
    def missed_lines(self) -> list[int]:
        return [line for line, hits in self.lines.items() if not hits]

    @property
    def missed_ways(self) -> list[Way]:
        return [way for way in self.ways if not way.taken]

    def as_dict(self) -> dict[str, Any]:
        """The form for programs, from which ``of_dict`` makes it again."""
        counts = {"lines_missed": len(self.missed_lines), "branches_missed": len(self.missed_ways)}
        lines = {str(line): hits for line, hits in self.lines.items()}
        ways = [asdict(way) for way in self.ways]
        return {"file": self.name, "source": self.source, "lines": lines, "branches": ways, **counts}


def of_dict(value: dict[str, Any]) -> Covered:
    """Raises KeyError, TypeError or ValueError: it is no such thing."""
    lines = {int(line): int(hits) for line, hits in value["lines"].items()}
    ways = tuple(Way(str(w["name"]), int(w["line"]), int(w["column"]), int(w["taken"])) for w in value["branches"])
    return Covered(str(value["file"]), str(value["source"]), lines, ways)


def covered(name: str, source: str, statements: Sequence[Statement], hits: Hits) -> Covered:
    """What has run of a script. ``name`` is how the probe knew it."""
    lines: dict[int, int] = {}
    ways: list[Way] = []
    for what, line, column in _points(statements):
        lines[line] = max(lines.get(line, 0), hits[what, name, line, column])
    for choice in _choices(statements):
        ways += _ways(choice, name, hits)
    ordered = sorted(ways, key=lambda way: (way.line, way.column, way.name == "no branch"))
    return Covered(name, source, dict(sorted(lines.items())), tuple(ordered))


def _ways(choice: Choice, name: str, hits: Hits) -> Iterator[Way]:
    first, last, taken = choice.branches[0], choice.branches[-1], 0
    for branch in choice.branches:
        count = hits["taken", name, *branch.position]
        taken += count
        yield Way(branch.name, *branch.position, count)
    if last.test is not None:
        yield Way("no branch", *first.position, max(hits["condition", name, *first.position] - taken, 0))


def _points(statements: Sequence[Statement]) -> Iterator[tuple[str, int, int]]:
    for statement in _all(statements):
        if isinstance(statement, Choice):
            for branch in statement.branches:
                yield "taken" if branch.test is None else "condition", *branch.position
        else:
            yield "command", *statement.position


def _choices(statements: Sequence[Statement]) -> Iterator[Choice]:
    return (each for each in _all(statements) if isinstance(each, Choice))


def _all(statements: Sequence[Statement]) -> Iterator[Statement]:
    waiting = [*reversed(statements)]
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, Choice):
            waiting += (each for branch in statement.branches for each in branch.block)
        else:
            waiting += statement.block or ()


def shown(files: Iterable[Covered]) -> list[str]:
    """A line for each script, with what was missed; and one for all."""
    every = list(files)
    width = max([len("script"), *(len(each.name) for each in every)])
    lines = [f"{'script':<{width}}  lines  branches  missed"]
    lines += [_row(each.name, [each], width, ", ".join(_missed(each))) for each in every]
    return [*lines, _row("total", every, width, "")]


def percent(hit: int, of: int) -> float:
    return 100.0 * hit / of if of else 100.0


def _row(name: str, files: Sequence[Covered], width: int, missed: str) -> str:
    lines, ways = sum(len(each.lines) for each in files), sum(len(each.ways) for each in files)
    hit = lines - sum(len(each.missed_lines) for each in files)
    taken = ways - sum(len(each.missed_ways) for each in files)
    return f"{name:<{width}}  {_share(hit, lines):>5}  {_share(taken, ways):>8}  {missed}".rstrip()


def _share(hit: int, of: int) -> str:
    """Only what is whole is 100 percent."""
    return f"{int(percent(hit, of))}%"


def _missed(file: Covered) -> Iterator[str]:
    """Lines as ranges over those that do something, then ways."""
    begin = end = 0
    for line, hits in [*file.lines.items(), (0, 1)]:
        if not hits:
            begin, end = begin or line, line
        elif begin:
            yield f"{begin}-{end}" if end > begin else str(begin)
            begin = 0
    reached = {line for line, hits in file.lines.items() if hits}
    yield from (f"{way.line} {way.name}" for way in file.missed_ways if way.line in reached)
