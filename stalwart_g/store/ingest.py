"""New emails: one batch and one commit each, whatever it is filed into (SPEC-STORE section 1.9).

The octets are durable in the blob store before the batch that refers to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stalwart_g.store import threads
from stalwart_g.store.description import describe
from stalwart_g.store.errors import AssertionFailed
from stalwart_g.store.ground import TRIES, Ground, settled
from stalwart_g.store.mailboxes import Mailboxes
from stalwart_g.store.records import Arrival, DeliveryRecord, Details, Email, decode, encode
from stalwart_g.store.references import keep
from stalwart_g.store.refusals import OverQuota
from stalwart_g.store.writing import Edit, Writing, arrivals, new_place

Target = tuple[int, Sequence[str]]
"""A mailbox, and the keywords that the message has there."""


@dataclass(frozen=True, slots=True)
class New:
    """What is to be stored.

    Attributes:
        groups: mailboxes that share one email, by its keywords.
        idempotency: not empty: this is stored once, however often it is tried.
    """

    blob: bytes
    size: int
    details: Details
    groups: Mapping[tuple[str, ...], Sequence[int]]
    received_at: float
    idempotency: str = ""
    quota_octets: int | None = None
    deleted: bool = False


class Ingest:
    """Stores new emails."""

    def __init__(self, ground: Ground, mailboxes: Mailboxes) -> None:
        self._ground, self._store, self._mailboxes = ground, ground.store, mailboxes

    def store(
        self,
        account: int,
        octets: bytes,
        targets: Sequence[Target],
        received_at: float,
        *,
        idempotency: str = "",
        quota_octets: int | None = None,
        deleted: bool = False,
    ) -> tuple[Arrival, ...]:
        """See `MailStore.ingest`."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for mailbox, keywords in targets:
            there = groups.setdefault(tuple(sorted({keyword.lower() for keyword in keywords})), [])
            if mailbox not in there:
                there.append(mailbox)
        if not groups:
            raise ValueError("a message for no mailbox")
        tree = self._mailboxes.tree(account)
        for mailbox in {mailbox for group in groups.values() for mailbox in group}:
            tree.get(mailbox)
        blob = keep(self._store, self._ground.blobs, octets, self._ground.clock())
        new = New(
            blob.hash, blob.size, describe(octets), groups, received_at, idempotency, quota_octets or None, deleted
        )
        return self.add(account, new)

    def add(self, account: int, new: New) -> tuple[Arrival, ...]:
        """What is durable in the blob store already.

        Raises:
            OverQuota, NoMailbox, NoAccount
        """
        tries = iter(range(1, TRIES + 1))
        return settled(lambda: self._attempt(account, new, is_last=next(tries) == TRIES))

    def _attempt(self, account: int, new: New, *, is_last: bool) -> tuple[Arrival, ...]:
        writing = Writing(account, self._ground.clock(), is_delivery=bool(new.idempotency))
        batch, keys = writing.batch, writing.keys
        key = keys.delivery(new.idempotency) if new.idempotency else b""
        if key:
            done = self._store.get(key)
            if done is not None:
                return decode(DeliveryRecord, done).arrivals
            batch.assert_value(key, None)
        tree = self._mailboxes.tree(account)
        for mailbox in {mailbox for group in new.groups.values() for mailbox in group}:
            batch.assert_value(keys.mailbox(mailbox), tree.stored(mailbox))
        found = self._find_thread(writing, new.details)
        for edit in _edits(new, found.thread_id, self._ground.clock()):
            writing.add(edit)
        writing.finish(quota_octets=new.quota_octets)
        threads.write_marks(batch, keys, found, writing.emails[0][1], sure=not is_last)
        if key:
            batch.put(key, lambda ids: encode(DeliveryRecord(writing.now, arrivals(writing, ids))))
        try:
            result = self._ground.commit(account, batch)
        except AssertionFailed as error:
            if error.key == keys.used():
                raise OverQuota(f"account {account} has no room for {writing.charged} octets") from error
            raise
        return arrivals(writing, result.ids)

    def _find_thread(self, writing: Writing, details: Details) -> threads.Match:
        marks = threads.marks_of(details.thread_name, details.message_ids, details.references)
        found = threads.match(self._store, writing.keys, marks) if marks else threads.Match()
        if found.thread_id:
            writing.threads[found.thread_id] = threads.glance(self._store, writing.keys, found.thread_id)
        return found


def _edits(new: New, thread_id: int, now: float) -> list[Edit]:
    details = encode(new.details)
    return [
        Edit(
            Email(
                thread_id, new.blob, new.size, new.size, new.received_at, keywords,
                tuple(new_place(mailbox, now, deleted=new.deleted) for mailbox in group),
            ),
            details=details,
        )
        for keywords, group in new.groups.items()
    ]  # fmt: skip
