"""One change of an account as one batch: emails, their places, counters, threads, and the line of the log. Does no I/O.

Everything that changes what a mailbox holds goes through here, so that the rules are kept in one place: each place of
an email has a row, each row is counted, each change has its number, and is told to IMAP (per mailbox) and JMAP (per
type).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from stalwart_g.store.batch import Batch, Ids
from stalwart_g.store.keys import DELETED, LAST_UID, OCTETS, TOTAL, UNREAD, UNSEEN, Keys
from stalwart_g.store.late import Number, numbers_of, octets_of, row_of_ids
from stalwart_g.store.records import (
    Arrival,
    Email,
    LogRecord,
    Moved,
    Place,
    ThreadEmail,
    Touched,
    encode,
    encode_number,
    row_of,
)  # fmt: skip
from stalwart_g.store.references import link, unlink
from stalwart_g.store.threads import Thread

EMAIL, MAILBOX, THREAD, EMAIL_DELIVERY = "e", "m", "t", "d"
"""The types of objects in the log."""
CHANGE = Number(0, 0)
"""The number of the change itself: the first id of each batch."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What an email is to become.

    Attributes:
        after: a place with UID 0 gets its UID, and its change numbers, when the batch is executed; without places the
            email ceases to exist; thread 0 is the thread that the first new email of this change begins.
        email_id: 0 for a new one.
        before: what is stored now, as it was read; asserted.
        details: of a new one.
        tag: whatever the asker wants to recognise the outcome by.
    """

    after: Email
    email_id: int = 0
    before: Email | None = None
    before_octets: bytes = b""
    details: bytes = b""
    tag: int = 0


@dataclass(slots=True)
class _Objects:
    """The ids of one type, as they are collected."""

    created: list[Number] = field(default_factory=list)
    updated: list[Number] = field(default_factory=list)
    destroyed: list[Number] = field(default_factory=list)
    counted: list[Number] = field(default_factory=list)

    def known(self, ids: Ids) -> Touched:
        return Touched(*(numbers_of(part, ids) for part in (self.created, self.updated, self.destroyed, self.counted)))


class Writing:
    """Collects a change, then makes its batch."""

    def __init__(self, account: int, now: float, *, is_delivery: bool = False) -> None:
        self.keys, self.batch, self.now, self._is_delivery = Keys(account), Batch(), now, is_delivery
        self.batch.next_id(self.keys.last_change())
        self.threads: dict[int, Thread] = {}
        """Those that edits take emails out of, hide or show; or join."""
        self.charged = 0
        """Octets that this takes from the quota; negative if it gives some back."""
        self._edits: list[Edit] = []
        self._objects: defaultdict[str, _Objects] = defaultdict(_Objects)
        self._counts: defaultdict[int, Counter[bytes]] = defaultdict(Counter)
        self._touched: defaultdict[int, list[Number]] = defaultdict(list)
        self._vanished: defaultdict[int, list[Number]] = defaultdict(list)
        self._new_emails: Iterator[Number] = iter(())
        self._new_uids: dict[int, Iterator[Number]] = {}
        self._seen_threads: dict[Number, dict[Number, ThreadEmail | None]] = {}
        self.emails: list[tuple[Number, Number, list[tuple[int, Number]]]] = []
        """Id, thread and places of each email that was edited, in the order of the edits."""

    def add(self, edit: Edit) -> None:
        self._edits.append(edit)

    @property
    def tags(self) -> tuple[int, ...]:
        return tuple(edit.tag for edit in self._edits)

    @property
    def is_needed(self) -> bool:
        """Is there any edit?"""
        return bool(self._edits)

    def wanted_threads(self) -> dict[int, bool]:
        """Those that `threads` has to hold, and for which of them that must be all of it."""
        wanted: dict[int, bool] = {}
        for edit in self._edits:
            thread = edit.after.thread_id
            if thread and (edit.before is None or not edit.after.places or _flips(edit)):
                wanted[thread] = wanted.get(thread, False) or edit.before is not None
        return wanted

    def log(self, kind: str) -> _Objects:
        """Where to tell of objects of other types than emails and threads."""
        return self._objects[kind]

    def finish(self, *, quota_octets: int | None = None) -> Batch:
        """The batch; nothing may be added after that."""
        self._ask_for_ids()
        for edit in self._edits:
            self._write(edit)
        for thread, emails in self._seen_threads.items():
            self._write_thread(thread, emails)
        if self.charged:
            limit = quota_octets if self.charged > 0 else None
            self.batch.add(self.keys.used(), self.charged, limit=limit)
        self._write_mailboxes()
        self._write_log()
        return self.batch

    def _ask_for_ids(self) -> None:
        new = [edit for edit in self._edits if not edit.email_id]
        if new:
            self._new_emails = row_of_ids(self.batch.next_id(self.keys.last_email(), len(new)))
        wanted = Counter(place.mailbox for edit in self._edits for place in edit.after.places if not place.uid)
        for mailbox, count in wanted.items():
            place = self.batch.next_id(self.keys.counter(mailbox, LAST_UID), count)
            self._new_uids[mailbox] = row_of_ids(place)

    # Emails

    def _write(self, edit: Edit) -> None:
        number = Number(edit.email_id) if edit.email_id else next(self._new_emails)
        thread = Number(edit.after.thread_id) if edit.after.thread_id else Number(0, number.place)
        if edit.before is not None:
            self.batch.assert_value(self.keys.email(edit.email_id), edit.before_octets)
        places = self._write_places(edit, number, thread)
        self.emails.append((number, thread, [(place.mailbox, uid) for place, uid, _ in places]))
        if not places:
            self._destroy(edit)
        else:
            self.batch.put(
                octets_of(self.keys.email, number),
                lambda ids: encode(
                    replace(
                        edit.after,
                        thread_id=thread.of(ids),
                        places=tuple(_known(place, uid, ids, is_new=is_new) for place, uid, is_new in places),
                    )
                ),
            )
            if edit.before is None:
                self._create(edit, number)
        self._log_email(edit, number, thread)

    def _write_places(self, edit: Edit, number: Number, thread: Number) -> list[tuple[Place, Number, bool | None]]:
        """The places with their UIDs, and how much of each is new: all of it, what it shows, or (None) nothing."""
        before = {(place.mailbox, place.uid): place for place in edit.before.places} if edit.before else {}
        places: list[tuple[Place, Number, bool | None]] = []
        for place in edit.after.places:
            old = before.pop((place.mailbox, place.uid), None)
            uid = Number(place.uid) if place.uid else next(self._new_uids[place.mailbox])
            is_new = None if edit.before and old == place and edit.before.keywords == edit.after.keywords else not old
            places.append((place, uid, is_new))
            if is_new is not None:
                self._count(edit.before if old else None, old, -1)
                self._count(edit.after, place, 1)
                self._write_row(edit.after, place, (number, thread, uid), is_new=is_new)
        for old in before.values():
            self._count(edit.before, old, -1)
            self._vanished[old.mailbox].append(Number(old.uid))
            self.batch.delete(self.keys.row(old.mailbox, old.uid))
        return places

    def _write_row(self, email: Email, place: Place, numbers: tuple[Number, Number, Number], *, is_new: bool) -> None:
        number, thread, uid = numbers
        self._touched[place.mailbox].append(uid)

        def row(ids: Ids) -> bytes:
            known = _known(place, uid, ids, is_new=is_new)
            return encode(row_of(number.of(ids), replace(email, thread_id=thread.of(ids)), known))

        self.batch.put(octets_of(lambda value: self.keys.row(place.mailbox, value), uid), row)

    def _create(self, edit: Edit, number: Number) -> None:
        self.charged += edit.after.charged
        self.batch.put(octets_of(self.keys.details, number), edit.details)
        link(self.batch, edit.after.blob, octets_of(self.keys.email, number))
        if self._is_delivery:
            self._objects[EMAIL_DELIVERY].created.append(number)

    def _destroy(self, edit: Edit) -> None:
        assert edit.before is not None, "only what is stored can be destroyed"
        self.charged -= edit.before.charged
        self.batch.delete(self.keys.email(edit.email_id))
        self.batch.delete(self.keys.details(edit.email_id))
        unlink(self.batch, edit.before.blob, self.keys.email(edit.email_id))

    def _log_email(self, edit: Edit, number: Number, thread: Number) -> None:
        was, now = edit.before is not None and edit.before.is_visible, edit.after.is_visible
        objects = self._objects[EMAIL]
        if was != now:
            (objects.created if now else objects.destroyed).append(number)
        elif was and _shown(edit.before) != _shown(edit.after):
            objects.updated.append(number)
        if edit.before is None or was != now or not edit.after.places:
            row = ThreadEmail(edit.after.received_at, now) if edit.after.places else None
            self._seen_threads.setdefault(thread, {})[number] = row

    # Threads

    def _write_thread(self, thread: Number, emails: dict[Number, ThreadEmail | None]) -> None:
        stored = self.threads[thread.base] if thread.place is None else None
        after = {Number(key): value for key, value in stored.emails.items()} if stored else {}
        after.update((number, row) for number, row in emails.items() if row is not None)
        for number in [number for number, row in emails.items() if row is None]:
            after.pop(number, None)
        self._log_thread(thread, stored is not None and stored.is_visible, any(row.visible for row in after.values()))
        if stored is not None and stored.is_whole:
            self.batch.assert_value(self.keys.thread_head(thread.base), stored.head)
        if stored is not None and not after:
            self._forget_thread(thread.base, stored)
            return
        self.batch.put(octets_of(self.keys.thread_head, thread), _change)
        for number, row in emails.items():
            key = octets_of(self.keys.thread_email, thread, number)
            if row is None:
                self.batch.delete(key)
            else:
                self.batch.put(key, encode(row))

    def _log_thread(self, thread: Number, was: bool, now: bool) -> None:
        objects = self._objects[THREAD]
        if was and now:
            objects.updated.append(thread)
        elif was or now:
            (objects.created if now else objects.destroyed).append(thread)

    def _forget_thread(self, thread: int, stored: Thread) -> None:
        self.batch.delete_prefix(self.keys.thread(thread))
        for mark in stored.marks:
            self.batch.delete(self.keys.message_id(mark))

    # Mailboxes

    def _count(self, email: Email | None, place: Place | None, sign: int) -> None:
        if email is not None and place is not None:
            counts = self._counts[place.mailbox]
            for name, amount in weights(email, place).items():
                counts[name] += sign * amount

    def _write_mailboxes(self) -> None:
        for mailbox, counts in self._counts.items():
            for name, amount in counts.items():
                if amount:
                    self.batch.add(self.keys.counter(mailbox, name), amount)
            if any(counts[name] for name in (TOTAL, UNREAD, DELETED)):
                self._objects[MAILBOX].counted.append(Number(mailbox))
        for mailbox in self._touched.keys() | self._vanished.keys():
            self.batch.put(self.keys.highest(mailbox), _change)

    # The log

    def _write_log(self) -> None:
        moved = [(mailbox, self._touched[mailbox], self._vanished[mailbox]) for mailbox in sorted(self._counts)]

        def line(ids: Ids) -> bytes:
            objects = {kind: objects.known(ids) for kind, objects in self._objects.items()}
            return encode(
                LogRecord(
                    self.now,
                    {kind: touched for kind, touched in objects.items() if touched},
                    tuple(
                        Moved(mailbox, numbers_of(here, ids), numbers_of(gone, ids)) for mailbox, here, gone in moved
                    ),
                )
            )

        self.batch.put(octets_of(self.keys.log, CHANGE), line)
        for kind, objects in self._objects.items():
            if objects.created or objects.updated or objects.destroyed or objects.counted:
                self.batch.put(self.keys.latest(kind.encode()), _change)


def arrivals(writing: Writing, ids: Ids) -> tuple[Arrival, ...]:
    """The emails of a change that was executed, in the order of its edits."""
    return tuple(
        Arrival(number.of(ids), thread.of(ids), tuple((mailbox, uid.of(ids)) for mailbox, uid in places))
        for number, thread, places in writing.emails
    )


def new_place(mailbox: int, now: float, *, deleted: bool = False) -> Place:
    """Its UID and its change numbers come when the batch is executed."""
    return Place(mailbox, 0, 0, 0, now, deleted)


def weights(email: Email, place: Place) -> dict[bytes, int]:
    """What one message adds to the counters of its mailbox."""
    seen, draft = "$seen" in email.keywords, "$draft" in email.keywords
    return {
        TOTAL: 1,
        OCTETS: email.size,
        UNSEEN: not seen,
        UNREAD: not (seen or draft or place.deleted),
        DELETED: place.deleted,
    }


def _flips(edit: Edit) -> bool:
    return edit.before is not None and edit.before.is_visible != edit.after.is_visible


def _change(ids: Ids) -> bytes:
    return encode_number(CHANGE.of(ids))


def _known(place: Place, uid: Number, ids: Ids, *, is_new: bool | None) -> Place:
    change = CHANGE.of(ids)
    if is_new is None:
        return place
    created = change if is_new else place.created
    return Place(place.mailbox, uid.of(ids), created, change, place.saved_at, place.deleted)


def _shown(email: Email | None) -> tuple[tuple[str, ...], frozenset[int]]:
    """What JMAP shows of it."""
    assert email is not None
    return email.keywords, frozenset(place.mailbox for place in email.places if not place.deleted)
