"""Why a run came to its actions: for each the conditions around it, what they compared, and where values came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sieve.engine import Result
from sieve.trace import Around, Condition, Step, Trace

_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_CONTROL = re.compile(r"(?:if|elsif) ")
_JOINED = {"allof": "all of", "anyof": "any of"}
_WORDS = {True: "yes", False: "no", None: "not asked"}
_VALUES_DEEP = 8  # values that come from values


Tests = dict[tuple[int, int, int], Step]  # by what is around them, line and column
_Seen = tuple[Around, Tests]


@dataclass(frozen=True, slots=True)
class Reason:
    """A line of an explanation, and what explains it. ``value`` is the same for programs."""

    text: str
    value: dict[str, Any]
    because: list[Reason] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        if not self.because or "condition" in self.value:  # a condition holds its parts itself
            return self.value
        return {**self.value, "because": [each.as_dict() for each in self.because]}

    def lines(self, margin: str = "") -> Iterator[str]:
        """As a tree."""
        yield self.text
        for number, each in enumerate(self.because, 1):
            is_last = number == len(self.because)
            first, *rest = each.lines()
            yield f"{margin}{'└─' if is_last else '├─'} {first}"
            yield from (f"{margin}{'   ' if is_last else '│  '}{line}" for line in rest)


def of_actions(result: Result) -> list[list[Reason]]:
    """What led to each action of a traced run, in their order; nothing for what the script did not queue itself."""
    trace = _trace(result)
    queued = [place for place, step in enumerate(trace.steps) if step.op == "action"]
    if result.error is not None:
        kept = "the script failed: what it had decided before does not count"
        return [[Reason(kept, {"what": "failed"})] for _ in result.actions]
    found = [_led_to(trace, place) for place in queued]
    rest = len(result.actions) - len(found)
    unmoved = "nothing that was decided takes the place of it"
    return [*found, *([Reason(unmoved, {"what": "implicit"})] for _ in range(rest))]


def of_error(result: Result) -> list[Reason]:
    """What led to the place where a traced run failed."""
    return _led_to(_trace(result), len(_trace(result).steps) - 1)


def not_applied(result: Result) -> list[Reason]:
    """The if chains that were reached, and none of whose branches was taken."""
    trace, tests = _trace(result), _tests(_trace(result))
    return [reason for chain in trace.chains if chain.taken is None for reason in _branches(chain, tests)]


def _trace(result: Result) -> Trace:
    assert result.trace is not None, "the run was not traced"
    return result.trace


def _led_to(trace: Trace, place: int) -> list[Reason]:
    begun = next((each for each in range(place - 1, -1, -1) if trace.steps[each].op == "command"), None)
    if begun is None:
        return []
    command, tests = trace.steps[begun], _tests(trace)
    around = [reason for each in _outermost_first(command.around) for reason in _around(each, tests)]
    return [*around, *_values(trace.steps[:begun], command.name)]


def _outermost_first(around: Around | None) -> list[Around]:
    found: list[Around] = []
    while around is not None:
        found.append(around)
        around = around.outer
    return found[::-1]


def _tests(trace: Trace) -> Tests:
    """The steps of conditions."""
    tests = (step for step in trace.steps if step.op == "test" and step.around is not None)
    return {(id(step.around), step.place.line, step.place.column): step for step in tests}


def _around(around: Around, tests: Tests) -> list[Reason]:
    if around.step is not None:
        step = around.step
        value = {"what": "include", "script": step.place.name, "line": step.place.line, "command": step.name}
        return [Reason(f"{step.name}, line {step.place.line}", value)]
    return _branches(around, tests)


def _branches(chain: Around, tests: Tests) -> list[Reason]:
    """The branches up to the one that was taken."""
    seen = chain.branches if chain.taken is None else chain.branches[: chain.taken + 1]
    return [_branch((chain, tests), *branch) for branch in seen]


def _branch(seen: _Seen, name: str, line: int, column: int, condition: Condition | None) -> Reason:
    value = {"what": name, "script": seen[0].name, "line": line, "column": column}
    if condition is None:
        return Reason(f"{name}, line {line}", value)
    inner = _condition(seen, condition)
    return Reason(f"{name}, line {line}: {inner.text}", value | {"condition": inner.as_dict()}, inner.because)


def _condition(seen: _Seen, condition: Condition) -> Reason:
    op, *inner = condition
    if op == "test":
        return _test(seen, *inner)
    reasons = [_condition(seen, each) for each in inner]
    answer = _answer(seen, condition)
    value = {"what": op, "result": answer}
    if op == "not" and not reasons[0].because:
        return Reason(f"not ({reasons[0].text}) -> {_WORDS[answer]}", value | {"because": [reasons[0].value]})
    return Reason(f"{_JOINED.get(op, op)} -> {_WORDS[answer]}", value, reasons)


def _answer(seen: _Seen, condition: Condition) -> bool | None:
    """What a condition gave; None: nobody asked."""
    op, *inner = condition
    if op == "test":
        step = seen[1].get((id(seen[0]), *inner))
        return None if step is None else bool(step.result)
    if op in ("true", "false"):
        return bool(op == "true")
    answers = [_answer(seen, each) for each in inner]
    if op == "not":
        return None if answers[0] is None else not answers[0]
    decisive = bool(op == "anyof")
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _test(seen: _Seen, line: int, column: int) -> Reason:
    step = seen[1].get((id(seen[0]), line, column))
    if step is None:
        return Reason(f"the test in line {line}, column {column}: not asked", {"what": "test", "line": line})
    value = {key: value for key, value in step.as_dict().items() if key not in ("op", "depth")}
    value["name"] = _CONTROL.sub("", step.name, count=1)
    return Reason(_CONTROL.sub("", step.told(), count=1), {"what": "test", **value})


def _values(before: Sequence[Step], text: str, depth: int = 0) -> list[Reason]:
    """Where the values came from that a command refers to."""
    names = list(dict.fromkeys(_REFERENCE.findall(text))) if depth < _VALUES_DEEP else []
    return [reason for name in names for reason in (_captured if name.isdigit() else _set)(before, name, depth)]


def _captured(before: Sequence[Step], name: str, depth: int) -> list[Reason]:
    for step in reversed(before):
        if step.captures:
            text = step.captures[int(name)] if int(name) < len(step.captures) else ""
            value = {"what": "capture", "name": name, "value": text, "line": step.place.line}
            return [Reason(f'${{{name}}} is "{text}", line {step.place.line}', value)]
    return []


def _set(before: Sequence[Step], name: str, depth: int) -> list[Reason]:
    for place in range(len(before) - 1, -1, -1):
        step = before[place]
        if step.op == "set" and step.name == f"set {name}":
            command = next((each for each in reversed(before[:place]) if each.op in ("command", "test")), step)
            shown = step.told().removeprefix(f"set {name} <- ")
            value = {"what": "variable", "name": name, "value": step.text if step.value is None else step.value}
            value |= {"line": step.place.line, "command": command.name}
            inner = _values(before[:place], command.name, depth + 1)
            return [Reason(f"${{{name}}} is {shown}, line {step.place.line}: {command.name}", value, inner)]
    return []
