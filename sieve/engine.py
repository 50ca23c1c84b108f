"""The front door: compile a script once, run it over many messages."""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import TracebackType

from sieve import checker, parser
from sieve.actions import Action, Keep
from sieve.compiler import VERSION, Unit, compile_probed, compile_statements, link, shown_as_python
from sieve.compiler.linker import MARK, StaleCode
from sieve.errors import NOWHERE, CompileError, Finding, Place, Position, ScriptError, Sources
from sieve.extensions import ALL
from sieve.extensions.trusted import TRUSTED_ONLY
from sieve.host import Host
from sieve.limits import TRUSTED_LIMITS, Limits
from sieve.message import Message, Overlay
from sieve.runtime import Code, Probe, Return, Run, Stop
from sieve.spec import Dialect, Statement
from sieve.trace import Trace

USER = Dialect("user", ALL)  # scripts of users: the standard, and its limits
TRUSTED = Dialect(  # scripts of the server's owner: expressions too, and nothing has to be required
    "trusted", (*ALL, *TRUSTED_ONLY), TRUSTED_LIMITS, trusted=True, requires_optional=True
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run decided. On ``error`` the only action is to keep the original, and no edits of the run's are there."""

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

    def __init__(
        self,
        name: str,
        source: str,
        dialect: Dialect,
        unit: Unit | None = None,
        *,
        files: tuple[tuple[str, int], ...] = (),
    ) -> None:
        self.name = name
        self.source = source
        self.sources = Sources(name, unit.files if unit else files)
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

    @cached_property
    def probed(self) -> Code:
        """The variant that calls ``Run.probe``; made when it is first asked for."""
        unit = compile_probed(self._statements(), self.dialect.vocabulary, self.sources)
        return link(unit, self.dialect.vocabulary, self.source)

    def _statements(self) -> tuple[Statement, ...]:
        return checker.check(parser.parse(self.source, controls=self.dialect.trusted), self.dialect)

    def _compiled(self, *, traced: bool) -> Unit:
        return compile_statements(self._statements(), self.dialect.vocabulary, self.sources, traced=traced)

    def dump(self, *, traced: bool = False) -> str:
        """The generated code as Python text, for the curious."""
        return shown_as_python(self._statements(), self.dialect.vocabulary, self.sources, traced=traced)

    def marshal(self) -> bytes:
        """The compiled form for a cache of one's own; see ``cache_key`` and ``load_script``."""
        return self._unit.dump()

    def run(
        self,
        message: Message | Overlay,
        host: Host,
        *,
        traced: bool = False,
        limits: Limits | None = None,
        probe: Probe | None = None,
    ) -> Result:
        """Run over a message. An ``Overlay`` stays as it is: that of the result is another one.

        Faults of the script end in ``Result.error``; exceptions of the host's own pass through. ``probe`` is called
        before each command and condition, and when a branch is taken (unless the run is traced).
        """
        overlay = message.copy() if isinstance(message, Overlay) else Overlay(message)
        run = self.prepare(overlay, host, traced=traced, limits=limits, probe=probe)
        error = self.execute(run, traced=traced)
        actions = run.decided() if error is None else (Keep(implicit=True),)
        if error is not None:
            overlay = message if isinstance(message, Overlay) else Overlay(message)
        return Result(actions, error, overlay, run.trace, run.instructions)

    def prepare(
        self,
        message: Overlay,
        host: Host,
        *,
        traced: bool = False,
        limits: Limits | None = None,
        probe: Probe | None = None,
    ) -> Run:
        """The state of a run that has not begun, for ``execute``."""
        includes = _Includes(self, host, traced=traced, probed=probe is not None)
        run = Run(message, host, limits or self.dialect.limits, Trace() if traced else None, includes)
        run.writers, run.probe = self.dialect.vocabulary.writers, probe
        return run

    def variant(self, *, traced: bool, probed: bool) -> Code:
        """The code for a run."""
        return self.traced if traced else self.probed if probed else self.code

    def execute(self, run: Run, *, traced: bool = False) -> ScriptError | None:
        """Run in a state that the caller made and reads; returns the error, if the script failed."""
        try:
            self.variant(traced=traced, probed=run.probe is not None)(run)
        except (Stop, Return):
            pass
        except ScriptError as error:
            error.place = place_in(error.__traceback__) if error.place == NOWHERE else error.place
            if run.trace is not None:
                run.trace.error(error.place, error.message)
            return error
        return None


class _Includes:
    """Finds and compiles the scripts that a script includes, in the same dialect."""

    def __init__(self, script: Script, host: Host, *, traced: bool, probed: bool) -> None:
        self._dialect, self._host, self._traced, self._probed = script.dialect, host, traced, probed

    def __call__(self, location: str, name: str) -> tuple[str, Code] | None:
        found = self._dialect.include(location, name) if self._dialect.include else None
        found = found or self._host.include(location, name)
        if found is None:
            return None
        try:
            script = compile_text(found[1], found[0], self._dialect)
        except CompileError as error:
            raise ScriptError(f"the included script is not valid: {error.findings[0]}") from error
        return found[0], script.variant(traced=self._traced, probed=self._probed)


def compile_text(source: str, name: str = "<sieve>", dialect: Dialect = USER) -> Script:
    """Compile a script; the same text again costs nothing.

    Raises:
        CompileError: the script is not valid; the error holds every finding.
    """
    return _compile(source, Sources(name), dialect)


def compile_files(files: Iterable[tuple[str, str]], name: str, dialect: Dialect) -> Script:
    """Compile several files, each a name and its text, as one script: they share their variables.

    Findings, actions, traces and errors name the file and the line in it.

    Raises:
        CompileError: as ``compile_text``.
    """
    begins, texts, line = [], [], 1
    for file, text in files:
        begins.append((file, line))
        texts.append(text.removeprefix("\ufeff").removesuffix("\n"))
        line += texts[-1].count("\n") + 1
    return _compile("\n".join(texts), Sources(name, tuple(begins)), dialect)


@lru_cache(maxsize=512)
def _compile(source: str, sources: Sources, dialect: Dialect) -> Script:
    if len(source) > dialect.limits.script_octets:
        raise CompileError([Finding(Position(1, 1), f"the script is too large ({len(source)} characters)", "limit")])
    try:
        with _collector_paused():
            return Script(sources.name, source.removeprefix("\ufeff"), dialect, files=sources.files)
    except CompileError as error:
        raise error.quoting(sources.name, source, sources.files) from None


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
        raise not_utf8(octets, error, name) from error


def not_utf8(octets: bytes, error: UnicodeDecodeError, name: str) -> CompileError:
    """Where a script ceases to be text."""
    before = octets[: error.start].decode("utf-8")
    place = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
    finding = Finding(place, "the script is not UTF-8 from here on")
    return CompileError([finding]).quoting(name, octets.decode("utf-8", "replace"))


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


def place_in(traceback: TracebackType | None) -> Place:
    """The innermost place in generated code: where a script was when an error was raised."""
    place = NOWHERE
    while traceback is not None:
        code = traceback.tb_frame.f_code
        sources = traceback.tb_frame.f_globals.get(MARK)
        if sources is not None:
            _, _, column, _ = list(code.co_positions())[traceback.tb_lasti // 2]
            place = sources.place(traceback.tb_lineno, (column or 0) + 1)
        traceback = traceback.tb_next
    return place
