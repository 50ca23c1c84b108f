"""``slot :key K :max N [:scope "session" | "txn" | "delivery"]``: take one of N places; the server gives it back."""

from __future__ import annotations

from sieve.runtime import Run
from sieve.spec import Param, Site
from stalwart_g.policy.language.extension import extension, host_of, stage_of
from stalwart_g.policy.language.limit import positive

extension.tag("max", "slot", param=Param("places", "number", check=positive))
extension.tag("scope", "slot", param=Param("scope", constant=True))


@extension.test(requires=["key", "max"])
def slot(run: Run, *, key: str, max: int, scope: str = "") -> bool:  # noqa: A002  # the tag's name
    """True when there was one, which is ours until the scope ends; or when we have one already."""
    host = host_of(run)
    return host.slot(scope or host.stage.scopes[0], key, max)


@extension.check("slot")
def _scope(site: Site) -> None:
    stage, scope = stage_of(site), site.constant("scope")
    if scope and scope not in stage.scopes:
        hint = " or ".join(stage.scopes)
        site.report(f"stage {stage.name} has no scope '{scope}'", "slot", at="scope", hint=hint)
