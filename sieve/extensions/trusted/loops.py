"""vnd.stalwart.while: ``while``, and ``continue``; ``break`` is that of foreverypart."""

from __future__ import annotations

from typing import NoReturn

from sieve.coercion import Typed
from sieve.errors import ScriptError
from sieve.extensions.foreverypart import LOOPS
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("vnd.stalwart.while", "sieve/README.md", implies=["vnd.stalwart.expressions", "foreverypart"])


@extension.command(Param("condition", "formula"), block="while")
def while_(run: Run, condition: Typed) -> bool:
    """Go through the block as long as the expression is true; each pass costs a step."""
    return bool(condition)


@extension.command(traits=["ends"], inline="continue")
def continue_(run: Run) -> NoReturn:
    """Go on with the next pass of the innermost loop."""
    raise ScriptError("continue outside of a loop")


@extension.check("continue")
def _within_a_loop(site: Site) -> None:
    if not LOOPS & set(site.within):
        site.report("the continue command makes sense in a loop only", "control", hint="while, or foreverypart")
