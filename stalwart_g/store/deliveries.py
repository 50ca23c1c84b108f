"""Idempotency keys of deliveries, and how they are forgotten."""

from __future__ import annotations

from stalwart_g.store.batch import Batch
from stalwart_g.store.interface import Store
from stalwart_g.store.keys import Keys
from stalwart_g.store.records import DeliveryRecord, decode

_STEP_ROWS = 500


def forget(store: Store, account: int, before: float) -> int:
    """Forget those that were used before this time: how many. Nobody may try these deliveries again."""
    batch, count = Batch(), 0
    for key, value in store.scan(Keys(account).deliveries()):
        if decode(DeliveryRecord, value).at < before:
            batch.delete(key)
            count += 1
        if len(batch.operations) == _STEP_ROWS:
            store.commit(batch)
            batch = Batch()
    if batch:
        store.commit(batch)
    return count
