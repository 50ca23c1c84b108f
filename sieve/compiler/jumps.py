"""Jumps out of loops: Python leaves the innermost one only, the language any loop around that has a label."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Loop:
    label: str
    is_crossed: bool = False  # does a jump in it go further out?


class Jumps:
    """The loops around a place. Each has a number, 0 the outermost."""

    def __init__(self) -> None:
        self._around: list[_Loop] = []

    @property
    def depth(self) -> int:
        return len(self._around)

    def enter(self, label: str) -> None:
        self._around.append(_Loop(label))

    def leave(self) -> bool:
        """Whether a jump in the loop that ends here goes further out."""
        return self._around.pop().is_crossed

    def outer(self, label: object) -> int | None:
        """The number of the loop that a jump leaves, the innermost with the label; None: the innermost of all."""
        if label is None or self._around[-1].label == label:
            return None
        number = max(number for number, loop in enumerate(self._around) if loop.label == label)
        for loop in self._around[number + 1 :]:
            loop.is_crossed = True
        return number
