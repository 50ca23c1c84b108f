"""vnd.cyrus.log (of Cyrus): ``log`` says something to whoever wrote the script."""

from __future__ import annotations

from sieve.extensions.dovecot_debug import debug_log
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("vnd.cyrus.log", "Cyrus's vnd.cyrus.log")


@extension.command(Param("message"))
def log(run: Run, message: str) -> None:
    """To the host's log, and to the trace; like ``debug_log``."""
    debug_log(run, message)
