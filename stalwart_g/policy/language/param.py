"""``param "name" value``: set one of the stage's parameters; the last value counts."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.errors import ScriptError
from sieve.runtime import Run
from sieve.spec import Param, Site, suggestion
from stalwart_g.policy.language.extension import extension, host_of, stage_of
from stalwart_g.policy.schemas import STAGES


@extension.command(Param("parameter name", constant=True), Param("value", "texts"))
def param(run: Run, name: str, texts: Sequence[str]) -> None:
    host, name = host_of(run), name.lower()
    try:
        host.params[name] = host.stage.takes[name].kind.read(tuple(texts), host.world.names)
    except ValueError as error:
        raise ScriptError(f"parameter '{name}' {error}") from None


@extension.check("param")
def _judge(site: Site) -> None:
    stage, name, texts = stage_of(site), str(site.constant(0)).lower(), site.constant(1)
    parameter = stage.takes.get(name)
    if parameter is None:
        site.report(f"stage {stage.name} has no parameter '{name}'", "param", at=0, hint=_hint(name, stage.takes))
        return
    try:
        if texts is not None:
            parameter.kind.read(texts, site.settings["names"])
    except ValueError as error:
        site.report(f"parameter '{name}' {error}", "param", at=1)


def _hint(name: str, known: Sequence[str] | object) -> str:
    near = suggestion(name, known)  # type: ignore[arg-type]
    others = [stage.name for stage in STAGES.values() if name in stage.takes]
    return near or (f"it belongs to {', '.join(others)}" if others else "")
