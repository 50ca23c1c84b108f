"""When to stop: at breakpoints, and where a step ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sieve.errors import NOWHERE, Place

Step = Literal["go", "into", "over", "out"]

_CONDITION = re.compile(r"\s*(?:\$\{([\w.]+)\}|([A-Za-z_][\w.]*))\s*(==|!=)\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+))\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """A variable equals a text, or not."""

    name: str
    text: str
    equal: bool

    def holds(self, value: Callable[[str], str]) -> bool:
        return (value(self.name) == self.text) is self.equal


def condition(text: str) -> Condition:
    """``name == "text"``, or with ``!=``; the name may stand as ``${name}``.

    Raises:
        ValueError: it is something else.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ValueError('a condition is: name == "text", or name != "text"')
    wanted = next((each for each in found.group(4, 5, 6) if each is not None), "")
    return Condition((found[1] or found[2]).lower(), wanted, found[3] == "==")


Breakpoints = Mapping[int, Condition | None]


@dataclass(slots=True)
class Stepper:
    """``breakpoints``: by the name of the script, then by line."""

    breakpoints: dict[str, Breakpoints] = field(default_factory=dict)
    step: Step = "go"
    pausing: bool = False
    _from: tuple[str, int] = ("", 0)  # where the step began
    _depth: int = 0
    _last: Place = NOWHERE

    def begin(self, step: Step, place: Place, depth: int) -> None:
        self.step, self._from, self._depth, self.pausing = step, (place.name, place.line), depth, False

    def reason(self, place: Place, depth: int, value: Callable[[str], str]) -> str:
        """Why to stop here: ``breakpoint``, ``step``, ``pause``; or nothing."""
        arrives = place[:2] != self._last[:2] or place.column <= self._last.column
        self._last = place
        if self.pausing:
            return "pause"
        if arrives and self._is_breakpoint(place, value):
            return "breakpoint"
        return "step" if self._is_end(place, depth, arrives=arrives) else ""

    def _is_breakpoint(self, place: Place, value: Callable[[str], str]) -> bool:
        lines = self.breakpoints.get(place.name, {})
        if place.line not in lines:
            return False
        wanted = lines[place.line]
        return wanted is None or wanted.holds(value)

    def _is_end(self, place: Place, depth: int, *, arrives: bool) -> bool:
        if self.step == "go" or (self.step == "over" and depth > self._depth):
            return False
        if self.step == "out":
            return depth < self._depth
        return depth != self._depth or place[:2] != self._from or arrives
