"""Facts in scripts: the test ``environment`` (RFC 5183) and ``${env.name}``; ``${env.name.count}`` for lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sieve.runtime import Run
from sieve.spec import Extension, Matching, Param, Site, suggestion
from stalwart_g.policy.facts import ABSENT
from stalwart_g.policy.language.extension import REFERENCE, extension, host_of, stage_of
from stalwart_g.policy.schema import Stage
from stalwart_g.policy.schemas import STAGES

PREFIX = "vnd.stalwart_g."
_ALIASES = {
    "remote-ip": "client.ip",
    "remote-host": "client.ptr",
    "host": "server.name",
    "iprev.result": "client.iprev",
}
_COUNT = ".count"

environment_extension = Extension("environment", REFERENCE)


def fact_name(name: str) -> str:
    """The name of a fact: the formal prefix left out, RFC 5183's own items by our names."""
    name = name.lower().removeprefix(PREFIX)
    return _ALIASES.get(name, name)


def _constant(name: str) -> Callable[[Run], Sequence[str]]:
    """What a test of a constant name compiles to."""
    fact = fact_name(name)
    return lambda run: host_of(run).texts(fact)


def _count(values: Sequence[str]) -> int:
    """A list that is empty, like a fact that nobody knows, is seen as one empty text."""
    return 0 if tuple(values) == ABSENT else len(values)


@environment_extension.values(Param("fact"), stable=True, prepare=_constant, matching=Matching(count=_count))
def environment(run: Run, name: str) -> Sequence[str]:
    """A fact; of a list, any item may match."""
    return host_of(run).environment(fact_name(name)) or ()


@environment_extension.check("environment")
def _tested(site: Site) -> None:
    name = site.constant(0)
    if name is not None:
        _judge(site, fact_name(name), at=0)


def _referred(site: Site, item: str) -> None:
    known = stage_of(site).sees
    if fact_name(item) not in known and item.removesuffix(_COUNT) not in known:
        _judge(site, item)


def _prepared(item: str) -> Callable[[Run], str]:
    """What a reference compiles to: its name is looked at once."""
    name = fact_name(item)
    whole = item.removesuffix(_COUNT)

    def read(run: Run) -> str:
        host = host_of(run)
        return host.text(name) if name in host.stage.sees else str(_count(host.texts(whole)))

    return read


@extension.namespace("env", _referred, prepare=_prepared)
def env(run: Run, item: str) -> str:
    return _prepared(item)(run)


def _judge(site: Site, name: str, *, at: int | None = None) -> None:
    """Report a fact that this stage does not see."""
    stage = stage_of(site)
    if name in stage.sees:
        return
    message, hint = f"unknown fact '{name}'", suggestion(name, stage.sees)
    if name in stage.lost:
        message = f"the queue does not keep the fact '{name}', so stage {stage.name} cannot see it"
        hint = f'an earlier stage can write it down: note :txn "{name}" "${{env.{name}}}";'
    elif not hint and (others := _stages_with(name)):
        message, hint = f"stage {stage.name} does not know the fact '{name}'", f"it belongs to {', '.join(others)}"
    site.report(message, "fact", at=at, hint=hint)


def _stages_with(name: str) -> list[str]:
    def has(stage: Stage) -> bool:
        return any(fact.name == name for fact in stage.facts)

    return [stage.name for stage in STAGES.values() if has(stage)]
