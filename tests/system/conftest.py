"""One server for the tests of a module; each test speaks to it from outside, as a peer or an administrator would."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.ours import Ours


@pytest.fixture(scope="module")
def server() -> Iterator[Ours]:
    with Ours() as ours:
        yield ours


@pytest.fixture(scope="session")
def swaks() -> Swaks:
    return Swaks()


class Swaks:
    """Debian's swaks. A missing program is a failure, not a skip: ``tools/setup-peers`` installs it."""

    def __call__(self, port: int, *options: str, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
        program = shutil.which("swaks", path=os.environ["PATH"] + ":/usr/bin")
        assert program, "swaks is not installed"
        command = [program, "--server", f"127.0.0.1:{port}", "--timeout", "20", *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def message(tmp_path: Path) -> Path:
    """A small message as a client would send it: CRLF, 8-bit, a dot at the start of a line.

    The end of its last line is missing: swaks adds one.
    """
    text = (
        "From: Carol <carol@remote.example>\r\nTo: alice@example.test\r\nSubject: [ops] disk full\r\n"
        "Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <first-mail@remote.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        "\r\nGr\u00fc\u00dfe\r\n.a dot first\r\n\r\nlast line"
    )
    file = tmp_path / "first.eml"
    file.write_bytes(text.encode())
    return file
