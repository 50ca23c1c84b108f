"""``log [:level L] "text"``: a line in the log, with the ids of the session and the mail."""

from __future__ import annotations

import logging

from sieve.errors import ScriptError
from sieve.runtime import Run
from sieve.spec import Param
from stalwart_g.observe import maillog
from stalwart_g.policy.language.extension import extension, host_of

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def _level(level: str) -> str:
    return "" if level.lower() in _LEVELS else f"'{level}' is no log level: {', '.join(_LEVELS)}"


extension.tag("level", "log", param=Param("level", check=_level))


@extension.command(Param("text"))
def log(run: Run, text: str, *, level: str = "info") -> None:
    fault = _level(level)
    if fault:
        raise ScriptError(fault)
    script, line, _ = run.at
    stage = host_of(run).stage.name
    maillog.script_says(level=_LEVELS[level.lower()], stage=stage, script=script, line=line, text=text)
