"""What the server knows when a stage's script runs: plain values, and functions that find out when asked.

The facts of a stage lie on top of those of the stages before it. What was found out once stays found out, for all later
stages; what a script has read is remembered in order, for the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Value = str | int | bool | float | Sequence[str]
Question = Callable[[], Value]
Texts = tuple[str, ...]

ABSENT: Texts = ("",)
"""What a script sees of a fact that nobody knows, and of an empty list."""


def _at_once(question: Question) -> Value:
    return question()


class Facts:
    """The facts of one stage over those of its ``parent``. Make new ones for each run of a script.

    Attributes:
        reads: the facts that were read, in order, as the script saw them.
    """

    __slots__ = ("_values", "parent", "reads")

    def __init__(self, values: Mapping[str, Value | Question], parent: Facts | None = None) -> None:
        self._values: dict[str, Value | Question] = dict(values)
        self.parent = parent
        self.reads: dict[str, Texts] = {}

    def get(self, name: str, ask: Callable[[Question], Value] = _at_once) -> Value:
        """The value; a lazy one is computed now, and once. An unknown one is the empty text.

        Args:
            ask: calls the function of a lazy fact.

        Raises:
            whatever that function raises; it is asked again the next time.
        """
        layer: Facts | None = self
        while layer is not None:
            value = layer._values.get(name)
            if value is not None:
                if callable(value):
                    value = layer._values[name] = ask(value)
                return value
            layer = layer.parent
        return ""

    def texts(self, name: str, ask: Callable[[Question], Value] = _at_once) -> Texts:
        """The value as scripts see it: one text, or those of a list. It counts as read."""
        known = self.reads.get(name)
        if known is None:
            value = self.get(name, ask)
            known = self.reads[name] = (value,) if type(value) is str else texts_of(value)
        return known


def texts_of(value: Value) -> Texts:
    """The text form of a value: true is ``1``, false is empty, numbers are decimal; never an empty tuple."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, bool):
        return ("1",) if value else ABSENT
    if isinstance(value, int):
        return (str(value),)
    if isinstance(value, float):
        return (str(int(value)) if value.is_integer() else str(value),)
    return tuple(map(str, value)) or ABSENT
