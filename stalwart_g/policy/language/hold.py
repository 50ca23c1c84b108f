"""``hold [:until T] "reason"``: keep the mail in the queue until somebody releases it, or until T."""

from __future__ import annotations

from sieve.errors import ScriptError
from sieve.runtime import Run
from sieve.spec import Param
from stalwart_g.policy.language.actions import Hold
from stalwart_g.policy.language.extension import extension
from stalwart_g.policy.language.reply import one_line


def _time(text: str) -> str:
    return "" if text.isascii() and text.isdigit() else f"'{text}' is no time: seconds since 1970, as facts have them"


extension.tag("until", "hold", param=Param("unix time", check=_time))


@extension.command(Param("reason"))
def hold(run: Run, reason: str, *, until: str = "") -> None:
    fault = _time(until) if until else ""
    if fault:
        raise ScriptError(f"hold: {fault}")
    run.add(Hold(reason=one_line(reason), until=float(until) if until else None))
