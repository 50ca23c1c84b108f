"""include (RFC 6609): scripts within scripts, ``return``, and variables that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sieve.coercion import Typed
from sieve.errors import LimitExceeded, ScriptError
from sieve.runtime import Return, Run
from sieve.spec import Extension, Param

extension = Extension("include", "RFC 6609")
extension.tag("personal", "include", keyword="location", value="personal")
extension.tag("global", "include", keyword="location", value="global")
extension.tag("once", "include")
extension.tag("optional", "include")


@dataclass(slots=True)
class _Included:
    """Which scripts were included so far, and which are under way."""

    seen: set[tuple[str, str]] = field(default_factory=set)
    open: list[tuple[str, str]] = field(default_factory=list)
    total: int = 0


def _name(name: str) -> str:
    return f"script name '{name}' is invalid" if not name or "/" in name or "\0" in name else ""


@extension.command(Param("script name", constant=True, check=_name))
def include(run: Run, name: str, *, location: str = "personal", once: bool = False, optional: bool = False) -> None:
    state: _Included = run.data.setdefault(_Included, _Included())
    which = (location, name)
    if once and which in state.seen:
        return
    if which in state.open:
        raise ScriptError(f"script '{name}' includes itself")
    found = run.load_script(location, name)
    if found is None:
        if optional:
            return
        raise ScriptError(f"included {location} script '{name}' does not exist")
    _enter(run, state, which)
    try:
        run.call(found[1])
    finally:
        state.open.pop()


def _enter(run: Run, state: _Included, which: tuple[str, str]) -> None:
    state.total += 1
    state.seen.add(which)
    state.open.append(which)
    if len(state.open) > run.limits.includes_nested:
        raise LimitExceeded(f"scripts include each other too deeply (more than {run.limits.includes_nested})")
    if state.total > run.limits.includes_total:
        raise LimitExceeded(f"too many scripts included (more than {run.limits.includes_total})")


@extension.command(traits=["ends"])
def return_(run: Run) -> None:
    """End this script; the one that included it goes on (section 3.3)."""
    raise Return


@extension.command(Param("variables", "globals"))
def global_(run: Run, names: Sequence[str]) -> None:
    """From here on these names mean shared variables; that was done when the script was compiled (section 3.4.1)."""


def _share(run: Run, name: str, value: Typed) -> None:
    run.globals[name] = value


@extension.namespace("global", write=_share)
def shared(run: Run, name: str) -> Typed:
    """``${global.name}`` (section 3.4.2)."""
    return run.globals.get(name, "")
