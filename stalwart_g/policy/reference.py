"""The tables of facts, parameters and actions in the README of the scripts, made of the schemas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stalwart_g.policy.kinds import Value
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.schemas.actions import ALWAYS

MARK = "<!-- From here on made by tools/policy_reference.py out of stalwart_g/policy/schemas: edit there. -->"

_LATER = " (later)"


def updated(readme: str) -> str:
    """The README with its tables as the schemas are now; what stands before the mark is kept.

    Raises:
        ValueError: there is no mark in it.
    """
    before, mark, _ = readme.partition(MARK)
    if not mark:
        raise ValueError(f"no mark {MARK!r} in the text")
    return f"{before}{MARK}\n\n{reference()}"


def reference() -> str:
    """All stages, in the order of a mail's way."""
    return "\n\n".join(map(_stage, STAGES.values())) + "\n"


def _stage(stage: Stage) -> str:
    actions = " ".join(f"`{name}`" for name in sorted(stage.actions - ALWAYS)) or "none"
    parts = [f"## {stage.name}", stage.about, f"Actions beside those of every stage: {actions}."]
    if stage.envelope:
        parts.append(f"`setenvelope` sets: {' '.join(f'`{part}`' for part in sorted(stage.envelope))}.")
    parts.append(_sees(stage))
    parts.append(_table(("fact", "type", "meaning"), map(_fact, stage.facts)))
    if stage.parameters:
        parts.append(_table(("parameter", "type", "at first", "meaning"), map(_parameter, stage.parameters)))
    return "\n\n".join(parts)


def _sees(stage: Stage) -> str:
    earlier = _names(stage.after)
    if not earlier:
        return "Its facts:"
    if stage.in_queue:
        return f"Its facts, beside those of {earlier} that the queue keeps (⚑):"
    return f"Its facts, beside all of {earlier}:"


def _names(stages: Sequence[Stage]) -> str:
    """These stages and all before them."""
    names: dict[str, None] = {}
    for stage in stages:
        names |= dict.fromkeys(_names(stage.after).split(", ")) | {stage.name: None}
    return ", ".join(filter(None, names))


def _fact(fact: Fact) -> tuple[str, ...]:
    marks = " ~" * fact.lazy + " ⚑" * fact.kept + _LATER * fact.planned
    return f"`{fact.name}`{marks}", fact.type, fact.about


def _parameter(parameter: Parameter) -> tuple[str, ...]:
    first = _shown(parameter.initial) if parameter.initial is not None else ""
    if parameter.configured:
        first = f"`{parameter.configured}`"
    return (
        f"`{parameter.name}`{_LATER * parameter.planned}",
        parameter.kind.label.replace("|", "\\|"),
        first,
        parameter.about,
    )


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "1" if value else "empty"
    return str(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)
