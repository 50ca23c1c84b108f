"""A broker process for the tests of shared state."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parents[1] / "programs" / "broker.py"


class BrokerProcess:
    """Started, killed and started again on one socket."""

    def __init__(self, folder: Path) -> None:
        self.path, self.snapshot = folder / "state.sock", folder / "state.snapshot"
        self.process: subprocess.Popen[str] | None = None

    def start(self, *, snapshot: bool = False) -> None:
        arguments = [str(self.path), *([str(self.snapshot)] if snapshot else [])]
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self._end()

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        self._end()

    def _end(self) -> None:
        assert self.process and self.process.stdout
        self.process.wait(10)
        self.process.stdout.close()
        self.process = None


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short: the path of a socket has room for 107 octets."""
    folder = Path(tempfile.mkdtemp(prefix="sg-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def broker(folder: Path) -> Iterator[BrokerProcess]:
    broker = BrokerProcess(folder)
    broker.start()
    yield broker
    if broker.process is not None:
        broker.kill()
