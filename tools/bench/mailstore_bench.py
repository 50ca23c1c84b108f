"""Mailboxes and messages against the store below them, in one run: ``python tools/bench/mailstore_bench.py [COUNT]``.

Raw: batches of one value of 4 KiB. Ingest: a message of 4 KiB into INBOX, all that is known of it, its blob synced.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from stalwart_g.green import tasks
from stalwart_g.store import Batch, Store, open_store
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.flags import Flags
from stalwart_g.store.messages import MailStore

OCTETS = 4096
LISTED = 10_000


def rate(count: int, workers: int, work: Callable[[int], object]) -> float:
    """How many a second, by so many greenlets."""

    def run(first: int) -> None:
        for number in range(first, count, workers):
            work(number)

    start = time.perf_counter()
    running = [tasks.spawn(run, first) for first in range(workers)]
    for task in running:
        task.join()
        if task.error:
            raise task.error
    return count / (time.perf_counter() - start)


def raw(store: Store, number: int) -> None:
    batch = Batch()
    batch.next_id(b"zn")
    batch.put(b"z%08d" % number, b"x" * OCTETS)
    store.commit(batch)


def message(number: int) -> bytes:
    head = f"Message-ID: <{number}@bench.test>\r\nReferences: <{number // 4}@bench.test>\r\nFrom: A <a@x.test>\r\n"
    head += f"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nSubject: Re: bench {number // 40}\r\n\r\n"
    return head.encode().ljust(OCTETS, b"x")


def timed(work: Callable[[], object], times: int = 5) -> float:
    """Milliseconds, the best of some."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def ingests(store: Store, mail: MailStore, count: int) -> None:
    account = mail.account_id("bench")
    inbox = mail.create_mailbox(account, ("INBOX",)).id
    for workers in (1, 20, 100):
        base = rate(count, workers, lambda number: raw(store, number))
        offset = workers * count

        def ingest(number: int, offset: int = offset) -> None:
            mail.ingest(account, message(number + offset), [(inbox, ())], 1.0, idempotency=str(number + offset))

        mine = rate(count, workers, ingest)
        print(f"{workers:4} greenlets: raw {base:7.0f}/s  ingest {mine:7.0f}/s  raw/ingest {base / mine:5.2f}")


def listings(store: Store, mail: MailStore) -> None:
    account = mail.account_id("reader")
    inbox = mail.create_mailbox(account, ("INBOX",)).id
    rate(LISTED, 100, lambda number: mail.ingest(account, message(number), [(inbox, ())], 1.0))
    scan = timed(lambda: sum(1 for _ in store.scan(b"z", limit=LISTED)))
    whole = timed(lambda: mail.list(account, inbox))
    print(f"list {LISTED}: {whole:.1f} ms; a raw scan of as many values {scan:.1f} ms; {whole / scan:.2f} x")
    print(f"view (counts and {LISTED} UIDs): {timed(lambda: mail.view(account, inbox)):.1f} ms")
    since = mail.view(account, inbox).highest_modseq
    mail.store_flags(account, inbox, [5], Flags.of("add", ["x"]))
    print(f"what changed since (1 message): {timed(lambda: mail.changed_since(account, inbox, since)):.2f} ms")
    start = time.perf_counter()
    mail.store_flags(account, inbox, range(1, LISTED + 1), Flags.of("add", ["$seen"]))
    print(f"flag {LISTED}: {time.perf_counter() - start:.2f} s")


def main(count: int = 2000) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        store, blobs = open_store(Path(folder) / "mail.sqlite3"), BlobStore(Path(folder) / "blobs")
        mail = MailStore(store, blobs)
        ingests(store, mail, count)
        listings(store, mail)
        blobs.close()
        store.close()


main(*map(int, sys.argv[1:]))
