"""A session as an editor sees it: debugpy's own messaging drives the adapter over stdin and stdout."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from debugpy.common.messaging import JsonIOStream, JsonMessageChannel, MessageHandlingError

REPOSITORY = Path(__file__).parents[4]
SECONDS = 20
OUTER = """require ["variables", "include", "fileinto"];
set "name" "ops";
if header :matches "subject" "[*] *" {
    set "name" "${1}";
    include "inner";
    fileinto "Lists.${name}";
}
stop;
"""
INNER = """require "variables";
set "inside" "yes";
set "more" "no";
"""
LOOP = """let "i" "0";
while "i < 5" {
    let "i" "i + 1";
}
"""
MAIL = "From: ann@example.org\nTo: bob@example.net\nSubject: [web] Disk full\n\nIt is full.\n"


class Client:
    """The editor's side."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.events: queue.Queue[Any] = queue.Queue()
        self.channel = JsonMessageChannel(JsonIOStream.from_process(process), self)
        self.channel.start()

    def event(self, event: Any) -> None:
        self.events.put(event)

    def disconnect(self) -> None:
        """Called when the stream ends."""

    def ask(self, command: str, **arguments: Any) -> Any:
        return self.channel.request(command, arguments)

    def wait(self, name: str) -> Any:
        """The next event of this name; its body."""
        while True:
            event = self.events.get(timeout=SECONDS)
            if event.event == name:
                return event.body

    def where(self) -> list[tuple[str, int]]:
        frames = self.ask("stackTrace", threadId=1)["stackFrames"]
        return [(frame["source"]["name"], frame["line"]) for frame in frames]

    def shown(self, scope: str, frame: int = 0) -> dict[str, str]:
        frames = self.ask("stackTrace", threadId=1)["stackFrames"]
        scopes = self.ask("scopes", frameId=frames[frame]["id"])["scopes"]
        reference = next(each["variablesReference"] for each in scopes if each["name"] == scope)
        rows = self.ask("variables", variablesReference=reference)["variables"]
        return {row["name"]: row["value"] for row in rows}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"outer.sieve": OUTER, "inner.sieve": INNER, "loop.sieve": LOOP, "mail.eml": MAIL}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def client() -> Iterator[Client]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "sieve", "dap"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
        client = Client(process)
        client.ask("initialize", adapterID="sieve")
        yield client
        if process.poll() is None:
            client.ask("disconnect")
        assert process.wait(SECONDS) == 0
        client.channel.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


def launched(client: Client, folder: Path, script: str, lines: list[Any], **more: Any) -> list[Any]:
    """Start a script with breakpoints; what became of these."""
    program = folder / script
    client.ask("launch", program=str(program), message=str(folder / "mail.eml"), **more)
    client.wait("initialized")
    asked = [line if isinstance(line, dict) else {"line": line} for line in lines]
    placed = client.ask("setBreakpoints", source={"path": str(program)}, breakpoints=asked)["breakpoints"]
    client.ask("configurationDone")
    return list(placed)


def test_a_run_without_breakpoints_tells_its_actions(client: Client, folder: Path) -> None:
    launched(client, folder, "outer.sieve", [])
    output = []
    while (event := client.events.get(timeout=SECONDS)).event != "exited":
        output += [event.body["output"]] if event.body.get("category") == "stdout" else []
    assert "".join(output).startswith('fileinto "Lists.web"')
    assert event.body["exitCode"] == 0
    client.wait("terminated")


def test_it_stops_at_a_breakpoint_with_all_that_is_known(client: Client, folder: Path) -> None:
    (placed,) = launched(client, folder, "outer.sieve", [6], **{"from": "boss@example.org"})
    assert (placed["verified"], placed["line"]) == (True, 6)
    assert client.wait("stopped")["reason"] == "breakpoint"
    assert client.where() == [("outer.sieve", 6)]
    assert client.shown("Variables") == {"name": '"web"'}
    assert client.shown("Captures") == {"${0}": '"[web] Disk full"', "${1}": '"web"', "${2}": '"Disk full"'}
    assert client.shown("Header")["Subject"] == '"[web] Disk full"'
    assert client.shown("Envelope")["from"] == '"boss@example.org"'
    assert client.shown("Decided so far") == {"implicit keep": "on"}
    assert client.ask("evaluate", expression="${name}")["result"] == "web"


def test_steps_go_over_into_and_out_of_includes(client: Client, folder: Path) -> None:
    launched(client, folder, "outer.sieve", [5])
    client.wait("stopped")
    client.ask("stepIn", threadId=1)
    assert client.wait("stopped")["reason"] == "step"
    assert client.where() == [("inner.sieve", 2), ("outer.sieve", 5)]
    client.ask("next", threadId=1)
    client.wait("stopped")
    assert client.where() == [("inner.sieve", 3), ("outer.sieve", 5)]
    assert client.shown("Variables") == {"inside": '"yes"'}
    assert client.shown("Variables", frame=1) == {"name": '"web"'}
    client.ask("stepOut", threadId=1)
    client.wait("stopped")
    assert client.where() == [("outer.sieve", 6)]


def test_a_step_over_does_not_enter(client: Client, folder: Path) -> None:
    launched(client, folder, "outer.sieve", [5])
    client.wait("stopped")
    client.ask("next", threadId=1)
    client.wait("stopped")
    assert client.where() == [("outer.sieve", 6)]


def test_included_scripts_have_breakpoints(client: Client, folder: Path) -> None:
    launched(client, folder, "outer.sieve", [], stopOnEntry=True)
    client.wait("stopped")
    assert client.where() == [("outer.sieve", 2)]
    client.ask("setBreakpoints", source={"path": str(folder / "inner.sieve")}, breakpoints=[{"line": 3}])
    client.ask("continue", threadId=1)
    client.wait("stopped")
    assert client.where() == [("inner.sieve", 3), ("outer.sieve", 5)]


def test_a_breakpoint_moves_to_the_next_command(client: Client, folder: Path) -> None:
    first, last = launched(client, folder, "outer.sieve", [1, 9])
    assert (first["verified"], first["line"], last["verified"]) == (True, 2, False)
    client.wait("stopped")
    assert client.where() == [("outer.sieve", 2)]


def test_a_condition_waits_until_a_variable_has_a_value(client: Client, folder: Path) -> None:
    launched(client, folder, "loop.sieve", [{"line": 3, "condition": 'i == "3"'}], dialect="trusted")
    client.wait("stopped")
    assert client.shown("Variables") == {"i": "3"}
    client.ask("continue", threadId=1)
    client.wait("terminated")


def test_a_breakpoint_in_a_loop_stops_at_each_pass(client: Client, folder: Path) -> None:
    launched(client, folder, "loop.sieve", [3], dialect="trusted")
    for passes in range(5):
        client.wait("stopped")
        assert client.shown("Variables") == {"i": str(passes)}
        client.ask("continue", threadId=1)
    client.wait("terminated")


def test_it_stops_where_the_script_fails(client: Client, folder: Path) -> None:
    (folder / "fails.sieve").write_text('require "variables";\nset "a" "nobody";\nredirect "${a}";\n')
    launched(client, folder, "fails.sieve", [])
    client.ask("setExceptionBreakpoints", filters=["error"])
    stopped = client.wait("stopped")
    assert (stopped["reason"], "nobody" in stopped["text"]) == ("exception", True)
    assert client.where() == [("fails.sieve", 3)]
    assert client.shown("Variables") == {"a": '"nobody"'}
    client.ask("continue", threadId=1)
    assert client.wait("exited")["exitCode"] == 1


def test_a_run_that_waits_can_be_ended(client: Client, folder: Path) -> None:
    launched(client, folder, "outer.sieve", [6])
    client.wait("stopped")
    client.ask("terminate")
    client.wait("terminated")


def test_it_ends_when_the_editor_is_gone(client: Client, folder: Path) -> None:
    launched(client, folder, "outer.sieve", [6])
    client.wait("stopped")
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(SECONDS) == 0


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        ("launch", {}, "'program' is missing"),
        ("launch", {"program": "none.sieve", "message": "mail.eml"}, "No such file"),
        ("stackTrace", {"threadId": 1}, "nothing has been launched"),
        ("frobnicate", {}, "there is no request"),
        ("scopes", {"frameId": 1}, "nothing has been launched"),
        ("setBreakpoints", {"source": 1}, "make no sense"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    client: Client, command: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(MessageHandlingError, match=words):
        client.ask(command, **arguments)


def test_a_script_that_is_not_valid_is_not_launched(client: Client, folder: Path) -> None:
    (folder / "bad.sieve").write_text("filinto;\n")
    with pytest.raises(MessageHandlingError, match="did you mean 'fileinto'"):
        client.ask("launch", program=str(folder / "bad.sieve"), message=str(folder / "mail.eml"))
