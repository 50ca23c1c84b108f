"""One session with an editor: its requests, each answered by a method named after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sieve.engine import TRUSTED, USER, Result, Script
from sieve.errors import CompileError, SieveError
from sieve.message import parse
from sieve.spec import Dialect
from sieve.testing.world import NoMailbox
from sieve.tools.answer import not_valid
from sieve.tools.dap.debuggee import Calls, Debuggee, Level
from sieve.tools.dap.inspection import SCOPES
from sieve.tools.dap.lines import line_for, lines_of
from sieve.tools.dap.stepping import Condition, Step, Stepper, condition
from sieve.tools.dap.wire import Message, Wire
from sieve.tools.files import Unreadable, compiled, read_message, read_script
from sieve.tools.simulate import Circumstances, told, world

DIALECTS: Mapping[str, Dialect] = {"user": USER, "trusted": TRUSTED}
_THREAD = 1
_PATIENCE_SECONDS = 2.0
_CAPABILITIES = {
    "supportsConfigurationDoneRequest": True,
    "supportsConditionalBreakpoints": True,
    "supportsEvaluateForHovers": True,
    "supportsTerminateRequest": True,
    "supportsExceptionInfoRequest": True,
    "exceptionBreakpointFilters": [{"filter": "error", "label": "Errors of the script", "default": True}],
}


class Refused(SieveError):
    """A request that cannot be answered; the editor shows the text."""


class Session:
    """Lives from ``initialize`` to ``disconnect``."""

    def __init__(self, wire: Wire, dialects: Mapping[str, Dialect] = DIALECTS) -> None:
        self._wire, self._dialects = wire, dialects
        self._stepper = Stepper()
        self._script: Script | None = None
        self._debuggee: Debuggee | None = None
        self._folder = Path()
        self._dialect = USER
        self._asked: dict[Path, list[Mapping[str, Any]]] = {}  # breakpoints, as the editor has set them
        self._stops_on_error = True
        self._on_entry = self._over = False
        self._after: Callable[[], None] | None = None
        self._error = ""
        self._first_line = self._first_column = 1  # as the editor counts

    def run(self) -> None:
        """Answer requests until the editor is gone."""
        while not (self._over or self._wire.is_broken):
            request = self._wire.read()
            if request is None:
                break
            if request.get("type") == "request":
                self._answer(request)
        self._end()

    def _answer(self, request: Message) -> None:
        name = str(request.get("command", ""))
        reply = {"request_seq": request.get("seq", 0), "command": name}
        method = _REQUESTS.get(name)
        try:
            if method is None:
                raise Refused(f"there is no request '{name}' here")
            body = method(self, request.get("arguments") or {})
        except SieveError as error:
            self._wire.write("response", {**reply, "success": False, "message": str(error)})
            return
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
        ) as error:  # missing, or of no such type
            fault = f"the arguments of '{name}' make no sense: {error!r}"
            self._wire.write("response", {**reply, "success": False, "message": fault})
            return
        self._wire.write("response", {**reply, "success": True, "body": body})
        after, self._after = self._after, None
        if after is not None:
            after()

    # -- before the run

    def initialize(self, given: Mapping[str, Any]) -> Message:
        self._first_line = int(given.get("linesStartAt1", True))
        self._first_column = int(given.get("columnsStartAt1", True))
        return _CAPABILITIES

    def launch(self, given: Mapping[str, Any]) -> None:
        """``program`` is the script, ``message`` the mail; see the README for the rest."""
        program, mail = _path(given, "program"), _path(given, "message")
        dialect = self._dialects.get(str(given.get("dialect", "user")))
        if dialect is None:
            raise Refused(f"there is no dialect '{given['dialect']}': {', '.join(self._dialects)}")
        self._dialect, self._folder, self._on_entry = dialect, program.parent, bool(given.get("stopOnEntry"))
        try:
            self._script = compiled(program, dialect)
            message = parse(read_message(mail))
            host = world(self._folder, message, _circumstances(given))
        except CompileError as error:
            raise Refused(not_valid(error).text) from error
        except NoMailbox as error:
            raise Refused(str(error)) from error
        calls = Calls(self._stopped, self._said, self._finished)
        self._debuggee = Debuggee(self._script, message, host, self._stepper, calls)
        self._after = lambda: self._wire.event("initialized")

    def set_breakpoints(self, given: Mapping[str, Any]) -> Message:
        path = Path(str(given.get("source", {}).get("path", ""))).resolve()
        self._asked[path] = list(given.get("breakpoints", ()))
        return {"breakpoints": self._place(path)}

    def set_exception_breakpoints(self, given: Mapping[str, Any]) -> Message:
        self._stops_on_error = "error" in given.get("filters", ())
        return {}

    def configuration_done(self, given: Mapping[str, Any]) -> None:
        debuggee = self._running()
        debuggee.stops_on_error = self._stops_on_error
        self._after = lambda: debuggee.start(stop_on_entry=self._on_entry)

    def _place(self, path: Path) -> list[Message]:
        """Put the breakpoints of a script on lines where a run can stop."""
        placed: dict[int, Condition | None] = {}
        answers = []
        try:
            lines = lines_of(read_script(path).decode("utf-8", "replace"), self._dialect)
            fault = ""
        except (Unreadable, CompileError) as error:
            lines, fault = [], str(error).partition("\n")[0]
        for each in self._asked[path]:
            answers.append(self._one(each, lines, placed) if not fault else {"verified": False, "message": fault})
        self._stepper.breakpoints[self._name(path)] = placed
        return answers

    def _one(self, asked: Mapping[str, Any], lines: list[int], placed: dict[int, Condition | None]) -> Message:
        line = line_for(int(asked.get("line", 0)) + 1 - self._first_line, lines)
        if line is None:
            return {"verified": False, "message": "no command stands there or below"}
        try:
            placed[line] = condition(str(asked["condition"])) if asked.get("condition") else None
        except ValueError as error:
            return {"verified": False, "message": str(error)}
        return {"verified": True, "line": line - 1 + self._first_line}

    # -- what the run tells, in its own thread

    def _stopped(self, reason: str, text: str) -> None:
        self._error = text
        more = {"text": text, "description": "error of the script"} if text else {}
        self._wire.event("stopped", reason=reason, threadId=_THREAD, allThreadsStopped=True, **more)

    def _said(self, text: str) -> None:
        self._wire.event("output", category="console", output=f"{text}\n")

    def _finished(self, result: Result | None, fault: str) -> None:
        code = 0
        if result is not None and self._script is not None:
            answer = told(self._script, result)
            code = answer.code
            self._wire.event("output", category="stdout", output=f"{answer.text}\n", data=answer.value)
        elif fault:
            code = 1
            self._wire.event("output", category="stderr", output=f"{fault}\n")
        self._wire.event("exited", exitCode=code)
        self._wire.event("terminated")

    # -- while it waits

    def threads(self, given: Mapping[str, Any]) -> Message:
        return {"threads": [{"id": _THREAD, "name": self._script.name if self._script else "script"}]}

    def stack_trace(self, given: Mapping[str, Any]) -> Message:
        levels = list(enumerate(self._running().stack, 1))
        frames = [self._frame(number, level) for number, level in reversed(levels)]
        start, many = int(given.get("startFrame", 0)), int(given.get("levels", 0)) or len(frames)
        return {"stackFrames": frames[start : start + many], "totalFrames": len(frames)}

    def _frame(self, number: int, level: Level) -> Message:
        path = self._path(level.place.name)
        return {
            "id": number,
            "name": level.name,
            "source": {"name": path.name, "path": str(path)},
            "line": level.place.line - 1 + self._first_line,
            "column": level.place.column - 1 + self._first_column,
        }

    def scopes(self, given: Mapping[str, Any]) -> Message:
        self._level(int(given["frameId"]))
        first = int(given["frameId"]) * len(SCOPES)
        scopes = [
            {"name": name, "variablesReference": first + place, "expensive": False} for place, name in enumerate(SCOPES)
        ]
        return {"scopes": scopes}

    def variables(self, given: Mapping[str, Any]) -> Message:
        number, place = divmod(int(given["variablesReference"]), len(SCOPES))
        level, rows = self._level(number), list(SCOPES.values())[place]
        found = rows(self._running(), level)
        return {"variables": [{"name": name, "value": value, "variablesReference": 0} for name, value in found]}

    def evaluate(self, given: Mapping[str, Any]) -> Message:
        """A variable, a capture or a reference by name, with or without ``${}``."""
        name = str(given.get("expression", "")).strip().removeprefix("${").removesuffix("}")
        if not name.replace(".", "").replace("_", "").isalnum():
            raise Refused("the name of a variable, or ${name}")
        return {"result": self._running().value(name), "variablesReference": 0}

    def exception_info(self, given: Mapping[str, Any]) -> Message:
        return {"exceptionId": "ScriptError", "description": self._error, "breakMode": "always"}

    def _level(self, number: int) -> Level:
        stack = self._running().stack
        if not 1 <= number <= len(stack):
            raise Refused("this place has been left")
        return stack[number - 1]

    # -- going on

    def _go(self, step: Step) -> Callable[[], None]:
        debuggee = self._running()
        return lambda: debuggee.go_on(step)

    def continue_(self, given: Mapping[str, Any]) -> Message:
        self._after = self._go("go")
        return {"allThreadsContinued": True}

    def next(self, given: Mapping[str, Any]) -> None:
        self._after = self._go("over")

    def step_in(self, given: Mapping[str, Any]) -> None:
        self._after = self._go("into")

    def step_out(self, given: Mapping[str, Any]) -> None:
        self._after = self._go("out")

    def pause(self, given: Mapping[str, Any]) -> None:
        self._running()
        self._stepper.pausing = True

    def terminate(self, given: Mapping[str, Any]) -> None:
        self._after = self._end

    def disconnect(self, given: Mapping[str, Any]) -> None:
        self._over = True

    def _end(self) -> None:
        if self._debuggee is not None:
            self._debuggee.end(_PATIENCE_SECONDS)

    def _running(self) -> Debuggee:
        if self._debuggee is None:
            raise Refused("nothing has been launched")
        return self._debuggee

    # -- names of scripts, and where they are

    def _path(self, name: str) -> Path:
        """Included scripts are named from the folder of the script."""
        main = self._script is not None and name == self._script.name
        return Path(name).resolve() if main else (self._folder / name).resolve()

    def _name(self, path: Path) -> str:
        if self._script is not None and path == Path(self._script.name).resolve():
            return self._script.name
        folder = self._folder.resolve()
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _path(given: Mapping[str, Any], key: str) -> Path:
    if not given.get(key):
        raise Refused(f"'{key}' is missing: the path of {'the script' if key == 'program' else 'a mail'}")
    return Path(str(given[key]))


def _circumstances(given: Mapping[str, Any]) -> Circumstances:
    return Circumstances(given.get("from"), given.get("to"), tuple(given.get("mailboxes", ())))


_REQUESTS: Mapping[str, Callable[[Session, Mapping[str, Any]], Message | None]] = {
    "initialize": Session.initialize,
    "launch": Session.launch,
    "setBreakpoints": Session.set_breakpoints,
    "setExceptionBreakpoints": Session.set_exception_breakpoints,
    "configurationDone": Session.configuration_done,
    "threads": Session.threads,
    "stackTrace": Session.stack_trace,
    "scopes": Session.scopes,
    "variables": Session.variables,
    "evaluate": Session.evaluate,
    "exceptionInfo": Session.exception_info,
    "continue": Session.continue_,
    "next": Session.next,
    "stepIn": Session.step_in,
    "stepOut": Session.step_out,
    "pause": Session.pause,
    "terminate": Session.terminate,
    "disconnect": Session.disconnect,
}
