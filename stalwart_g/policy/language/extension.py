"""``vnd.stalwart_g.policy``: the extension that the modules beside this one fill, and what they share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from sieve.runtime import Run
from sieve.spec import Extension, Site
from stalwart_g.policy.host import PolicyHost
from stalwart_g.policy.kinds import Names
from stalwart_g.policy.schema import Stage

REFERENCE = "etc/policy/README.md"

extension = Extension("vnd.stalwart_g.policy", REFERENCE, implies=["environment", "variables"])


def settings_of(stage: Stage, tables: Collection[str], names: Names) -> Mapping[str, Any]:
    """The settings of a stage's dialect, for the checks."""
    return {"stage": stage, "tables": frozenset(tables), "names": names}


def stage_of(site: Site) -> Stage:
    """The stage that a script is compiled for."""
    return cast("Stage", site.settings["stage"])


def host_of(run: Run) -> PolicyHost:
    """Policy scripts run in our own hosts only."""
    return cast("PolicyHost", run.host)
