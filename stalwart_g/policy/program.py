"""A stage's script, ready to run, with all that it includes; and how it is made from its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sieve import CompileError, Dialect, Finding, Script, compile_octets
from sieve import parser as sieve_parser
from sieve.errors import Position
from sieve.nodes import Command, Text
from sieve.runtime import Code
from stalwart_g.policy.codecache import CodeCache
from stalwart_g.policy.language import explained
from stalwart_g.policy.sources import SUFFIX, Source, Sources, library_name

_INCLUDE = "include"


class Invalid(Exception):
    """Scripts of a stage cannot be used: all that is wrong with them, the names of the findings being paths."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(finding.shown() for finding in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Program:
    """One version of a stage's script.

    Attributes:
        libraries: included scripts by the names that ``include`` gives them.
        version: short hash of all texts.
        sources: the texts, as they were read.
    """

    script: Script
    libraries: Mapping[str, Script]
    version: str
    sources: tuple[Source, ...]

    def load(self, location: str, name: str) -> tuple[str, Code] | None:
        """For the run: an included script. There is one folder of them, whatever the location."""
        library = self.libraries.get(name)
        return (library.name, library.code) if library else None


class Loader:
    """Makes the programs of one stage, and knows which files they depend on."""

    def __init__(self, stage: str, dialect: Dialect, sources: Sources, cache: CodeCache) -> None:
        self.stage, self._dialect, self._sources, self._cache = stage, dialect, sources, cache
        self._names = {stage + SUFFIX}  # of files that the last attempt looked for

    def of(self, sources: Sources) -> Loader:
        """The same for scripts that lie elsewhere."""
        return Loader(self.stage, self._dialect, sources, self._cache)

    def paths(self) -> Iterator[Path]:
        """Files whose coming, going or changing makes another program, those that are missing included."""
        for name in sorted(self._names):
            yield from self._sources.places(name)

    def load(self) -> Program:
        """Compile the script as it is now, and what it includes.

        Raises:
            Invalid: with the findings of all files, or because there is no script, or one cannot be read.
        """
        try:
            return self._load()
        except OSError as error:
            message = f"the script cannot be read: {error.strerror}"
            raise Invalid([Finding(Position(1, 1), message, "missing", name=str(error.filename))]) from error

    def _load(self) -> Program:
        self._names = {self.stage + SUFFIX}
        main = self._sources.stage(self.stage)
        if main is None:
            paths = [str(path) for path in self._sources.places(self.stage + SUFFIX)]
            message = f"stage {self.stage} has no script: there is no {' nor '.join(paths)}"
            raise Invalid([Finding(Position(1, 1), message, "missing", name=paths[0])])
        findings: list[Finding] = []
        script = self._compile(main, findings)
        included = list(self._libraries(main, findings))
        libraries = {name: library for name, library, _ in included}
        if script is None or findings:
            raise Invalid(findings)
        every = hashlib.sha256(b"\0".join([script.source_hash.encode(), *_hashes(libraries)]))
        sources = (main, *(source for _, _, source in included))
        return Program(script, libraries, every.hexdigest()[:8], sources)

    def _compile(self, source: Source, findings: list[Finding]) -> Script | None:
        try:
            text = source.octets.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        try:
            if text or not source.octets:
                return self._cache.compile(text, source.name, self._dialect)
            return compile_octets(source.octets, source.name, self._dialect)
        except CompileError as error:
            findings += [replace(finding, name=str(source.path)) for finding in explained(error).findings]
            return None

    def _libraries(self, main: Source, findings: list[Finding]) -> Iterator[tuple[str, Script, Source]]:
        """Everything that is included, directly or not."""
        waiting, seen = list(_includes(main)), set[str]()
        while waiting:
            by, name, optional, position = waiting.pop(0)
            if name in seen:
                continue
            self._names.add(library_name(name))
            source = self._sources.library(name)
            if source is None:
                if not optional:
                    findings.append(_missing(by, name, position))
                continue
            seen.add(name)
            script = self._compile(source, findings)
            if script is not None:
                yield name, script, source
            waiting += _includes(source)


_Include = tuple[Source, str, bool, Position]  # by whom, what, may it be missing, where


def _includes(source: Source) -> Iterator[_Include]:
    """The ``include`` commands of a script; of one that is no Sieve, none: that is a finding already."""
    text = source.octets.decode("utf-8", "replace")
    if _INCLUDE not in text.lower():
        return
    try:
        commands = sieve_parser.parse(text.removeprefix("\ufeff"))
    except CompileError:
        return
    for command in _commands(commands):
        name = command.arguments[-1] if command.name == _INCLUDE and command.arguments else None
        if isinstance(name, Text):
            tags = {getattr(argument, "name", "") for argument in command.arguments}
            yield source, name.value, "optional" in tags, name.position


def _commands(commands: Iterable[Command]) -> Iterator[Command]:
    for command in commands:
        yield command
        yield from _commands(command.block or ())


def _missing(by: Source, name: str, position: Position) -> Finding:
    line = by.octets.decode("utf-8", "replace").split("\n")[position.line - 1].rstrip("\r")
    return Finding(
        position,
        f"included script '{name}' does not exist",
        "include",
        f"it would be {library_name(name)}, beside this script's folder",
        name=str(by.path),
        source_line=line,
    )


def _hashes(libraries: Mapping[str, Script]) -> list[bytes]:
    return [f"{name}={libraries[name].source_hash}".encode() for name in sorted(libraries)]
