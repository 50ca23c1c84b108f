"""A batch: what is to be written, as plain data. Does no I/O and may be executed again after a conflict.

A batch holds no result of a read. Ids that only exist once it is executed (a document, a UID, a position in the change
log) are asked for with `Batch.next_id`; keys and values that contain one are functions of the ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

Ids: TypeAlias = Sequence[int]
"""The ids of one execution, in the order in which they were asked for."""

Octets: TypeAlias = bytes | Callable[[Ids], bytes]
"""Octets that are known now, or those that the ids make which were asked for before. A function must be pure."""


class AssertValue(Struct, frozen=True):
    """The value of ``key`` is ``expected``; None: there is none."""

    key: bytes
    expected: bytes | None


class NextId(Struct, frozen=True):
    """Add ``count`` to a counter; the id is the first of the numbers that are new: 1 at the very first time."""

    counter: bytes
    count: int = 1


class Put(Struct, frozen=True):
    key: Octets
    value: Octets


class Delete(Struct, frozen=True):
    """What is not there is no error."""

    key: Octets


class DeletePrefix(Struct, frozen=True):
    """Everything whose key starts with ``prefix``."""

    prefix: bytes


class Add(Struct, frozen=True):
    """Add ``amount``, which may be negative, to a counter. Its new value must not exceed ``limit``."""

    counter: bytes
    amount: int
    limit: int | None = None


Operation: TypeAlias = AssertValue | NextId | Put | Delete | DeletePrefix | Add


class Batch:
    """Operations that are executed in their order, all of them or none."""

    __slots__ = ("_asked", "operations")

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._asked = 0

    def __bool__(self) -> bool:
        return bool(self.operations)

    def assert_value(self, key: bytes, expected: bytes | None) -> None:
        """Fail, with AssertionFailed, unless this is the value of ``key`` (None: there is none)."""
        self.operations.append(AssertValue(key, expected))

    def next_id(self, counter: bytes, count: int = 1) -> int:
        """Ask for a number that ``counter`` has never given out, or for ``count`` numbers in a row.

        Returns:
            where the first number will stand among the `Ids`.
        """
        self.operations.append(NextId(counter, count))
        self._asked += 1
        return self._asked - 1

    def put(self, key: Octets, value: Octets) -> None:
        """Store a value, over an older one if there is one."""
        self.operations.append(Put(key, value))

    def delete(self, key: Octets) -> None:
        """Remove a value; what is not there is no error."""
        self.operations.append(Delete(key))

    def delete_prefix(self, prefix: bytes) -> None:
        """Remove every value whose key starts with ``prefix``."""
        self.operations.append(DeletePrefix(prefix))

    def add(self, counter: bytes, amount: int, *, limit: int | None = None) -> None:
        """Change a counter; fail, with AssertionFailed, where it would come to more than ``limit``."""
        self.operations.append(Add(counter, amount, limit))
