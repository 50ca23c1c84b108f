"""Writes to a store, many greenlets at a time, and prints each id when it is durable: PATH PREFIX [COUNT]."""

from __future__ import annotations

import sys
from pathlib import Path

from stalwart_g.green import tasks
from stalwart_g.store import Batch, Store, open_store

GREENLETS = 10


def write(store: Store, prefix: bytes, count: int) -> None:
    for _ in range(count):
        batch = Batch()
        batch.next_id(b"n")
        batch.add(b"sum", 2)
        batch.put(lambda ids: b"k%08d" % ids[0], prefix)
        batch.put(lambda ids: b"l%08d" % ids[0], prefix * 500)
        print(store.commit(batch).ids[0], flush=True)


def main(path: str, prefix: str, count: str = "1000000") -> None:
    store = open_store(Path(path))
    writing = [tasks.spawn(write, store, prefix.encode(), int(count)) for _ in range(GREENLETS)]
    for task in writing:
        task.join()
    store.close()


main(*sys.argv[1:])
