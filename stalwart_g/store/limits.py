"""What every backend can take, refused alike by all of them. Does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stalwart_g.store.batch import Add, AssertValue, Batch, Delete, DeletePrefix, NextId, Octets, Operation, Put
from stalwart_g.store.errors import TooLarge
from stalwart_g.store.interface import BATCH_OCTETS, BATCH_ROWS, KEY_OCTETS, VALUE_OCTETS

BIGGEST = (1 << 63) - 1
"""A counter is a signed number of 64 bits."""


def check_batch(batch: Batch) -> None:
    """What can be told before a batch is executed; keys and values that ids make are checked when they are made.

    Raises:
        TooLarge
        ValueError: an empty key or prefix, or a count that is not positive: a bug of the caller.
    """
    if len(batch.operations) > BATCH_ROWS:
        raise TooLarge(f"{len(batch.operations)} operations in a batch, more than {BATCH_ROWS}")
    octets = sum([_CHECKS[type(operation)](operation) for operation in batch.operations])
    if octets > BATCH_OCTETS:
        raise TooLarge(f"{octets} octets in a batch, more than {BATCH_OCTETS}")


def check_key(key: bytes) -> bytes:
    """The key itself, if it may be one."""
    if not key:
        raise ValueError("a key must not be empty")
    if len(key) > KEY_OCTETS:
        raise TooLarge(f"a key of {len(key)} octets, more than {KEY_OCTETS}")
    return key


def check_value(value: bytes) -> bytes:
    """The value itself, if it may be one."""
    if len(value) > VALUE_OCTETS:
        raise TooLarge(f"a value of {len(value)} octets, more than {VALUE_OCTETS}")
    return value


def check_number(number: int) -> int:
    """The number itself, if a counter can hold it."""
    if not -BIGGEST <= number <= BIGGEST:
        raise TooLarge(f"the number {number} is too large for a counter")
    return number


def _put(operation: Put) -> int:
    value = operation.value
    return _key(operation.key) + (len(check_value(value)) if isinstance(value, bytes) else 0)


def _key(key: Octets) -> int:
    return len(check_key(key)) if isinstance(key, bytes) else 0


def _next_id(operation: NextId) -> int:
    if check_number(operation.count) < 1:
        raise ValueError(f"{operation.count} ids asked for")
    return _key(operation.counter)


def _add(operation: Add) -> int:
    check_number(operation.amount)
    return _key(operation.counter)


_CHECKS: Mapping[type[Operation], Callable[[Any], int]] = {
    Put: _put,
    Delete: lambda operation: _key(operation.key),
    DeletePrefix: lambda operation: _key(operation.prefix),
    AssertValue: lambda operation: _key(operation.key),
    NextId: _next_id,
    Add: _add,
}
