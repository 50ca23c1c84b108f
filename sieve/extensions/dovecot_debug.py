"""vnd.dovecot.debug (of Pigeonhole): ``debug_log`` says something to whoever wrote the script."""

from __future__ import annotations

from dataclasses import dataclass

from sieve.errors import Place
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("vnd.dovecot.debug", "Pigeonhole's vnd.dovecot.debug")


@dataclass(frozen=True, slots=True)
class DebugLine:
    """A note of the script; the host may log it. No answer is expected."""

    text: str
    place: Place


@extension.command(Param("message"))
def debug_log(run: Run, message: str) -> None:
    """To the host's log, and to the trace."""
    if run.trace is not None:
        run.trace.note(message)
    run.host.ask(DebugLine(message, Place(*run.at)))
