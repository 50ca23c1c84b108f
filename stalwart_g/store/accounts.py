"""Accounts by name and by number. A number is given at first sight, and never again to anybody else."""

from __future__ import annotations

from collections.abc import Iterator

from stalwart_g.store import keys
from stalwart_g.store.batch import Batch, Ids
from stalwart_g.store.ground import Ground, settled
from stalwart_g.store.keys import Keys, last_number
from stalwart_g.store.records import Email, decode, decode_number, decode_text, encode_number, encode_text
from stalwart_g.store.references import unlink
from stalwart_g.store.refusals import AccountExists, NoAccount

_STEP_ROWS = 500


class Accounts:
    """All accounts of a store."""

    def __init__(self, ground: Ground) -> None:
        self._store = ground.store

    def id_of(self, name: str) -> int:
        """The account's number; a new one at first sight."""
        if not name:
            raise ValueError("an account without a name")
        return settled(lambda: self.find(name) or self._create(name))

    def find(self, name: str) -> int | None:
        """The account's number, if it has one."""
        return decode_number(self._store.get(keys.account_name(name))) or None

    def name_of(self, account: int) -> str:
        """Raises: NoAccount"""
        octets = self._store.get(keys.account_id(account))
        if octets is None:
            raise NoAccount(f"there is no account {account}")
        return decode_text(octets)

    def all(self) -> Iterator[tuple[int, str]]:
        """Numbers and names."""
        for key, value in self._store.scan(keys.IDS):
            yield last_number(key), decode_text(value)

    def rename(self, old: str, new: str) -> None:
        """The account keeps its number, and everything under it.

        Raises:
            NoAccount, AccountExists
        """
        settled(lambda: self._rename(old, new))

    def delete(self, name: str) -> None:
        """Nobody finds it any more when the first of many steps is done; see `finish_deletions`.

        Raises:
            NoAccount
        """
        settled(lambda: self._leave(name))
        self.finish_deletions()

    def finish_deletions(self) -> int:
        """Go on with all deletions that were interrupted: how many."""
        leaving = [last_number(key) for key, _ in self._store.scan(keys.LEAVING, keys_only=True)]
        for account in leaving:
            self._clear(account)
        return len(leaving)

    def _create(self, name: str) -> int:
        batch = Batch()
        batch.assert_value(keys.account_name(name), None)
        place = batch.next_id(keys.LAST_ACCOUNT)

        def number(ids: Ids) -> bytes:
            return encode_number(ids[place])

        batch.put(keys.account_name(name), number)
        batch.put(lambda ids: keys.account_id(ids[place]), encode_text(name))
        return self._store.commit(batch).ids[place]

    def _known(self, name: str) -> int:
        account = self.find(name)
        if account is None:
            raise NoAccount(f"there is no account {name}")
        return account

    def _rename(self, old: str, new: str) -> None:
        account = self._known(old)
        if old == new:
            return
        if self.find(new) is not None:
            raise AccountExists(f"there is an account {new} already")
        batch = Batch()
        batch.assert_value(keys.account_name(old), encode_number(account))
        batch.assert_value(keys.account_name(new), None)
        batch.delete(keys.account_name(old))
        batch.put(keys.account_name(new), encode_number(account))
        batch.put(keys.account_id(account), encode_text(new))
        self._store.commit(batch)

    def _leave(self, name: str) -> None:
        """The first step: no name, no number and no mailboxes, so that nothing can be added."""
        account = self._known(name)
        own, batch = Keys(account), Batch()
        batch.assert_value(keys.account_name(name), encode_number(account))
        batch.delete(keys.account_name(name))
        batch.delete(keys.account_id(account))
        batch.put(keys.leaving(account), encode_number(0))
        batch.delete(own.tree())
        batch.delete_prefix(own.mailboxes())
        self._store.commit(batch)

    def _clear(self, account: int) -> None:
        """All further steps."""
        own = Keys(account)
        while self._clear_emails(own):
            pass
        while self._clear_rows(own):
            pass
        settled(lambda: self._clear_counters(own))

    def _clear_counters(self, own: Keys) -> None:
        """The last step. Of two processes that do it at the same time, one finds the marker changed."""
        marker = keys.leaving(own.account)
        while (octets := self._store.get(marker)) is not None:
            counters = [(key, value) for key, value in self._store.counters(own.prefix).items() if value]
            batch = Batch()
            batch.assert_value(marker, octets)
            batch.put(marker, encode_number(decode_number(octets) + 1))
            for key, value in counters[:_STEP_ROWS]:
                batch.add(key, -value)
            if len(counters) <= _STEP_ROWS:
                batch.delete(marker)
            self._store.commit(batch)

    def _clear_emails(self, own: Keys) -> int:
        batch = Batch()
        for key, value in self._store.scan(own.emails(), limit=_STEP_ROWS):
            unlink(batch, decode(Email, value).blob, key)
            batch.delete(key)
            batch.delete(own.details(last_number(key)))
        return self._done(batch)

    def _clear_rows(self, own: Keys) -> int:
        batch = Batch()
        for key, _ in self._store.scan(own.prefix, limit=_STEP_ROWS, keys_only=True):
            batch.delete(key)
        return self._done(batch)

    def _done(self, batch: Batch) -> int:
        if batch:
            self._store.commit(batch)
        return len(batch.operations)
