"""``note [:session | :txn] "name" value``, and ``${session.name}`` and ``${txn.name}`` in later stages."""

from __future__ import annotations

import re

from sieve.errors import ScriptError
from sieve.runtime import Run
from sieve.spec import Param, Site
from stalwart_g.policy.language.extension import extension, host_of, stage_of
from stalwart_g.policy.notes import TooMuch

_NAME = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_OVER = {"session": "the session is over", "txn": "there is no mail transaction yet"}


def _name(name: str) -> str:
    return "" if _NAME.fullmatch(name) else f"'{name}' is no name for a note: letters, digits, _ and dots"


extension.tag("session", "note", keyword="scope", value="session")
extension.tag("txn", "note", keyword="scope", value="txn")


@extension.command(Param("name", constant=True, check=_name), Param("value"))
def note(run: Run, name: str, value: str, *, scope: str = "") -> None:
    """Known to the scripts of all later stages; an empty value takes it away."""
    host = host_of(run)
    try:
        host.notes.write(scope or _default(host.stage.scopes), name.lower(), value)
    except TooMuch as error:
        raise ScriptError(str(error)) from None


def _default(scopes: tuple[str, ...]) -> str:
    return "txn" if "txn" in scopes else "session"


@extension.check("note")
def _scope(site: Site) -> None:
    scope = site.constant("scope")
    if scope and scope not in stage_of(site).scopes:
        site.report(f"stage {stage_of(site).name} cannot note :{scope}: {_OVER[scope]}", "note", at="scope")


def _known(scope: str) -> None:
    """Make the namespace of a scope's notes."""

    def check(site: Site, item: str) -> None:
        stage = stage_of(site)
        if scope not in stage.scopes:
            site.report(f"stage {stage.name} has no notes '${{{scope}.{item}}}': {_OVER[scope]}", "note")

    @extension.namespace(scope, check)
    def read(run: Run, item: str) -> str:
        return host_of(run).notes.scope(scope).get(item, "")


_known("session")
_known("txn")
