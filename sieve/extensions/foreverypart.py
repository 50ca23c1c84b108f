"""foreverypart (RFC 5703 section 3): go through the parts of the message; ``break`` out of it.

What is asked about the part under way is in ``Run.inner_part``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from sieve.errors import ScriptError
from sieve.message import Part
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site, suggestion

extension = Extension("foreverypart", "RFC 5703 section 3")
LABEL = Param("name", constant=True)
LOOPS = frozenset({"while", "foreverypart"})

extension.tag("name", "foreverypart", "break", keyword="label", param=LABEL)


@extension.command(block="for")
def foreverypart(run: Run, *, label: str = "") -> Iterator[Part]:
    """The message and all its parts, each before those in it; within another such loop, what is in the part under way.

    What an edit has replaced is left out, and so is what it has put there.
    """
    outer = run.inner_part
    begun = run.trace.steps[-1] if run.trace is not None else None
    try:
        for part in _walk(run, outer):
            run.inner_part = part
            if run.trace is not None:
                run.trace.note(shown(part), begun)
            yield part
    finally:
        run.inner_part = outer


def _walk(run: Run, outer: Part | None) -> Iterator[Part]:
    waiting = [run.message.root] if outer is None else [*reversed(outer.children)]
    while waiting:
        part = waiting.pop()
        if run.message.has(part):
            yield part
            waiting += reversed(part.children)


def shown(part: Part) -> str:
    """A part for traces: its place, counted from 1, what it is, and its file name."""
    place = ".".join(str(number + 1) for number in part.path) or "0"
    name = f' "{part.filename}"' if part.filename else ""
    return f"part {place}: {part.content_type}{name}"


@extension.command(traits=["ends"], inline="break")
def break_(run: Run) -> NoReturn:
    """Leave the innermost loop, or the innermost one of a name."""
    raise ScriptError("break outside of a loop")


@extension.check("foreverypart")
def _not_too_deep(site: Site) -> None:
    limit = site.limits.nested_loops
    if site.within.count("foreverypart") >= limit:
        site.report(f"foreverypart loops are nested too deeply (more than {limit})", "nesting")


@extension.check("break")
def _within_a_loop(site: Site) -> None:
    if not LOOPS & set(site.within):
        site.report("the break command makes sense in a loop only", "control", hint="foreverypart")
        return
    label = site.constant("label")
    if label is not None and label not in site.labels:
        hint = suggestion(label, filter(None, site.labels))
        site.report(f"there is no loop named '{label}' around the break command", "control", at="label", hint=hint)
