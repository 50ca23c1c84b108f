"""Our own server as a program: ``stalwart-g localserve`` in a temporary home, spoken to from outside only."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any

from peers import PeerMissing

_LISTENER = re.compile(r"^(\w+) (127\.0\.0\.1):(\d+)")
_ACCOUNT = re.compile(r"^(\S+@\S+) password (\S+)")
PROGRAM = [sys.executable, "-m", "stalwart_g"]


class Ours:
    """``with Ours() as server:`` initialises a home and serves from it; ``restart`` starts again on the same home."""

    def __init__(self, *options: str, home: Path | None = None) -> None:
        self._own_folder = home is None
        self.home = home or Path(tempfile.mkdtemp(prefix="stalwart-g-")) / "home"
        self.options = options
        self.ports: dict[str, int] = {}
        self.passwords: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None
        self.output: deque[str] = deque(maxlen=20_000)
        self._is_ready = False

    def __enter__(self) -> Ours:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._own_folder:
            shutil.rmtree(self.home.parent, ignore_errors=True)

    @property
    def log(self) -> str:
        """Everything that the server printed so far: its log goes to standard error."""
        return "\n".join(self.output)

    def start(self, timeout_seconds: float = 60.0) -> None:
        """Start, and return once the server says that it is ready."""
        self._is_ready = False
        self.process = subprocess.Popen(
            [*PROGRAM, "localserve", *self.options, str(self.home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process, ready), daemon=True).start()
        if not ready.wait(timeout_seconds) or not self._is_ready:
            self.kill()
            raise PeerMissing(f"the server did not start:\n{self.log}")

    def stop(self) -> None:
        """Ask the server to end, as an administrator would."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """``kill -9`` of the master alone; everything below must end by itself."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def run(self, *arguments: str, check: bool = True, binary: bool = False) -> Any:
        """Run a command of ours on this home: its standard output, or raise with what it said."""
        done = subprocess.run(
            [*PROGRAM, "--home", str(self.home), *arguments], capture_output=True, timeout=120, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"{arguments}: exit {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}")
        return done.stdout if binary else done.stdout.decode()

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run("--json", *arguments))

    def wait_for_log(self, pattern: str, timeout_seconds: float = 15.0, *, times: int = 1) -> str:
        """The first log line that matches, now or soon; or the second, third …

        Raises:
            AssertionError: none came in time.
        """
        wanted, deadline = re.compile(pattern), time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            found = [line for line in list(self.output) if wanted.search(line)]
            if len(found) >= times:
                return found[times - 1]
            time.sleep(0.05)
        raise AssertionError(f"no log line like {pattern!r} in:\n" + "\n".join(list(self.output)[-60:]))

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout
        for line in process.stdout:
            text = line.rstrip("\n")
            self.output.append(text)
            if found := _LISTENER.match(text):
                self.ports[found[1]] = int(found[3])
            if found := _ACCOUNT.match(text):
                self.passwords[found[1]] = found[2]
            if text.startswith("ready"):
                self._is_ready = True
                ready.set()
        ready.set()
