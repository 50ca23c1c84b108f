"""One test file under way: the script under test, its result, its errors, and what has come out so far.

The result of the file is that of its own run. A script that is run from it works on the same message and the same
world, and leaves its actions, its implicit keep and its flags there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sieve.actions import Action
from sieve.engine import Script, compile_octets, load_script
from sieve.errors import CompileError, ScriptError
from sieve.limits import Limits
from sieve.message import Overlay, parse
from sieve.runtime import Probe, Run
from sieve.spec import Dialect
from sieve.testing import execution, settings
from sieve.testing.reporting import Outcome
from sieve.testing.settings import Settings
from sieve.testing.world import World, with_crlf


class Session:
    """What the commands of one file share.

    Args:
        limits: those of the scripts under test, as long as the file does not set others.
        dialect: their language, under given limits and with these external lists.
    """

    probe: Probe | None = None  # sees what the scripts under test do

    def __init__(self, world: World, limits: Limits, dialect: Callable[[Limits, frozenset[str]], Dialect]) -> None:
        self.world = world
        self.settings = self._defaults = Settings(limits)
        self.stored: dict[str, str] = {}  # settings that wait for a reload
        self.outcomes: list[Outcome] = []
        self.printed: list[str] = []
        self.errors: list[str] = []  # of the latest compilation, run or execution
        self.complaints: list[str] = []  # all of them
        self._dialect = dialect
        self._script: Script | None = None
        self._saved: dict[str, tuple[bytes, Script]] = {}

    @property
    def dialect(self) -> Dialect:
        return self._dialect(self.settings.limits, frozenset(self.world.known.lists))

    # -- the message

    def show(self, run: Run, octets: bytes) -> None:
        """Make this the current message."""
        run.moved(Overlay(parse(with_crlf(octets))))

    def reload(self, run: Run, extension: str) -> None:
        """Bring stored settings of an extension into force, for this run too."""
        self.settings = settings.reloaded(self.settings, self._defaults, self.stored, extension)
        self.world.subaddress_separator = self.settings.separator
        self.world.known.configure(self.stored, self.world.files.read)
        run.limits = settings.enlarged(self.settings.limits)
        run.moved()

    # -- scripts

    def compile(self, path: str) -> bool:
        """Compile a file.

        Raises:
            ScriptError: there is none.
        """
        octets = self.world.files.read(path)
        if octets is None:
            raise ScriptError(f"there is no script '{path}'")
        self.errors.clear()
        self._script = None
        try:
            self._script = compile_octets(octets, path, self.dialect)
        except CompileError as error:
            self._complain([*(finding.message for finding in error.findings), error.summary])
            return False
        return True

    @property
    def script(self) -> Script:
        """The one compiled last. Raises ScriptError: there is none."""
        if self._script is None:
            raise ScriptError("no script was compiled before")
        return self._script

    def save(self, name: str) -> None:
        """Keep the script in the form in which code is stored."""
        self._saved[name] = (self.script.marshal(), self.script)

    def load(self, name: str) -> None:
        """Make a script out of a stored form.

        Raises:
            ScriptError: nothing is stored under the name, or the form is not good.
        """
        if name not in self._saved:
            raise ScriptError(f"no script was saved as '{name}'")
        octets, script = self._saved[name]
        self._script = load_script(octets, script.source, script.name, script.dialect)
        if self._script is None:
            raise ScriptError(f"the script saved as '{name}' cannot be loaded")

    # -- results

    def run(self, run: Run, *, append: bool = False) -> bool:
        """Run the script; without ``append`` what was pending is dropped first."""
        script = self.script
        if not append:
            reset(run)
        self.errors.clear()
        inner = self._prepared(script, run)
        inner.actions += run.actions
        inner.implicit_keep = run.implicit_keep
        if not self._succeeds(script, inner, run):
            return False
        run.actions[:] = inner.actions
        run.implicit_keep, run.flags = inner.implicit_keep, inner.flags
        return True

    def run_sequence(self, run: Run, paths: Sequence[str]) -> bool:
        """Run scripts one after the other while the mail is kept implicitly, then carry out what all of them decided.

        Their results are one. An action that does not go together with one of an earlier script is left out.
        """
        reset(run)
        for path in paths:
            if not self.compile(path):
                return False
            inner = self._prepared(self.script, run)
            inner.flags = run.flags
            if not self._succeeds(self.script, inner, run):
                return False
            run.actions += self._compatible(run.actions, inner.actions)
            run.implicit_keep = all(action.copy or not action.cancels_keep for action in run.actions)
            run.flags = inner.flags
            if not run.implicit_keep:
                break
        return self.execute(run)

    def _prepared(self, script: Script, run: Run) -> Run:
        return script.prepare(run.message, self.world, limits=self.settings.limits, probe=self.probe)

    def _succeeds(self, script: Script, inner: Run, run: Run) -> bool:
        """Execute; after an error edits are undone, and the implicit keep is on."""
        error = script.execute(inner)
        if error is None:
            run.edited()
            return True
        self._complain([error.message])
        run.implicit_keep = True
        run.moved(Overlay(run.message.message))
        return False

    def _compatible(self, earlier: Sequence[Action], later: Iterable[Action]) -> list[Action]:
        kept: list[Action] = []
        for action in later:
            others = [each.name for each in earlier if each.name in action.excludes or action.name in each.excludes]
            if others:
                self.printed.append(f"left out after {others[0]} of an earlier script: {action}")
            else:
                kept.append(action)
        return kept

    def execute(self, run: Run) -> bool:
        """Carry out what is pending."""
        self.errors.clear()
        self._complain(execution.execute(run.decided(), run.message, self.world, self.settings))
        return not self.errors

    def _complain(self, errors: Iterable[str]) -> None:
        for error in errors:
            self.errors.append(error)
            self.complaints.append(error)


def reset(run: Run) -> None:
    """Nothing is pending but the implicit keep."""
    run.actions.clear()
    run.implicit_keep, run.flags = True, ()
