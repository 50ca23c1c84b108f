"""ihave (RFC 5463): use what is there, and leave alone what is not; ``error`` gives up.

Which capabilities there are is known when a script is checked, so that is when ``ihave`` is answered. Where it is true
they are switched on from there on. Where it is false, words that only the missing ones would explain are no faults of
the script any more, but errors of a run that reaches them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from sieve.errors import ScriptError
from sieve.runtime import Run
from sieve.spec import UNSUPPORTED, Extension, Param, Site, Spec

extension = Extension("ihave", "RFC 5463")


def _available(site: Site) -> bool:
    return site.have(site.constant(0))


@extension.test(Param("capabilities", "texts", constant=True), decide=_available)
def ihave(run: Run, capabilities: Sequence[str], *, decided: bool) -> bool:
    """Are all of them there? One that changes the meaning of strings must have been required (section 4)."""
    return decided


@extension.command(Param("message"), traits=["ends"])
def error(run: Run, message: str) -> NoReturn:
    """End in an error: what was decided so far does not count, the mail is kept (section 5)."""
    raise ScriptError(message)


def _unsupported(run: Run, fault: str) -> NoReturn:
    raise ScriptError(fault)


extension.specs += [
    Spec("command", UNSUPPORTED, (Param("fault"),), _unsupported, "ihave", "RFC 5463 section 4", frozenset()),
    Spec("test", UNSUPPORTED, (Param("fault"),), _unsupported, "ihave", "RFC 5463 section 4", frozenset()),
]
