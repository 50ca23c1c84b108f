"""A script that runs in a thread of its own, and waits where it is told to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import SimpleQueue
from threading import Thread
from typing import Any

from sieve.actions import Keep
from sieve.coercion import text_of
from sieve.engine import Result, Script
from sieve.errors import NOWHERE, Place, ScriptError
from sieve.host import Host
from sieve.message import Message, Overlay
from sieve.runtime import Frame, Run
from sieve.tools.dap.stepping import Step as StepKind
from sieve.tools.dap.stepping import Stepper
from sieve.trace import Step, Trace


class Ended(BaseException):
    """The editor wants the run to end. Goes through the engine, and no further than the thread."""


@dataclass(slots=True)
class Level:
    """A script on the stack: its variables, and the command or test that it is at."""

    frame: Frame
    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Calls:
    """What the debuggee tells; called in its thread.

    ``stopped`` gets a reason and a text, ``said`` a line of what happens, ``finished`` the result; or None, with the
    reason, if the run was ended or a defect of an extension ended it.
    """

    stopped: Callable[[str, str], None]
    said: Callable[[str], None]
    finished: Callable[[Result | None, str], None]


class _Watched(Trace):
    """Tells of each command and test before it happens, and of what is queued."""

    def __init__(self, arrived: Callable[[Place, str], None], said: Callable[[str], None]) -> None:
        super().__init__()
        self._arrived, self._said = arrived, said

    def begin(self, op: str, place: tuple[str, int, int], depth: int, name: str) -> Step:
        self._arrived(Place(*place), name)
        self.steps.clear()  # nobody reads them: a long run would only keep them
        self.chains.clear()
        self.chains.clear()
        return super().begin(op, place, depth, name)

    def action(self, text: str, number: int, *, keep: bool) -> None:
        super().action(text, number, keep=keep)
        self._said(f"line {self._at.line}: queued {text}")

    def note(self, text: str, below: Step | None = None) -> None:
        super().note(text, below)
        self._said(f"line {self._at.line}: {text}")


class Debuggee:
    """One run. All methods but the thread's own are called by the editor's side, while the script waits.

    Attributes:
        stack: the scripts under way, outermost first.
        error: of the script, once it has failed.
    """

    def __init__(self, script: Script, message: Message, host: Host, stepper: Stepper, calls: Calls) -> None:
        limits = replace(script.dialect.limits, cpu_seconds=math.inf)  # people think longer than scripts may
        self._script, self._message, self._calls = script, message, calls
        self.stepper = stepper
        self.run: Run = script.prepare(Overlay(message), host, traced=True, limits=limits)
        self.run.trace = _Watched(self._arrived, calls.said)
        self.stack: list[Level] = []
        self.error: ScriptError | None = None
        self.stops_on_error = True
        self._orders: SimpleQueue[StepKind | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="debuggee", daemon=True)

    def start(self, *, stop_on_entry: bool) -> None:
        if stop_on_entry:
            self.stepper.begin("into", NOWHERE, 0)
        self._thread.start()

    def go_on(self, step: StepKind) -> None:
        """Leave the place where it waits."""
        self._orders.put(step)

    def end(self, seconds: float) -> None:
        """End the run; waits no longer than so long for it."""
        self.stepper.pausing = True
        self._orders.put(None)
        if self._thread.is_alive():
            self._thread.join(seconds)

    def value(self, name: str) -> str:
        """A variable or capture of the innermost script as text; empty if there is none."""
        if name.isdecimal():
            return self.run.frame.capture(int(name))
        namespace, point, item = name.lower().partition(".")
        known = self._script.dialect.vocabulary.namespaces.get(namespace)
        if point and known is not None:
            return text_of(known.read(self.run, item))
        return text_of(self.run.frame.variables.get(name.lower(), self.run.globals.get(name.lower(), "")))

    # -- in the thread

    def _run(self) -> None:
        try:
            self._calls.finished(self._result(), "")
        except Ended:
            self._calls.finished(None, "")
        except Exception as error:  # noqa: BLE001  a defect of an extension or host: the editor has to hear of it
            self._calls.finished(None, f"{type(error).__name__}: {error}")

    def _result(self) -> Result:
        run = self.run
        self.error = self._script.execute(run, traced=True)
        if self.error is None:
            return Result(run.decided(), None, run.message, None, run.instructions)
        if self.stack:
            self.stack[-1].place = self.error.place
        if self.stops_on_error:
            self._wait("exception", self.error.message)
        return Result((Keep(implicit=True),), self.error, Overlay(self._message), None, run.instructions)

    def _arrived(self, place: Place, name: str) -> None:
        self._unwind(place, name)
        reason = self.stepper.reason(place, len(self.stack), self.value)
        if reason:
            self._wait(reason, "")

    def _unwind(self, place: Place, name: str) -> None:
        """The stack as it is now: each script of a run has a frame of its own."""
        frame = self.run.frame
        known = next((index for index, level in enumerate(self.stack) if level.frame is frame), None)
        if known is None:
            self.stack.append(Level(frame, place, name))
            return
        del self.stack[known + 1 :]
        self.stack[-1].place, self.stack[-1].name = place, name

    def _wait(self, reason: str, text: str) -> None:
        self._calls.stopped(reason, text)
        order = self._orders.get()
        if order is None:
            raise Ended
        self.stepper.begin(order, self.stack[-1].place if self.stack else NOWHERE, len(self.stack))


def shown(value: Any) -> str:
    """A value as an editor shows it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    return text_of(value)
