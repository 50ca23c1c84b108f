"""extracttext (RFC 5703 section 7): the text of the part under way into a variable."""

from __future__ import annotations

from typing import Any

from sieve.extensions.variables import changed
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("extracttext", "RFC 5703 section 7")
extension.tag("first", "extracttext", keyword="characters", param=Param("number of characters", "number"))


@extension.command(Param("variable name", "variable"), traits=["sets", "modified"])
def extracttext(run: Run, name: str, *, characters: int | None = None, **modifiers: Any) -> None:
    """Set a variable to the decoded text, or the first characters of it; it is empty where there is no good text."""
    text = _text(run)[:characters]
    run.set(name, changed(text, modifiers) if modifiers else text)


def _text(run: Run) -> str:
    part = run.inner_part
    if part is None or part.type != "text":
        return ""
    run.charge(len(part.body))
    return "" if part.is_damaged else part.text


@extension.check("extracttext")
def _has_a_part_and_a_variable(site: Site) -> None:
    if "foreverypart" not in site.within:
        site.report("the extracttext command is not placed inside a foreverypart loop", "control")
    if "variables" not in site.active:
        site.report("the extracttext command needs the capability 'variables'", "require", at=0)
