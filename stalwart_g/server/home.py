"""Who serves a home: one master at a time, known by a lock; and how commands ask it to reload, and hear of the outcome.

The lock belongs to the master and all its children together: after a sudden death of the master it is free once the
last of them has ended.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from stalwart_g.green.process import pause
from stalwart_g.model.errors import MailError

_POLL_SECONDS = 0.1


class AlreadyServed(MailError):
    """Another server runs on this home."""


class Master(msgspec.Struct, frozen=True):
    """The process that serves a home, and how many workers it has."""

    pid: int
    workers: int


class Report(msgspec.Struct, frozen=True):
    """What one worker says of a reload: what is wrong, and which changed settings wait for a restart."""

    request: str
    worker: int
    problems: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


class RunFolder:
    """``<home>/run``: what is there only while a server runs."""

    def __init__(self, home: Path) -> None:
        self.home, self.path = home, home / "run"
        self._lock = self.path / "server.lock"
        self._request = self.path / "reload"

    # The server's side

    def claim(self, workers: int, *, wait_seconds: float, owner: tuple[int, int] | None = None) -> None:
        """Be the master of this home, until this process and all its children have ended.

        Args:
            wait_seconds: for the children of a master that has died.
            owner: user and group who are to have the folder, where that is not who we are.

        Raises:
            AlreadyServed
            OSError: the folder cannot be written.
        """
        self.path.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + wait_seconds
        while not _locked(descriptor, fcntl.LOCK_EX):
            master = self._recorded(descriptor)
            if master is not None and _is_alive(master.pid):
                raise AlreadyServed(f"a server of {self.home} runs already (process {master.pid})")
            if time.monotonic() >= end:
                raise AlreadyServed(f"processes of the last server of {self.home} have not ended yet")
            pause(_POLL_SECONDS)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(Master(os.getpid(), workers)), 0)
        if owner is not None:
            for path in (self.path, self._lock):
                os.chown(path, *owner)

    def answer(self, worker: int, problems: Sequence[str], restart: Sequence[str]) -> None:
        """Tell whoever asked for the last reload what came of it."""
        try:
            request = self._request.read_text()
        except FileNotFoundError:
            return  # a signal by hand
        path = self._report(worker)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(Report(request, worker, tuple(problems), tuple(restart))))
        fresh.replace(path)

    # The side of commands

    def master(self) -> Master | None:
        """Who serves this home now, if anybody does."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            if _locked(descriptor, fcntl.LOCK_SH):
                return None
            master = self._recorded(descriptor)
        finally:
            os.close(descriptor)
        return master if master is not None and _is_alive(master.pid) else None

    def reload(self, master: Master, *, wait_seconds: float) -> list[Report]:
        """Have it reload: the reports of the workers, by number. One that is busy or dies meanwhile may be missing.

        Raises:
            OSError: it is not ours to ask.
        """
        request = secrets.token_hex(8)
        fresh = self._request.with_suffix(".new")
        fresh.write_text(request)
        fresh.replace(self._request)
        os.kill(master.pid, signal.SIGHUP)
        end = time.monotonic() + wait_seconds
        while len(reports := self._reports(request, master.workers)) < master.workers and time.monotonic() < end:
            pause(_POLL_SECONDS)
        return reports

    def _reports(self, request: str, workers: int) -> list[Report]:
        found = []
        for worker in range(workers):
            try:
                report = msgspec.json.decode(self._report(worker).read_bytes(), type=Report)
            except FileNotFoundError:
                continue
            if report.request == request:
                found.append(report)
        return found

    def _report(self, worker: int) -> Path:
        return self.path / f"reload-{worker}.json"

    @staticmethod
    def _recorded(descriptor: int) -> Master | None:
        try:
            return msgspec.json.decode(os.pread(descriptor, 4096, 0), type=Master)
        except msgspec.DecodeError:
            return None  # it has the lock, but has not written yet


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
