"""What a run did, step by step: which lines, what was compared with what, what was set and queued. Holds no times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from sieve.coercion import Typed, text_of
from sieve.errors import NOWHERE, Place

T = TypeVar("T")
Condition = tuple[Any, ...]  # ("allof", inner, ...), or ("test", line, column) for one that was compared
_SHOWN_VALUES = 8


@dataclass(slots=True)
class Around:
    """What a step stands in: a branch of an if chain, or a script that another one has included.

    ``branches`` are name, line, column and condition of each branch; ``taken`` is the one that was entered, or None.
    ``step`` is the include.
    """

    name: str  # of the script
    outer: Around | None
    depth: int = -1
    branches: tuple[tuple[str, int, int, Condition | None], ...] = ()
    step: Step | None = None
    taken: int | None = None


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
    around: Around | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.place.line or '-':>4}  {'  ' * self.depth}{self.told()}"

    def told(self) -> str:
        """The step without its line."""
        line = self.name
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
        every = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("place", "around")}
        every |= {"script": self.place.name, "line": self.place.line, "column": self.place.column}
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
    chains: list[Around] = field(default_factory=list)  # each if chain that was reached
    _open: list[Around] = field(default_factory=list)
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
        around = self._around(depth + (op == "test"))
        self._step = Step(self._at, depth, op, name, around=around)
        self.steps.append(self._step)
        return self._step

    def end(self, step: Step, result: T) -> T:
        step.result = bool(result)
        return result

    def choose(self, place: tuple[str, int, int], depth: int, branches: tuple[Any, ...]) -> None:
        """An if chain begins."""
        chain = Around(place[0], self._around(depth), depth, branches)
        self._open.append(chain)
        self.chains.append(chain)

    def enter(self, depth: int, branch: int) -> None:
        """A branch of it is taken."""
        chain = self._around(depth + 1)
        assert chain is not None
        chain.taken = branch

    def leave(self, depth: int) -> None:
        """It ends."""
        self._around(depth)

    def _around(self, depth: int) -> Around | None:
        """What is around something so deep; what is as deep itself, or deeper, has ended, perhaps by a jump."""
        opened = self._open
        while opened and opened[-1].depth >= depth:
            opened.pop()
        return opened[-1] if opened else None

    def seen(self, name: str, value: T) -> T:
        """Add to the command or test under way a part of its expression."""
        if self._step is not None:
            shown: Any = int(value) if isinstance(value, bool) else value
            if self._step.terms is None:
                self._step.terms = {}
            self._step.terms[name] = shown
        return value

    # -- called by the run

    @contextmanager
    def included(self) -> Iterator[None]:
        """Another script is under way, within the command that has just begun."""
        outer, step = self._open, self._step
        self._open = [Around("", outer[-1] if outer else None, step=step)]
        try:
            yield
        finally:
            self._open = outer

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
        around = self._open[-1] if self._open else None
        self.steps.append(Step(self._at, self._depth + 1, op, name, text=text, around=around))
