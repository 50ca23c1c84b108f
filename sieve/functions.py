"""Functions that expressions may call. How one is called, its signature says: that of a plain Python function.

``str`` takes a text (numbers are spelled, the items of an array joined), ``int`` and ``float`` numbers, ``Array`` an
array, ``Typed`` any value as it is. Who wants the run takes it first, as ``run``; such a function is never worked out
before a script runs. A default makes an argument optional. ``bool`` answers become 1 and 0.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sieve.coercion import Array, Typed, array_of, integer_of, number_of, size_of, text_of, typed
from sieve.operators import FREE_OCTETS, Kind, Payer, array

_FREE_ITEMS = FREE_OCTETS // 8

Taker = Callable[[Payer, Typed], Any]


def _text(run: Payer, value: Typed) -> str:
    text = value if type(value) is str else text_of(value)
    if len(text) > FREE_OCTETS:
        run.charge(len(text))
    return text


def _array(run: Payer, value: Typed) -> Array:
    items = array_of(value)
    if len(items) > _FREE_ITEMS:
        run.charge(size_of(items))
    return items


def _any(run: Payer, value: Typed) -> Typed:
    if type(value) is str:
        if len(value) > FREE_OCTETS:
            run.charge(len(value))
    elif isinstance(value, tuple) and len(value) > _FREE_ITEMS:
        run.charge(size_of(value))
    return value


_TAKERS: dict[str, tuple[str, Taker]] = {
    "str": ("text", _text),
    "int": ("integer", lambda run, value: value if type(value) is int else integer_of(value)),
    "float": ("number", lambda run, value: number_of(value)),
    "Array": ("array", _array),
    "Typed": ("value", _any),
}
_RESULTS: dict[str, Kind] = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "text",
    "Array": "array",
    "Typed": "any",
}


@dataclass(frozen=True, slots=True)
class Function:
    """One line of the table. ``call`` takes the run, then what the script gave, of whatever type.

    ``maps``: given an array first, it is applied to each item. ``pure``: it needs nothing but its arguments.
    """

    name: str
    labels: tuple[str, ...]
    required: int
    result: Kind
    call: Callable[..., Any]
    capability: str
    reference: str
    maps: bool
    pure: bool
    about: str

    def __str__(self) -> str:
        """As the reference page shows it: ``split(text: text, separator: text)``."""
        optional = [f"[{label}]" if place >= self.required else label for place, label in enumerate(self.labels)]
        return f"{self.name}({', '.join(optional)})"

    @property
    def counted(self) -> str:
        """How many arguments it takes, in words."""
        few, many = self.required, len(self.labels)
        number = str(many) if few == many else f"{few} to {many}"
        return f"{number} argument{'' if number == '1' else 's'}"


def declared(function: Callable[..., Any], capability: str, reference: str, *, maps: bool = False) -> Function:
    """A line of the table from a Python function, which it is named after."""
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    pure = not parameters or parameters[0].name != "run"
    takes = [_TAKERS[str(each.annotation)] for each in parameters[not pure :]]
    labels = [f"{each.name}: {label}" for each, (label, _) in zip(parameters[not pure :], takes, strict=True)]
    required = sum(each.default is inspect.Parameter.empty for each in parameters[not pure :])
    result = _RESULTS[str(signature.return_annotation)]
    takers = tuple(taker for _, taker in takes)
    call = _taking(_without_run(function) if pure else function, takers)
    if result == "any" and not pure:
        call = _answering(call)
    if result == "array":
        call = _bounded(call)
    if maps:
        call, result = _mapping(call), "any"
    about = (inspect.getdoc(function) or "").split("\n", 1)[0]
    name = function.__name__.rstrip("_")
    return Function(name, tuple(labels), required, result, call, capability, reference, maps, pure, about)


def _without_run(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda run, *arguments: function(*arguments)


def _taking(function: Callable[..., Any], takers: tuple[Taker, ...]) -> Callable[..., Any]:
    """The function behind its takers; the usual numbers of arguments without a loop."""
    if len(takers) == 1:
        (take,) = takers
        return lambda run, value="": function(run, take(run, value))
    if len(takers) == 2:
        first, second = takers
        return lambda run, left, *right: function(run, first(run, left), *(second(run, each) for each in right))

    def call(run: Payer, *arguments: Typed) -> Any:
        return function(run, *(take(run, value) for take, value in zip(takers, arguments, strict=False)))

    return call


def _answering(call: Callable[..., Any]) -> Callable[..., Any]:
    """What the world answers may be anything."""
    return lambda run, *arguments: typed(call(run, *arguments))


def _bounded(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda run, *arguments: array(run, call(run, *arguments))


def _mapping(call: Callable[..., Any]) -> Callable[..., Any]:
    def mapped(run: Payer, value: Typed, *more: Typed) -> Typed:
        if isinstance(value, tuple):
            return tuple(_plain(call(run, item, *more)) for item in value)
        return _plain(call(run, value, *more))

    return mapped


def _plain(value: Typed) -> Typed:
    return int(value) if isinstance(value, bool) else value
