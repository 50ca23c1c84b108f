"""One change of an account's tree of mailboxes, which asserts that the tree is still the one it was decided on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from stalwart_g.store.batch import Ids
from stalwart_g.store.ground import Ground
from stalwart_g.store.keys import Keys
from stalwart_g.store.late import Number, octets_of, row_of_ids
from stalwart_g.store.records import MailboxRecord, TreeRecord, encode
from stalwart_g.store.subscriptions import put_missed, revive, subscribe_new
from stalwart_g.store.tree import Path, Tree
from stalwart_g.store.writing import CHANGE, MAILBOX, Writing

SORT_ORDER = 10
"""Of mailboxes that nobody gave another."""


class TreeChange:
    """Collects what is to be done, then commits it in one batch.

    Args:
        tree: what was decided on; None where the account has no mailboxes yet.
    """

    def __init__(self, ground: Ground, account: int, tree: Tree | None) -> None:
        self._ground, self._account, self._tree = ground, account, tree
        self._now = ground.clock()
        self._validity = tree.root.uid_validity if tree else 0
        self.keys = Keys(account)
        self.writing = Writing(account, self._now)
        self.writing.batch.assert_value(self.keys.tree(), tree.octets if tree else None)

    def ids(self, count: int) -> Iterator[Number]:
        """Numbers of new mailboxes."""
        return row_of_ids(self.writing.batch.next_id(self.keys.last_mailbox(), count))

    def add(self, number: Number, parent: Number, record: MailboxRecord, *, subscribed: bool) -> None:
        """A new mailbox; it gets its parent and its UIDVALIDITY here."""
        self._validity = max(int(self._now), self._validity + 1)
        validity, batch = self._validity, self.writing.batch

        def value(ids: Ids) -> bytes:
            return encode(replace(record, parent=parent.of(ids), uid_validity=validity))

        batch.put(octets_of(self.keys.mailbox, number), value)
        if subscribed:
            subscribe_new(batch, self.keys, number)
        self.writing.log(MAILBOX).created.append(number)

    def add_path(self, path: Path, *, subscribed: bool) -> Number:
        """What is missing of a path: the number of its end."""
        assert self._tree is not None
        known = max((length for length in range(1, len(path) + 1) if self._tree.at(path[:length])), default=0)
        box = self._tree.at(path[:known])
        number = Number(box.id if box else 0)
        ids = self.ids(len(path) - known) if known < len(path) else iter(())
        for depth in range(known, len(path)):
            parent, number = number, next(ids)
            self.add(number, parent, MailboxRecord(path[depth], 0, "", SORT_ORDER, 0), subscribed=subscribed)
            revive(self._ground.store, self.writing.batch, self.keys, (path[: depth + 1], number))
        return number

    def replace(self, mailbox: int, parent: Number | None = None, **changes: Any) -> None:
        """Other fields for a mailbox."""
        assert self._tree is not None
        record = replace(self._tree.record(mailbox), **changes)
        above = Number(record.parent) if parent is None else parent
        self.writing.batch.put(self.keys.mailbox(mailbox), lambda ids: encode(replace(record, parent=above.of(ids))))
        self.writing.log(MAILBOX).updated.append(Number(mailbox))

    def remove(self, mailbox: int) -> None:
        """An empty mailbox, and all that is known of it; who subscribed it stays subscribed to its name."""
        assert self._tree is not None
        batch, store = self.writing.batch, self._ground.store
        put_missed(store, batch, self.keys, self._tree.get(mailbox))
        batch.delete(self.keys.mailbox(mailbox))
        batch.delete(self.keys.highest(mailbox))
        for counter, value in store.counters(self.keys.counters(mailbox)).items():
            batch.add(counter, -value)
        self.writing.log(MAILBOX).destroyed.append(Number(mailbox))

    def commit(self) -> None:
        """Raises: AssertionFailed"""
        validity = self._validity
        batch = self.writing.finish()
        batch.put(self.keys.tree(), lambda ids: encode(TreeRecord(CHANGE.of(ids), validity)))
        self._ground.commit(self._account, batch)
