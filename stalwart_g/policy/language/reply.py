"""``reply :code N :status "X.Y.Z" [:close] "text"``: refuse, for now or for good. Ends the script."""

from __future__ import annotations

import re

from sieve.errors import ScriptError
from sieve.runtime import Run, Stop
from sieve.spec import Param, Site
from stalwart_g.model.reply import Reply
from stalwart_g.policy.language.actions import Answer
from stalwart_g.policy.language.extension import extension

_TEXT_OCTETS = 400
_LAST_WORDS = 421
_STATUS = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}")


def _code(code: int) -> str:
    return "" if 400 <= code <= 599 else f"a reply refuses: its code is from 400 to 599, not {code}"


def _status(status: str) -> str:
    return "" if _STATUS.fullmatch(status) else f"'{status}' is no enhanced status: it looks like \"5.7.1\" (RFC 3463)"


def _classes(code: int, status: str) -> str:
    """A temporary code needs a temporary status."""
    if str(code)[0] == status[0]:
        return ""
    return f"code {code} and status {status} contradict each other: one is temporary (4), the other permanent (5)"


extension.tag("code", "reply", param=Param("code", "number", check=_code))
extension.tag("status", "reply", param=Param("enhanced status", check=_status))
extension.tag("close", "reply")


@extension.command(Param("text"), traits=["ends"], requires=["code", "status"])
def reply(run: Run, text: str, *, code: int, status: str, close: bool = False) -> None:
    fault = _code(code) or _status(status) or _classes(code, status)
    if fault:
        raise ScriptError(fault)
    run.add(Answer(reply=Reply(code, status, one_line(text)), close=close or code == _LAST_WORDS))
    raise Stop


@extension.check("reply")
def _contradiction(site: Site) -> None:
    code, status = site.constant("code"), site.constant("status")
    if isinstance(code, int) and isinstance(status, str) and (fault := _classes(code, status)):
        site.report(fault, "reply", at="status")


def one_line(text: str) -> str:
    """What the network sent must not end our line, nor fill it: no control characters, at most 400 octets."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text).strip()
    octets = text.encode("utf-8", "replace")
    return text if len(octets) <= _TEXT_OCTETS else octets[:_TEXT_OCTETS].decode("utf-8", "ignore")
