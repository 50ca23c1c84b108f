"""The queue on disk: what `enqueue` has returned for is never lost, and each attempt is known before it starts.

One partition, one owner: a spool is the only one that changes its entries, so it needs no assertions.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import structs

from stalwart_g.green import tasks
from stalwart_g.model.errors import Deferred
from stalwart_g.model.mail import NewMail
from stalwart_g.observe import contextids, maillog
from stalwart_g.queue import requests, rows
from stalwart_g.queue.bodies import BodyFiles
from stalwart_g.queue.entry import SEGMENT, Entry, RecipientRecord, State, entry_of
from stalwart_g.queue.ids import Ids
from stalwart_g.queue.schedule import DueTimes, expires_at, next_event
from stalwart_g.queue.settings import QueueSettings
from stalwart_g.store import Batch, Store

_DISK_SECONDS = 5.0
_MANY_ATTEMPTS = 8  # whoever dies so often in an attempt may be dying of it
_POISON_SECONDS = 60.0
_AGAIN_SECONDS = 10.0
_FORGOTTEN_AT_A_TIME = 200


class Lease:
    """A message that somebody works on. Its recipients in state ATTEMPTING belong to who holds the lease."""

    __slots__ = ("_lock", "entry", "octets")

    def __init__(self, entry: Entry, octets: bytes | None = None) -> None:
        self.entry, self.octets = entry, octets
        self._lock: tasks.Lock | None = None

    @property
    def lock(self) -> tasks.Lock:
        """To be held while the entry is written: one version after the other."""
        if self._lock is None:
            self._lock = tasks.Lock()
        return self._lock

    @property
    def was_written(self) -> bool:
        """Or is being written now."""
        return self._lock is not None


def unattended(lease: Lease) -> None:
    """Nobody attempts it in this process; the partition's next owner does."""


class Spool:
    """The entries of one partition.

    Args:
        store: of this partition alone.
        clock: unix time in seconds.
        node, partition: where ids come from; no two spools may have the same.
    """

    def __init__(
        self,
        store: Store,
        bodies: BodyFiles,
        settings: QueueSettings,
        *,
        node: int = 0,
        partition: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings, self.clock = settings, clock
        self.eager_max = 0
        """So many messages at a time get their lease with their first row, for a runner that is ready for them."""
        self.on_lease: Callable[[Lease], object] = unattended
        """Called with the lease of such a message, once that is durable; it must not wait."""
        self.on_work: Callable[[], object] = lambda: None
        """Called when something has become due earlier than was known."""
        self._store, self._bodies = store, bodies
        self._ids = Ids(node, partition, rows.bound(store), clock)
        self._due = DueTimes()
        self._active: dict[int, Lease] = {}
        self._ended: list[Entry] = []
        self._count = 0
        self._disk = (0.0, False)

    def recover(self) -> int:
        """Take over what is in the store, whoever worked on it before: how many messages. Called once, at the start."""
        now, names = self.clock(), set()
        for entry in rows.entries(self._store):
            self._due.put(entry.id, next_event(_revived(entry, now), self.settings.schedule), entry.priority)
            self._count += 1
            names.add(entry.body)
        self._bodies.sweep(names)
        return self._count

    # In

    def enqueue(self, mail: NewMail) -> str:
        """Keep a message; its queue id, once it is durable.

        Raises:
            Deferred: no space, or the store does not answer; nothing was kept.
            ValueError: nobody is to get it.
        """
        if not mail.envelope.recipients:
            raise ValueError("a mail without recipients")
        entry = self._new(mail)
        batch = Batch()
        rows.put_new(batch, entry, mail.octets)
        self._commit(batch)
        self._arrived(entry, mail.octets)
        return entry.queue_id

    def _new(self, mail: NewMail) -> Entry:
        settings = self.settings
        lease_seconds = settings.lease_seconds if len(self._active) < self.eager_max else None
        entry = entry_of(mail, self._ids.next(), self.clock(), settings.schedule.expire, lease_seconds)
        if len(mail.octets) > settings.inline_octets:
            entry.body = entry.queue_id
            try:
                self._bodies.write(entry.body, mail.octets)
            except OSError as error:
                raise Deferred(f"cannot write a message: {error}", "4.3.1") from error
        return entry

    def _arrived(self, entry: Entry, octets: bytes) -> None:
        self._count += 1
        if entry.recipients and entry.recipients[0].state is State.ATTEMPTING:
            lease = self._active[entry.id] = Lease(entry, octets)
            self.on_lease(lease)
        else:
            self._due.put(entry.id, next_event(entry, self.settings.schedule), entry.priority)
            self.on_work()

    def _commit(self, batch: Batch) -> None:
        """With the ends that wait for a commit, and once in a while with the bound of the ids."""
        bound = self._ids.bound_to_keep()
        if bound is not None:
            rows.put_bound(batch, bound)
        ended, self._ended = self._ended[:_FORGOTTEN_AT_A_TIME], self._ended[_FORGOTTEN_AT_A_TIME:]
        for entry in ended:
            rows.put_end(batch, entry)
        try:
            self._store.commit(batch)
        except BaseException:  # whoever comes next takes them along; to forget them twice does no harm
            self._ended += ended
            raise
        if bound is not None:
            self._ids.kept(bound)
        if ended:
            self._forgotten(ended)

    # Out

    def next_due(self) -> float:
        """When `lease` has something next; `schedule.NEVER` when nothing waits."""
        return self._due.next_due()

    def lease(self, count: int) -> list[Lease]:
        """Up to ``count`` messages that are due. Their attempts are durable before they start.

        A message may be due without any attempt, for a delay notice or for its end.

        Raises:
            Deferred: the store does not answer; they stay due.
        """
        numbers = self._due.take(self.clock(), count)
        if not numbers:
            return []
        try:
            return self._lease_due(numbers)
        except Deferred:
            for number in numbers:
                self._due.put(number, self.clock() + _AGAIN_SECONDS)
            raise

    def _lease_due(self, numbers: list[int]) -> list[Lease]:
        now, batch, leases = self.clock(), Batch(), []
        for number in numbers:
            entry = rows.load(self._store, number)
            if entry is None:
                continue
            _revived(entry, now)
            attempted = [index for index in entry.in_state(State.SCHEDULED) if self._may_start(entry, index, now)]
            for index in attempted:
                entry.recipients[index] = self._attempted(entry.recipients[index], now)
            rows.put_changes(batch, entry, attempted)
            leases.append(Lease(entry))
        self._active.update((lease.entry.id, lease) for lease in leases)  # nobody else gets them while we wait
        try:
            self._commit(batch)
        except BaseException:
            for lease in leases:
                del self._active[lease.entry.id]
            raise
        return leases

    def _attempted(self, recipient: RecipientRecord, now: float) -> RecipientRecord:
        return structs.replace(
            recipient, state=State.ATTEMPTING, due=now + self.settings.lease_seconds, attempts=recipient.attempts + 1
        )

    @staticmethod
    def _may_start(entry: Entry, index: int, now: float) -> bool:
        """It is due, and its time is not over; a first attempt comes late rather than never."""
        recipient = entry.recipients[index]
        return recipient.due <= now and (now < expires_at(entry, recipient) or not recipient.attempts)

    def octets(self, lease: Lease) -> bytes:
        """The message.

        Raises:
            Deferred: it cannot be read now.
        """
        if lease.octets is None:
            lease.octets = self._read_body(lease.entry)
        return lease.octets

    def _read_body(self, entry: Entry) -> bytes:
        try:
            octets = self._bodies.read(entry.body) if entry.body else rows.body(self._store, entry.id)
        except OSError as error:
            raise Deferred(f"cannot read message {entry.queue_id}: {error}", "4.3.0") from error
        if octets is None:
            raise Deferred(f"message {entry.queue_id} has no octets", "4.3.0")
        return octets

    # What became of it

    def save(
        self,
        lease: Lease,
        changes: Mapping[int, RecipientRecord],
        mails: Sequence[NewMail] = (),
        added: Sequence[RecipientRecord] = (),
    ) -> list[str]:
        """Write down what became of recipients, and the mails that follow (reports, redirects), all or none of it.

        A message whose recipients have all come to an end is gone afterwards.

        Args:
            changes: recipients by their index.
            added: recipients that came to it.

        Returns:
            the queue ids of the mails.

        Raises:
            Deferred: nothing was written down; the lease stays, try again.
        """
        with lease.lock:
            entry, batch = lease.entry, Batch()
            new = [(self._new(mail), mail.octets) for mail in mails]
            before = entry.changed(changes, added)
            done = entry.is_done
            try:
                if done:
                    rows.put_end(batch, entry)
                else:
                    rows.put_changes(batch, entry, [*changes, *range(len(before), entry.count)])
                for follower, octets in new:
                    rows.put_new(batch, follower, octets)
                self._commit(batch)
            except BaseException:  # also when killed: what is not durable has not happened
                entry.restore(before)
                raise
            if done:
                self._forgotten([entry])
            elif not _is_attempted(entry):
                self._release(entry)
        for follower, octets in new:
            self._arrived(follower, octets)
        if done and entry.body:
            self._bodies.delete(entry.body)
        return [follower.queue_id for follower, _ in new]

    def finish(self, lease: Lease, changes: Mapping[int, RecipientRecord]) -> bool:
        """These were the last recipients, nothing follows, and to repeat the attempt after a crash would do no harm.

        Then nobody needs to wait: the end of the message becomes durable with the next commit, whoever's that is, or by
        `forget`. So a mail costs one commit, that of its acceptance. Until then it counts as active.

        Returns:
            False: others are open, or the message is a large one or was written before; nothing was changed, `save` it.
        """
        entry = lease.entry
        if lease.was_written or entry.body or entry.count > SEGMENT:
            return False
        before = entry.changed(changes, ())
        if not entry.is_done:
            entry.restore(before)
            return False
        self._ended.append(entry)
        return True

    def forget(self) -> None:
        """Make all ends durable that still wait.

        Raises:
            Deferred: the store does not answer; they go on waiting.
        """
        while self._ended:
            self._commit(Batch())

    def _forgotten(self, entries: Sequence[Entry]) -> None:
        """Nothing is left of them in the store."""
        for entry in entries:
            del self._active[entry.id]
        self._count -= len(entries)
        self.on_work()

    def _release(self, entry: Entry) -> None:
        """Nobody works on it any more; it comes again when something is due."""
        del self._active[entry.id]
        self._due.put(entry.id, next_event(entry, self.settings.schedule), entry.priority)
        self.on_work()

    # Operators

    def obey(self) -> int:
        """Carry out the requests that wait: how many.

        Raises:
            Deferred: the store does not answer; what is left is done next time.
        """
        waiting = rows.requests(self._store)
        for name, request in waiting:
            for number in request.ids or [entry.id for entry in rows.entries(self._store)]:
                self._obey(request, number)
            batch = Batch()
            rows.delete_request(batch, name)
            self._store.commit(batch)
        return len(waiting)

    def _obey(self, request: requests.Request, number: int) -> None:
        lease = self._active.get(number)
        if lease is None:
            entry = rows.load(self._store, number)
            if entry is None or not request.selects(entry):
                return
            self._due.remove(number)
            lease = self._active[number] = Lease(_revived(entry, self.clock()))
        changes = requests.apply(request, lease.entry, self.clock()) if request.selects(lease.entry) else {}
        try:
            if changes:
                lease.entry.hold_reason = request.reason_for(lease.entry)
                self.save(lease, changes)
                with contextids.bound(queue=lease.entry.queue_id):
                    maillog.ordered(action=request.action, recipients=map(str, changes.values()), reason=request.reason)
        finally:
            if self._active.get(number) is lease and not _is_attempted(lease.entry) and not lease.entry.is_done:
                self._release(lease.entry)

    @property
    def active(self) -> int:
        """Messages that somebody works on."""
        return len(self._active)

    def __len__(self) -> int:
        """Messages in the queue, held ones included."""
        return self._count

    def disk_is_low(self, folder: Path) -> bool:
        """Less free space than the settings want; looked at every few seconds."""
        now = time.monotonic()
        if now > self._disk[0]:
            state = os.statvfs(folder)
            self._disk = (now + _DISK_SECONDS, state.f_bavail * state.f_frsize < self.settings.min_free_octets)
        return self._disk[1]


def _revived(entry: Entry, now: float) -> Entry:
    """An entry out of the store: an attempt that it tells of had an owner who is dead, so it is due again.

    Whoever died in many attempts may have died of them: then it waits longer and longer.
    """
    for index in entry.in_state(State.ATTEMPTING):
        recipient = entry.recipients[index]
        excess = max(0, recipient.attempts - _MANY_ATTEMPTS)
        due = now + excess * _POISON_SECONDS
        entry.recipients[index] = structs.replace(recipient, state=State.SCHEDULED, due=due)
    return entry


def _is_attempted(entry: Entry) -> bool:
    return any(recipient.state is State.ATTEMPTING for recipient in entry.recipients)
