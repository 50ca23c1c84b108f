"""vnd.stalwart.expressions: ``let``, ``eval``, and typed values. The functions are in the modules beside this one."""

from __future__ import annotations

from sieve.coercion import Typed
from sieve.extensions.variables import modifier
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("vnd.stalwart.expressions", "sieve/README.md", types=True, interpolates=True)
obsolete = Extension("vnd.stalwart.execute", "sieve/README.md")
"""Once a command; a script may still require it."""

extension.removed |= {
    "foreveryline": "use lines() and while",
    "execute": "use the function exec(path, [arguments])",
    "exec": 'it is a function now: eval "exec(path, [arguments])";',
    "bayes_classify": 'it is a function: let "x" "bayes_classify(...)";',
    "bayes_train": 'it is a function: eval "bayes_train(...)";',
    "lookup_map": 'it is a function: let "x" "lookup_map(...)";',
}

_EXPRESSION = Param("expression", "formula")


@extension.command(Param("name", "variable"), _EXPRESSION, traits=["sets"], inline="store")
def let(run: Run, name: str, value: Typed) -> None:
    """Set a variable to the value of an expression, whatever its type."""
    run.set(name, value)


@extension.command(_EXPRESSION, inline="store")
def eval_(run: Run, value: Typed) -> None:
    """Work out an expression for what its functions do."""


@extension.test(_EXPRESSION, inline="truth")
def eval__(run: Run, value: Typed) -> bool:
    """Is the value of an expression true?"""
    return bool(value)


def _replaced(text: str, find: str, substitute: str) -> str:
    return text.replace(find, substitute) if find else text


modifier(extension, "replace", "replace", _replaced, Param("text to find"), Param("text to put there"))
extension.tag("local", "set")
