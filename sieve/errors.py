"""Everything that can go wrong with a script, and where in the script it went wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple


class Position(NamedTuple):
    """A place in one script. Lines and columns count from 1, columns in characters."""

    line: int
    column: int


class Place(NamedTuple):
    """A place in a named script, as actions, traces and run-time errors carry it. Line 0 is nowhere."""

    name: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.name}:{self.line}:{self.column}"


NOWHERE = Place("", 0, 0)


class Sources(NamedTuple):
    """Which lines of a script come from which file. ``files``: the name of each, and where in the script it begins."""

    name: str
    files: tuple[tuple[str, int], ...] = ()

    def place(self, line: int, column: int) -> Place:
        """The place in the file that a place in the script is."""
        if not self.files:
            return Place(self.name, line, column)
        name, first = next((file for file in reversed(self.files) if file[1] <= line), (self.name, 1))
        return Place(name, line - first + 1, column)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a script, worded for the person who wrote it.

    ``code`` is a stable word for programs, ``reference`` names the standard, ``source_line`` is the faulty line.
    ``severity`` is ``error``, or ``warning`` for what is valid and yet hardly meant.
    """

    position: Position
    message: str
    code: str = "syntax"
    hint: str = ""
    reference: str = ""
    name: str = "<sieve>"
    source_line: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """The one-line form: ``name:line:column: message (hint) [code]``; a warning says that it is one."""
        hint = f" ({self.hint})" if self.hint else ""
        what = "warning: " if self.severity == "warning" else ""
        return f"{self.name}:{self.position.line}:{self.position.column}: {what}{self.message}{hint} [{self.code}]"

    def shown(self) -> str:
        """The form for people: the fault, its line, and a caret under the place."""
        if not self.source_line:
            return str(self)
        margin = "".join("\t" if c == "\t" else " " for c in self.source_line[: self.position.column - 1])
        return f"{self}\n    {self.source_line}\n    {margin}^"


class SieveError(Exception):
    """Base of all errors that this package raises on purpose."""


class CompileError(SieveError):
    """The script is not valid. Holds every finding, in the order of the script."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        if len({finding.name for finding in self.findings}) == 1:  # those of several files are in order already
            self.findings.sort(key=lambda finding: finding.position)
        super().__init__("\n".join(finding.shown() for finding in self.findings))

    @property
    def summary(self) -> str:
        """One line that closes the list, as checkers print it."""
        syntax = any(finding.code == "syntax" for finding in self.findings)
        return f"{'parsing' if syntax else 'validation'} failed: {len(self.findings)} error(s) found"

    def quoting(self, name: str, source: str, files: tuple[tuple[str, int], ...] = ()) -> CompileError:
        """The same error, each finding with the name of the script or file, and its faulty line."""
        lines, sources = ["", *source.split("\n")], Sources(name, files)
        return CompileError(
            _quoted(finding, sources, "".join(lines[finding.position.line :][:1]).rstrip("\r"))
            for finding in self.findings
        )


def _quoted(finding: Finding, sources: Sources, line: str) -> Finding:
    place = sources.place(*finding.position)
    return replace(finding, name=place.name, position=Position(place.line, place.column), source_line=line)


class ScriptError(SieveError):
    """A script failed while it ran. The engine fills in ``place``."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.place = NOWHERE

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place.line else self.message


class LimitExceeded(ScriptError):
    """The script asked for more steps, time or actions than its limits allow."""


class HostFailure(ScriptError):
    """The host could not answer, and will not be able to: the script fails, the mail is kept.

    What may work later (a store that is down) is an exception of the host's own: it passes through the engine
    untouched.
    """
