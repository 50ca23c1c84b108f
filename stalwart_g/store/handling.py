"""What IMAP and JMAP do with messages that are there: flag, copy, move, expunge, relabel, destroy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as default

from msgspec.structs import replace

from stalwart_g.store.edits import STEP_EMAILS, Edits, Read
from stalwart_g.store.errors import Corrupt
from stalwart_g.store.flags import Flags
from stalwart_g.store.ground import Ground
from stalwart_g.store.keys import DELETED, Keys
from stalwart_g.store.mailboxes import Mailboxes
from stalwart_g.store.reading import rows, rows_of
from stalwart_g.store.records import Email, Place, Row
from stalwart_g.store.writing import Edit, Writing, new_place


@dataclass(slots=True)
class Flagged:
    """What STORE did.

    Attributes:
        rows: the messages that it was for, as they are now, by UID.
        modified: UIDs that have changed since the client last looked, and were left alone.
        change: the number of the last change; 0 where nothing was to be changed.
    """

    rows: list[Row] = default(default_factory=list)
    modified: list[int] = default(default_factory=list)
    change: int = 0


@dataclass(slots=True)
class Copied:
    """What COPY and MOVE did: old and new UIDs in the same order."""

    uid_validity: int
    source: list[int] = default(default_factory=list)
    target: list[int] = default(default_factory=list)
    change: int = 0


Labels = Callable[[frozenset[int]], Collection[int]]
"""From the mailboxes that an email is in to those that it shall be in."""


class Handling:
    """Messages of all accounts."""

    def __init__(self, ground: Ground, mailboxes: Mailboxes) -> None:
        self._ground, self._store, self._mailboxes = ground, ground.store, mailboxes
        self._edits = Edits(ground)

    def flag(
        self, account: int, mailbox: int, uids: Iterable[int], flags: Flags, *, unchanged_since: int | None = None
    ) -> Flagged:
        """See `MailStore.store_flags`."""
        before, late = self._rows(account, mailbox, uids), set[int]()

        def decide(writing: Writing, emails: Sequence[Read]) -> None:
            for read in emails:
                place = read.email.place_in(mailbox)
                if place is None:
                    continue
                late.discard(place.uid)
                if unchanged_since is not None and place.modseq > unchanged_since:
                    late.add(place.uid)
                    continue
                after = flags.email(read.email, mailbox)
                if after != read.email:
                    writing.add(read.to(after))

        done = self._edits.edit(account, [row.email_id for row in before.values()], decide)
        now = self._rows(account, mailbox, before.keys() - late)
        change = done[-1].change if done else 0
        return Flagged([now[uid] for uid in sorted(now)], sorted(late), change)

    def copy(
        self, account: int, mailbox: int, uids: Iterable[int], target: int, *, quota_octets: int | None = None
    ) -> Copied:
        """See `MailStore.copy`."""
        return self._transfer(account, mailbox, uids, target, quota_octets=quota_octets)

    def move(
        self, account: int, mailbox: int, uids: Iterable[int], target: int, *, quota_octets: int | None = None
    ) -> Copied:
        """See `MailStore.move`."""
        return self._transfer(account, mailbox, uids, target, quota_octets=quota_octets, is_move=True)

    def expunge(self, account: int, mailbox: int, uids: Iterable[int] | None = None) -> list[int]:
        """See `MailStore.expunge`."""
        if uids is None:
            uids = self._deleted(account, mailbox)
        return self._remove(account, self._rows(account, mailbox, uids), mailbox, only_deleted=True)

    def empty(self, account: int, mailbox: int) -> None:
        """Take everything out of a mailbox; what is in no other is gone."""
        while some := {row.uid: row for row in rows(self._store, account, mailbox, limit=STEP_EMAILS)}:
            self._remove(account, some, mailbox, only_deleted=False)

    def destroy(self, account: int, emails: Iterable[int]) -> set[int]:
        """See `MailStore.destroy`."""

        def decide(writing: Writing, reads: Sequence[Read]) -> None:
            for read in reads:
                writing.add(read.to(replace(read.email, places=()), tag=read.id))

        return {tag for done in self._edits.edit(account, list(emails), decide) for tag in done.tags}

    def update(
        self, account: int, emails: Iterable[int], *, flags: Flags | None = None, labels: Labels | None = None
    ) -> set[int]:
        """See `MailStore.update`."""
        found = set[int]()

        def decide(writing: Writing, reads: Sequence[Read]) -> None:
            tree, targets = self._mailboxes.tree(account), set[int]()
            for read in reads:
                found.add(read.id)
                after = read.email if flags is None else flags.email(read.email)
                after = after if labels is None else _relabelled(after, labels, self._ground.clock())
                targets.update(place.mailbox for place in after.places if not place.uid)
                if after != read.email:
                    writing.add(read.to(after))
            for mailbox in targets:
                writing.batch.assert_value(writing.keys.mailbox(mailbox), tree.stored(mailbox))

        self._edits.edit(account, list(emails), decide)
        return found

    def _transfer(
        self,
        account: int,
        mailbox: int,
        uids: Iterable[int],
        target: int,
        *,
        quota_octets: int | None,
        is_move: bool = False,
    ) -> Copied:
        result = Copied(self._mailboxes.tree(account).get(target).uid_validity)

        def decide(writing: Writing, reads: Sequence[Read]) -> None:
            writing.batch.assert_value(writing.keys.mailbox(target), self._mailboxes.tree(account).stored(target))
            for read in reads:
                place = read.email.place_in(mailbox)
                if place is not None:
                    self._add_transfer(writing, read, place, target, is_move=is_move)

        emails = [row.email_id for _, row in sorted(self._rows(account, mailbox, uids).items())]
        for done in self._edits.edit(account, emails, decide, quota_octets=quota_octets):
            result.change = done.change
            for tag, email in zip(done.tags, done.emails, strict=True):
                if tag:
                    result.source.append(tag)
                    result.target.append(next(uid for there, uid in email.places if there == target))
        return result

    def _add_transfer(self, writing: Writing, read: Read, place: Place, target: int, *, is_move: bool) -> None:
        """A mailbox has an email once: where it has it already, there will be a second email with the same octets."""
        email, copy = read.email, new_place(target, writing.now, deleted=place.deleted)
        rest = tuple(each for each in email.places if each is not place) if is_move else email.places
        if not any(each.mailbox == target for each in rest):
            writing.add(read.to(replace(email, places=(*rest, copy)), tag=place.uid))
            return
        details = self._store.get(writing.keys.details(read.id))
        if details is None:
            raise Corrupt(f"account {writing.keys.account}: email {read.id} has no details")
        writing.add(Edit(replace(email, charged=email.size, places=(copy,)), details=details, tag=place.uid))
        if is_move:
            writing.add(read.to(replace(email, places=rest)))
        else:
            writing.batch.assert_value(writing.keys.email(read.id), read.octets)

    def _remove(self, account: int, wanted: dict[int, Row], mailbox: int, *, only_deleted: bool) -> list[int]:
        def decide(writing: Writing, reads: Sequence[Read]) -> None:
            for read in reads:
                place = read.email.place_in(mailbox)
                if place is not None and place.uid in wanted and (place.deleted or not only_deleted):
                    rest = tuple(each for each in read.email.places if each is not place)
                    writing.add(read.to(replace(read.email, places=rest), tag=place.uid))

        emails = [row.email_id for _, row in sorted(wanted.items())]
        return [tag for done in self._edits.edit(account, emails, decide) for tag in done.tags]

    def _rows(self, account: int, mailbox: int, uids: Iterable[int]) -> dict[int, Row]:
        return {row.uid: row for row in rows_of(self._store, account, mailbox, uids)}

    def _deleted(self, account: int, mailbox: int) -> list[int]:
        if not self._store.counter(Keys(account).counter(mailbox, DELETED)):
            return []
        return [row.uid for row in rows(self._store, account, mailbox) if row.deleted]


def _relabelled(email: Email, labels: Labels, now: float) -> Email:
    """``\\Deleted`` hides a place: it is in none of the labels, and comes to light when its mailbox is asked for."""
    wanted = frozenset(labels(frozenset(place.mailbox for place in email.places if not place.deleted)))
    kept = tuple(
        replace(place, deleted=False) if place.mailbox in wanted else place
        for place in email.places
        if place.deleted or place.mailbox in wanted
    )
    there = {place.mailbox for place in kept}
    return replace(email, places=(*kept, *(new_place(mailbox, now) for mailbox in sorted(wanted - there))))
