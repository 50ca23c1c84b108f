"""Where log lines go: standard error or a file, whole lines at a time, so that processes may share it.

Lines look like ``2026-11-24T10:00:00.123Z info 4711 maillog received …``: time (UTC), level, process, logger, text.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import get_ident

from stalwart_g.observe import maillog

LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}
"""``log.level`` as the configuration knows it."""
Later = Callable[[Callable[[], None]], object]
_WORDS = {number: word for word, number in LEVELS.items()}
_process = [os.getpid()]  # asking the system for each line is not for free


def _note_process() -> None:
    _process[0] = os.getpid()


os.register_at_fork(after_in_child=_note_process)


class LineHandler(logging.Handler):
    """Writes each record at once. Facts of the mail log may be gathered for a moment, see `gather`.

    Args:
        path: a file, made if need be, and opened again when it was moved away (logrotate); None: standard error.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self._path = path
        self._second, self._stamp = -1, ""
        self._later: Later | None = None
        self._ident, self._thread = get_ident, 0
        self._gathered: list[str] = []
        self._millisecond, self._start = -1, ""
        self._descriptor = 2 if path is None else _open(path)

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the lock of other handlers: a line is one system call."""
        if keep := bool(self.filter(record)):
            self.emit(record)
        return keep

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
            if record.exc_info:
                text = f"{text}\n{logging.Formatter().formatException(record.exc_info)}"
            self._put(self._line(record.created, record.levelname.lower(), record.name, text))
        except Exception:  # noqa: BLE001  # as every handler: a log that fails must not fail its caller
            self.handleError(record)

    def fact(self, level: int, line: str) -> None:
        """A line of the mail log, without a record; for `maillog.send_to`."""
        try:
            if self._later is None or level != logging.INFO or self._ident() != self._thread:
                self._put(self._line(time.time(), _WORDS.get(level, "info"), "maillog", line))
                return
            if not self._gathered:
                self._later(self.flush)
            self._gathered.append(f"{self._information(time.time())}{line}\n")
        except OSError:
            self.handleError(logging.makeLogRecord({"msg": line}))

    def gather(self, later: Later, ident: Callable[[], int] = get_ident) -> None:
        """Write the facts of one turn of the event loop with one system call; what is no good news goes at once.

        Args:
            later: has a function called in the next turn, in this thread.
            ident: tells threads apart. Where greenlets pass for threads, `threading.get_ident` does not.
        """
        self._later, self._ident, self._thread = later, ident, ident()

    def flush(self) -> None:
        """Write what was gathered."""
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            try:
                os.write(self._descriptor, "".join(gathered).encode("utf-8", "backslashreplace"))
            except OSError:
                self.handleError(logging.makeLogRecord({"msg": f"{len(gathered)} lines are lost"}))

    def _put(self, octets: bytes) -> None:
        """At once, behind what was gathered before it."""
        if self._ident() == self._thread:
            self.flush()
        os.write(self._descriptor, octets)

    def _line(self, now: float, level: str, name: str, text: str) -> bytes:
        return f"{self._begun(now, level, name)}{text}\n".encode("utf-8", "backslashreplace")

    def _begun(self, now: float, level: str, name: str) -> str:
        """How a line starts."""
        second = int(now)
        if second != self._second:
            self._second, self._stamp = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._follow()
        return f"{self._stamp}.{int(now * 1000) % 1000:03d}Z {level} {_process[0]} {name} "

    def _information(self, now: float) -> str:
        """The start of most lines, of which there are several a millisecond."""
        millisecond = int(now * 1000)
        if millisecond != self._millisecond:
            self._millisecond, self._start = millisecond, self._begun(now, "info", "maillog")
        return self._start

    def _follow(self) -> None:
        """Once a second: is the file still the one of that name?"""
        if self._path is None:
            return
        try:
            found = os.stat(self._path)
            same = os.path.samestat(found, os.fstat(self._descriptor))
        except FileNotFoundError:
            same = False
        if not same:
            fresh = _open(self._path)
            os.close(self._descriptor)
            self._descriptor = fresh


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def begin(level: str, path: Path | None = None) -> None:
    """Send the log of this process and of those that it forks there.

    Raises:
        OSError: the file cannot be opened.
    """
    handler = LineHandler(path)
    # What no line of ours shows is not to be found out for each of them (Python's logging HOWTO, "Optimization").
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    maillog.send_to(handler.fact)
    set_level(level)
    logging.captureWarnings(True)


def gather(later: Later, ident: Callable[[], int]) -> None:
    """For a process with an event loop, see `LineHandler.gather`."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LineHandler):
            handler.gather(later, ident)


def set_level(level: str) -> None:
    """Change what is written from now on."""
    logging.getLogger().setLevel(LEVELS[level])
