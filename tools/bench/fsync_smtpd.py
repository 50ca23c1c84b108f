"""The baseline of the SMTP benchmark: aiosmtpd that writes one file a message and syncs it before its 250."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from peers import free_port, wait_for_port


class Handler:
    def __init__(self, folder: Path) -> None:
        self.folder, self.numbers = folder, itertools.count()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        await asyncio.to_thread(self.write, envelope.content)
        return "250 2.0.0 Ok"

    def write(self, content: bytes) -> None:
        with open(self.folder / str(next(self.numbers)), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


class FsyncSmtpd:
    """``with FsyncSmtpd() as server:`` runs it in a process of its own."""

    def __enter__(self) -> FsyncSmtpd:
        self.port, self.folder = free_port(), Path(tempfile.mkdtemp(prefix="aiosmtpd-"))
        command = [sys.executable, __file__, str(self.port), str(self.folder)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
        self.process = subprocess.Popen(command, env=environment)
        wait_for_port(self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def serve(port: int, folder: Path) -> None:
    from aiosmtpd.smtp import SMTP

    async def run() -> None:
        handler = Handler(folder)
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
