"""What a run did, step by step: which lines, what was compared with what, what was set and queued. Holds no times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from sieve.coercion import Typed, text_of
from sieve.errors import NOWHERE, Place

T = TypeVar("T")
_SHOWN_VALUES = 8


@dataclass(slots=True)
class Step:
    """One line of a trace. ``op`` is ``command``, ``test``, ``set``, ``action``, ``note`` or ``error``."""

    place: Place
    depth: int
    op: str
    name: str
    values: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    captures: tuple[str, ...] = ()
    result: Any = None
    text: str = ""
    value: Typed | None = None  # what was set, if it is no text
    terms: dict[str, Typed] | None = None  # parts of an expression, and what they came to

    def __str__(self) -> str:
        line = f"{self.place.line or '-':>4}  {'  ' * self.depth}{self.name}"
        if self.op == "set":
            return f"{line} <- {_shown(self.text if self.value is None else self.value)}"
        if self.values is not None:
            line += f" {_quoted(self.values)} with {_quoted(self.keys or ())}"
        if self.op == "test":
            line += f" -> {_WORDS.get(self.result, self.result)}"
        terms = "  ".join(f"{name}={_shown(value)}" for name, value in (self.terms or {}).items())
        captured = " ".join(f'{number}="{text}"' for number, text in enumerate(self.captures))
        return "  ".join(part for part in (line, self.text, captured, terms) if part)

    def as_dict(self) -> dict[str, Any]:
        """The form for programs: only what is there."""
        every = asdict(self) | {"script": self.place.name, "line": self.place.line, "column": self.place.column}
        del every["place"]
        return {key: value for key, value in every.items() if value not in (None, "", ())}


_WORDS = {True: "yes", False: "no", None: "not finished"}


def _shown(value: Typed) -> str:
    if isinstance(value, tuple):
        shown = [_shown(item) for item in value[:_SHOWN_VALUES]]
        return f"[{', '.join(shown)}{', ...' if len(value) > _SHOWN_VALUES else ''}]"
    return f'"{value}"' if isinstance(value, str) else text_of(value)


def _quoted(texts: Sequence[str]) -> str:
    shown = [f'"{text}"' for text in texts[:_SHOWN_VALUES]]
    return f"[{', '.join(shown)}{', ...' if len(texts) > _SHOWN_VALUES else ''}]"


@dataclass(slots=True)
class Trace:
    """All steps of a run, in order. ``str`` shows them to people; two runs over the same facts give the same trace."""

    steps: list[Step] = field(default_factory=list)
    _at: Place = NOWHERE
    _depth: int = 0
    _step: Step | None = None

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))

    def as_dicts(self) -> list[dict[str, Any]]:
        return [step.as_dict() for step in self.steps]

    def lines(self, name: str) -> set[int]:
        """The lines of a script that were reached."""
        return {step.place.line for step in self.steps if step.place.name == name and step.op in ("command", "test")}

    # -- called by compiled code

    def begin(self, op: str, place: tuple[str, int, int], depth: int, name: str) -> Step:
        self._at, self._depth = Place(*place), depth
        self._step = Step(self._at, depth, op, name)
        self.steps.append(self._step)
        return self._step

    def end(self, step: Step, result: T) -> T:
        step.result = bool(result)
        return result

    def seen(self, name: str, value: T) -> T:
        """Add to the command or test under way a part of its expression."""
        if self._step is not None:
            shown: Any = int(value) if isinstance(value, bool) else value
            if self._step.terms is None:
                self._step.terms = {}
            self._step.terms[name] = shown
        return value

    # -- called by the run

    def compared(self, values: Sequence[str], keys: Sequence[str], hit: object, captures: Sequence[str]) -> None:
        """Add to the test under way what it compared; captures are there only after a match."""
        step = self.steps[-1]
        step.values, step.keys, step.captures = tuple(values), tuple(keys), tuple(captures)

    def variable(self, name: str, value: Typed) -> None:
        self._add("set", f"set {name}", value if isinstance(value, str) else "")
        self.steps[-1].value = None if isinstance(value, str) else value

    def action(self, text: str, number: int, *, keep: bool) -> None:
        self._add("action", f"queued #{number}", f"{text}, implicit keep {'on' if keep else 'off'}")

    def note(self, text: str, below: Step | None = None) -> None:
        """For extensions: anything worth knowing, of the command or test under way or of one that has begun before."""
        if below is not None:
            self._at, self._depth = below.place, below.depth
        self._add("note", "note", text)

    def error(self, place: Place, text: str) -> None:
        self._at = place
        self._add("error", "error", text)

    def _add(self, op: str, name: str, text: str) -> None:
        self.steps.append(Step(self._at, self._depth + 1, op, name, text=text))
