"""Batches are executed on a stage: changes in memory over what is stored, to be written in one go. Does no I/O.

A batch that fails leaves nothing on the stage, so that many batches share one transaction of a backend and none of them
hurts another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from stalwart_g.store.batch import Add, AssertValue, Batch, Delete, DeletePrefix, NextId, Octets, Operation, Put
from stalwart_g.store.errors import AssertionFailed
from stalwart_g.store.interface import KEY_OCTETS, CommitResult
from stalwart_g.store.limits import check_key, check_number, check_value

AFTER_ALL = b"\xff" * (KEY_OCTETS + 1)
"""No key is as great as this."""


class Stored(Protocol):
    """What a stage stands on."""

    def value(self, key: bytes) -> bytes | None:
        """The value, or None."""

    def number(self, key: bytes) -> int:
        """The value of a counter; 0 if it was never changed."""


class Stage:
    """Changes that are not written yet. First all values under ``cleared`` go, then come ``values`` and ``numbers``."""

    __slots__ = ("_below", "cleared", "numbers", "values")

    def __init__(self, below: Stored) -> None:
        self._below = below
        self.cleared: list[bytes] = []
        self.values: dict[bytes, bytes | None] = {}
        """None: to be deleted."""
        self.numbers: dict[bytes, int] = {}

    def value(self, key: bytes) -> bytes | None:
        if key in self.values:
            return self.values[key]
        if self.cleared and key.startswith(tuple(self.cleared)):
            return None
        return self._below.value(key)

    def number(self, key: bytes) -> int:
        found = self.numbers.get(key)
        return self._below.number(key) if found is None else found

    def clear(self, prefix: bytes) -> None:
        for key in [key for key in self.values if key.startswith(prefix)]:
            del self.values[key]
        self.cleared.append(prefix)

    def take(self, other: Stage) -> None:
        """Everything that was done on a stage over this one."""
        for prefix in other.cleared:
            self.clear(prefix)
        self.values.update(other.values)
        self.numbers.update(other.numbers)


def perform(batch: Batch, stage: Stage) -> CommitResult:
    """Execute a batch, all of it or nothing.

    Raises:
        AssertionFailed, TooLarge: nothing is left of it on the stage; likewise after any other exception.
    """
    own, ids = Stage(stage), list[int]()
    for operation in batch.operations:
        _HOW[type(operation)](operation, own, ids)
    stage.take(own)
    return CommitResult(tuple(ids))


def end_of(prefix: bytes) -> bytes:
    """The least octets that are greater than everything with this prefix."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,)) if trimmed else AFTER_ALL


def _put(operation: Put, stage: Stage, ids: list[int]) -> None:
    stage.values[check_key(_made(operation.key, ids))] = check_value(_made(operation.value, ids))


def _delete(operation: Delete, stage: Stage, ids: list[int]) -> None:
    stage.values[check_key(_made(operation.key, ids))] = None


def _delete_prefix(operation: DeletePrefix, stage: Stage, _: list[int]) -> None:
    stage.clear(operation.prefix)


def _assert(operation: AssertValue, stage: Stage, _: list[int]) -> None:
    if stage.value(operation.key) != operation.expected:
        raise AssertionFailed(operation.key)


def _next_id(operation: NextId, stage: Stage, ids: list[int]) -> None:
    last = stage.number(operation.counter)
    stage.numbers[operation.counter] = check_number(last + operation.count)
    ids.append(last + 1)


def _add(operation: Add, stage: Stage, _: list[int]) -> None:
    number = check_number(stage.number(operation.counter) + operation.amount)
    if operation.limit is not None and number > operation.limit:
        raise AssertionFailed(operation.counter)
    stage.numbers[operation.counter] = number


def _made(octets: Octets, ids: list[int]) -> bytes:
    return octets if isinstance(octets, bytes) else octets(ids)


_HOW: Mapping[type[Operation], Callable[[Any, Stage, list[int]], None]] = {
    Put: _put,
    Delete: _delete,
    DeletePrefix: _delete_prefix,
    AssertValue: _assert,
    NextId: _next_id,
    Add: _add,
}
