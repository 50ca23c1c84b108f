"""imap4flags (RFC 5232): flags of IMAP, in an internal variable or in variables of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.runtime import Run, flag_list
from sieve.spec import Extension, Param, Site

extension = Extension("imap4flags", "RFC 5232")
_VARIABLE = Param("variable name", "variable", optional=True)
_FLAGS = Param("list of flags", "texts")

extension.tag("flags", "keep", "fileinto", param=_FLAGS)
extension.tag("flags", "fcc", param=_FLAGS, needs="fcc")


def _read(run: Run, variable: str | None) -> tuple[str, ...]:
    return run.flags if variable is None else flag_list([run.get(variable)])


def _write(run: Run, variable: str | None, flags: Sequence[str]) -> None:
    if variable is None:
        run.flags = flag_list(flags)
    else:
        run.set(variable, " ".join(flag_list(flags)))


@extension.command(_VARIABLE, _FLAGS, traits=["flags"])
def setflag(run: Run, variable: str | None, flags: Sequence[str]) -> None:
    _write(run, variable, flags)


@extension.command(_VARIABLE, _FLAGS, traits=["flags"])
def addflag(run: Run, variable: str | None, flags: Sequence[str]) -> None:
    _write(run, variable, (*_read(run, variable), *flags))


@extension.command(_VARIABLE, _FLAGS, traits=["flags"])
def removeflag(run: Run, variable: str | None, flags: Sequence[str]) -> None:
    gone = {flag.lower() for flag in flag_list(flags)}
    _write(run, variable, [flag for flag in _read(run, variable) if flag.lower() not in gone])


@extension.values(Param("variable list", "texts", optional=True), keys="list of flags", traits=["flags"])
def hasflag(run: Run, variables: Sequence[str] | None) -> list[str]:
    """Flags one by one, those of several variables after each other."""
    return [flag for name in variables or (None,) for flag in _read(run, name and name.lower())]


@extension.check("flags")
def _needs_variables(site: Site) -> None:
    if site.use.arguments[0] is not None and "variables" not in site.active:
        site.report(f"the {site.use.spec} needs the capability 'variables' to name a variable", "require", at=0)
