"""The front door: compile a script once, run it over many messages."""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import TracebackType

from sieve import checker, parser
from sieve.actions import Action, Keep
from sieve.compiler import VERSION, Unit, compile_statements, link, shown_as_python
from sieve.compiler.linker import MARK, StaleCode
from sieve.errors import NOWHERE, CompileError, Finding, Place, Position, ScriptError
from sieve.extensions import ALL
from sieve.host import Host
from sieve.limits import Limits
from sieve.message import Message, Overlay
from sieve.runtime import Code, Return, Run, Stop
from sieve.spec import Dialect
from sieve.trace import Trace

USER = Dialect("user", ALL)  # scripts of users: the standard, and its limits


@dataclass(frozen=True, slots=True)
class Result:
    """What a run decided. On ``error`` the only action is to keep the original, and ``message`` has no edits."""

    actions: tuple[Action, ...]
    error: ScriptError | None
    message: Overlay
    trace: Trace | None
    instructions: int

    @property
    def implicit_keep(self) -> bool:
        return any(isinstance(action, Keep) and action.implicit for action in self.actions)


class Script:
    """A compiled script. Holds no state of a run: many greenlets may share it."""

    def __init__(self, name: str, source: str, dialect: Dialect, unit: Unit | None = None) -> None:
        self.name = name
        self.source = source
        self.dialect = dialect
        self._unit = unit or self._compiled(traced=False)
        self.code: Code = link(self._unit, dialect.vocabulary, source)

    @cached_property
    def source_hash(self) -> str:
        return hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def traced(self) -> Code:
        """The variant that reports each step; made when it is first asked for."""
        return link(self._compiled(traced=True), self.dialect.vocabulary, self.source)

    def _compiled(self, *, traced: bool) -> Unit:
        statements = checker.check(parser.parse(self.source), self.dialect)
        return compile_statements(statements, self.dialect.vocabulary, self.name, traced=traced)

    def dump(self, *, traced: bool = False) -> str:
        """The generated code as Python text, for the curious."""
        statements = checker.check(parser.parse(self.source), self.dialect)
        return shown_as_python(statements, self.dialect.vocabulary, self.name, traced=traced)

    def marshal(self) -> bytes:
        """The compiled form for a cache of one's own; see ``cache_key`` and ``load_script``."""
        return self._unit.dump()

    def run(
        self, message: Message | Overlay, host: Host, *, traced: bool = False, limits: Limits | None = None
    ) -> Result:
        """Run over a message.

        Faults of the script end in ``Result.error``; exceptions of the host's own pass through.
        """
        overlay = message if isinstance(message, Overlay) else Overlay(message)
        includes = _Includes(self, host, traced=traced)
        run = Run(overlay, host, limits or self.dialect.limits, Trace() if traced else None, includes)
        error = self.execute(run, traced=traced)
        actions = run.decided() if error is None else (Keep(implicit=True),)
        kept = overlay if error is None else Overlay(overlay.message)
        return Result(actions, error, kept, run.trace, run.instructions)

    def execute(self, run: Run, *, traced: bool = False) -> ScriptError | None:
        """Run in a state that the caller made and reads; returns the error, if the script failed."""
        try:
            (self.traced if traced else self.code)(run)
        except (Stop, Return):
            pass
        except ScriptError as error:
            error.place = _place(error.__traceback__) if error.place == NOWHERE else error.place
            if run.trace is not None:
                run.trace.error(error.place, error.message)
            return error
        return None


class _Includes:
    """Finds and compiles the scripts that a script includes, in the same dialect."""

    def __init__(self, script: Script, host: Host, *, traced: bool) -> None:
        self._dialect, self._host, self._traced = script.dialect, host, traced

    def __call__(self, location: str, name: str) -> tuple[str, Code] | None:
        found = self._dialect.include(location, name) if self._dialect.include else None
        found = found or self._host.include(location, name)
        if found is None:
            return None
        try:
            script = compile_text(found[1], found[0], self._dialect)
        except CompileError as error:
            raise ScriptError(f"the included script is not valid: {error.findings[0]}") from error
        return found[0], script.traced if self._traced else script.code


def compile_text(source: str, name: str = "<sieve>", dialect: Dialect = USER) -> Script:
    """Compile a script; the same text again costs nothing.

    Raises:
        CompileError: the script is not valid; the error holds every finding.
    """
    return _compile(source, name, dialect)


@lru_cache(maxsize=512)
def _compile(source: str, name: str, dialect: Dialect) -> Script:
    if len(source) > dialect.limits.script_octets:
        raise CompileError([Finding(Position(1, 1), f"the script is too large ({len(source)} characters)", "limit")])
    try:
        with _collector_paused():
            return Script(name, source.removeprefix("\ufeff"), dialect)
    except CompileError as error:
        raise error.quoting(name, source) from None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A compilation makes many objects and no garbage cycles: looking for these would take a third of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def compile_octets(octets: bytes, name: str = "<sieve>", dialect: Dialect = USER) -> Script:
    """Compile a script as it is stored: UTF-8 (RFC 5228 section 2.1).

    Raises:
        CompileError: as ``compile_text``, or the octets are not UTF-8.
    """
    try:
        return compile_text(octets.decode("utf-8"), name, dialect)
    except UnicodeDecodeError as error:
        before = octets[: error.start].decode("utf-8")
        place = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        finding = Finding(place, "the script is not UTF-8 from here on")
        raise CompileError([finding]).quoting(name, octets.decode("utf-8", "replace")) from error


def cache_key(source: str, name: str, dialect: Dialect = USER) -> str:
    """The key under which ``Script.marshal()`` may be stored: what changes the code changes the key."""
    words = (
        source,
        name,
        dialect.name,
        *dialect.vocabulary.extensions,
        str(VERSION),
        str(sys.implementation.cache_tag),
    )
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def load_script(octets: bytes, source: str, name: str = "<sieve>", dialect: Dialect = USER) -> Script | None:
    """A script from its stored code, without parsing; None if the code is stale.

    ``octets`` must come from one's own cache.
    """
    try:
        return Script(name, source, dialect, Unit.load(octets))
    except StaleCode:
        return None


def _place(traceback: TracebackType | None) -> Place:
    """The innermost place in generated code."""
    place = NOWHERE
    while traceback is not None:
        code = traceback.tb_frame.f_code
        name = traceback.tb_frame.f_globals.get(MARK)
        if name is not None:
            _, _, column, _ = list(code.co_positions())[traceback.tb_lasti // 2]
            place = Place(name, traceback.tb_lineno, (column or 0) + 1)
        traceback = traceback.tb_next
    return place
