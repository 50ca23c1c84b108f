"""A store in the memory of one process, for tests and for what need not outlive it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stalwart_g.store.backends.sqlite import open_sqlite
from stalwart_g.store.batch import Batch
from stalwart_g.store.errors import StoreUnavailable
from stalwart_g.store.interface import BATCH_OCTETS, BATCH_ROWS, CommitResult, Reader
from stalwart_g.store.limits import check_batch
from stalwart_g.store.staging import Stage, end_of, perform

_PAGE_ROWS = 1000


class _Map:
    """Values in the order of their keys, and counters."""

    def __init__(self) -> None:
        self._keys: list[bytes] = []
        self._values: dict[bytes, bytes] = {}
        self._numbers: dict[bytes, int] = {}
        self._closed = False

    def get(self, key: bytes) -> bytes | None:
        self._check_open()
        return self._values.get(key)

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        self._check_open()
        return {key: self._values[key] for key in keys if key in self._values}

    def scan(
        self,
        prefix: bytes,
        *,
        after: bytes | None = None,
        reverse: bool = False,
        limit: int | None = None,
        keys_only: bool = False,
    ) -> Iterator[tuple[bytes, bytes]]:
        left = limit
        while left is None or left > 0:
            self._check_open()
            keys = self._page(prefix, after, reverse)[:left]
            if not keys:
                return
            yield from [(key, b"" if keys_only else self._values[key]) for key in keys]
            left, after = None if left is None else left - len(keys), keys[-1]

    def counter(self, key: bytes) -> int:
        self._check_open()
        return self._numbers.get(key, 0)

    def counters(self, prefix: bytes) -> dict[bytes, int]:
        self._check_open()
        return {key: number for key, number in sorted(self._numbers.items()) if key.startswith(prefix)}

    def _page(self, prefix: bytes, after: bytes | None, reverse: bool) -> list[bytes]:
        low, high = bisect_left(self._keys, prefix), bisect_left(self._keys, end_of(prefix))
        if reverse:
            high = high if after is None else min(high, bisect_left(self._keys, after))
            return self._keys[max(low, high - _PAGE_ROWS) : high][::-1] if high > low else []
        low = low if after is None else max(low, bisect_left(self._keys, after + b"\0"))
        return self._keys[low : min(high, low + _PAGE_ROWS)]

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")


class MemoryStore(_Map):
    """All of the interface; durable as long as the process."""

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        self._check_open()
        copy = _Map()
        copy._keys, copy._values, copy._numbers = self._keys.copy(), self._values.copy(), self._numbers.copy()
        try:
            yield copy
        finally:
            copy._closed = True

    def commit(self, batch: Batch) -> CommitResult:
        self._check_open()
        check_batch(batch)
        stage = Stage(self)
        result = perform(batch, stage)
        self._write(stage)
        return result

    def check(self) -> list[str]:
        self._check_open()
        return [] if self._keys == sorted(self._values) else ["the keys are not those of the values"]

    def backup(self, path: str) -> None:
        """The copy is a file that `open_store` opens."""
        if Path(path).exists():
            raise FileExistsError(path)
        with self.snapshot() as reader:
            store = open_sqlite(Path(path))
            try:
                for batch in _batches(reader):
                    store.commit(batch)
            finally:
                store.close()

    def tidy(self) -> None:
        """Nothing is ever left over."""
        self._check_open()

    def close(self) -> None:
        self._closed = True

    # As `staging.Stored`

    value, number = _Map.get, _Map.counter

    def _write(self, stage: Stage) -> None:
        for prefix in stage.cleared:
            low, high = bisect_left(self._keys, prefix), bisect_left(self._keys, end_of(prefix))
            for key in self._keys[low:high]:
                del self._values[key]
            del self._keys[low:high]
        for key, value in stage.values.items():
            if value is None:
                self._forget(key)
                continue
            if key not in self._values:
                insort(self._keys, key)
            self._values[key] = value
        self._numbers.update(stage.numbers)

    def _forget(self, key: bytes) -> None:
        if self._values.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]


def _batches(source: Reader) -> Iterator[Batch]:
    """Everything, in parts that a store takes."""
    batch, octets = Batch(), 0
    for key, value in source.scan(b""):
        if len(batch.operations) == BATCH_ROWS or octets > BATCH_OCTETS // 2:
            yield batch
            batch, octets = Batch(), 0
        batch.put(key, value)
        octets += len(key) + len(value)
    yield batch
    batch = Batch()
    for key, number in source.counters(b"").items():
        if len(batch.operations) == BATCH_ROWS:
            yield batch
            batch = Batch()
        batch.add(key, number)
    yield batch
