"""The language of policy scripts: Sieve as users have it, and ``vnd.stalwart_g.policy``; one module a command or test.

A newcomer is a module, and a line in the import below. What a stage has, its schema says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from sieve.errors import CompileError, Finding
from sieve.extensions import ALL
from sieve.limits import TRUSTED_LIMITS
from sieve.spec import Dialect
from stalwart_g.policy.kinds import Names
from stalwart_g.policy.language import (
    environment,
    hold,
    limit,
    log,
    lookup,
    note,
    param,
    remember,
    reply,
    setenvelope,
    slot,
    stagecheck,
)
from stalwart_g.policy.language.extension import extension, settings_of
from stalwart_g.policy.schema import Stage

__all__ = [
    "EXTENSIONS", "dialect_of", "environment", "explained", "hold", "limit", "log", "lookup", "note", "param",
    "remember", "reply", "setenvelope", "slot",
]  # fmt: skip

VERSION = 2  # to be raised with every change of what scripts may do: stored code has passed the checks of its time

EXTENSIONS = (
    *(each for each in ALL if each.capability != "environment"),
    environment.environment_extension,
    extension,
)
stagecheck.install(EXTENSIONS)


def dialect_of(stage: Stage, tables: Collection[str] = (), names: Names | None = None) -> Dialect:
    """The language of one stage's scripts: nothing has to be required, and everything is checked against the stage."""
    names = names or {}
    known = sorted((kind, sorted(ids)) for kind, ids in names.items())
    world = repr((VERSION, stage.shape, sorted(tables), known)).encode()
    return Dialect(
        f"policy.{stage.name}.{hashlib.sha256(world).hexdigest()[:16]}",
        EXTENSIONS,
        replace(TRUSTED_LIMITS, cpu_seconds=stage.cpu_seconds),
        trusted=True,
        requires_optional=True,
        settings=settings_of(stage, tables, names),
    )


def explained(error: CompileError) -> CompileError:
    """The same findings; those about words that we could have, but have not, say what to do instead."""
    return CompileError(map(_explained, error.findings))


def _explained(finding: Finding) -> Finding:
    if not finding.code.startswith("unknown-"):
        return finding
    word = finding.source_line[finding.position.column - 1 :].split(None, 1)[:1]
    return replace(finding, hint=stagecheck.PLANNED.get("".join(word).rstrip(";{(").lower(), finding.hint))
