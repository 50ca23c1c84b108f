"""What all modules for mail stand on: the store, the blobs, the clock, and who wants to hear of changes."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from stalwart_g.green import tasks
from stalwart_g.store.batch import Batch
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.errors import AssertionFailed, StoreBusy
from stalwart_g.store.interface import CommitResult, Store

log = logging.getLogger(__name__)

T = TypeVar("T")

Listener = Callable[[int, int], object]
"""Called with an account and the number of its change, when the change is durable."""

TRIES = 12
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.002, 0.2


class Ground:
    """One store of mail, as one process sees it."""

    def __init__(self, store: Store, blobs: BlobStore, clock: Callable[[], float] = time.time) -> None:
        self.store, self.blobs, self.clock = store, blobs, clock
        self._listeners: list[Listener] = []

    def commit(self, account: int, batch: Batch) -> CommitResult:
        """Execute a change of an account, the first id of which is its number; then tell of it."""
        result = self.store.commit(batch)
        for listener in tuple(self._listeners):
            try:
                listener(account, result.ids[0])
            except Exception:
                log.exception("a listener failed at change %d of account %d, which stands", result.ids[0], account)
        return result

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Let it hear of all changes that this process makes.

        Returns:
            what ends that.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


def settled(attempt: Callable[[], T], *, tries: int = TRIES) -> T:
    """Read, decide and commit; again, after a pause, when somebody changed meanwhile what was read.

    Raises:
        StoreBusy: others were faster each time.
    """
    for number in range(tries):
        try:
            return attempt()
        except AssertionFailed:
            longest = min(_FIRST_PAUSE_SECONDS * 2**number, _LONGEST_PAUSE_SECONDS)
            tasks.sleep(random.uniform(0, longest))  # noqa: S311
    raise StoreBusy(f"{tries} times in a row somebody else was faster")
