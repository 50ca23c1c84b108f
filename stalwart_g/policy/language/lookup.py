"""``lookup :table T [:value "variable"] key``: ask a table of the configuration. ``${lookup.error}`` says why not."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.runtime import Run
from sieve.spec import Param, Site, suggestion
from stalwart_g.policy.language.extension import extension, host_of

extension.tag("table", "lookup", "remember", param=Param("table", constant=True))
extension.tag("value", "lookup", param=Param("variable name", "variable"))


@extension.test(Param("keys", "texts"), requires=["table"])
def lookup(run: Run, keys: Sequence[str], *, table: str, value: str | None = None) -> bool:
    """True when a key is there; of several, the first that is. When nobody can tell, false, with an error."""
    host = host_of(run)
    for key in keys:
        found = host.look_up(table, key)
        if found.present:
            if value is not None:
                run.set(value, found.value)
            return True
        if found.error:
            return False
    return False


@extension.check("lookup")
def _table(site: Site) -> None:
    tables, table = site.settings["tables"], site.constant("table")
    if table not in tables:
        hint = suggestion(str(table), tables) or f"a [policy.table.{table}] in the configuration would make it"
        site.report(f"there is no table '{table}'", "table", at="table", hint=hint)


def _item(site: Site, item: str) -> None:
    if item != "error":
        site.report(f"unknown reference '${{lookup.{item}}}'", "namespace", hint="did you mean '${lookup.error}'?")


@extension.namespace("lookup", _item)
def last(run: Run, item: str) -> str:
    """``${lookup.error}``: why the last look-up could not be answered; empty if it could."""
    return host_of(run).lookup_error
