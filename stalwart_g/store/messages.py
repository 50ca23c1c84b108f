"""Mailboxes and messages of all accounts: what delivery, IMAP, JMAP and the commands use.

Thin: each part lives in a module of its own. Accounts, mailboxes, emails and threads are known by number; a message of
a mailbox by its UID, too. Every call waits cooperatively, and any number of greenlets and processes may use one store.

Raises:
    StoreUnavailable: from any call; nothing was done.
    Corrupt: from any call that meets what it cannot read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from sieve.message import Message
from stalwart_g.store import changes, deliveries, reading
from stalwart_g.store.accounts import Accounts
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.changes import CHANGES_MAX, Changes, Resync
from stalwart_g.store.description import loaded
from stalwart_g.store.edits import Edits
from stalwart_g.store.errors import StoreBusy
from stalwart_g.store.flags import Flags
from stalwart_g.store.ground import Ground, Listener
from stalwart_g.store.handling import Copied, Flagged, Handling, Labels
from stalwart_g.store.ingest import Ingest, Target
from stalwart_g.store.interface import Store
from stalwart_g.store.keys import Keys
from stalwart_g.store.mailboxes import FOLDERS, Folder, Mailboxes
from stalwart_g.store.memory import Memory
from stalwart_g.store.reading import Counts, View
from stalwart_g.store.records import Arrival, Details, Email, Row
from stalwart_g.store.refusals import HasMessages, NoMessage, OverQuota
from stalwart_g.store.tree import Mailbox, Path

__all__ = ["MailStore", "OverQuota"]

LOG_ROWS_MAX = 100_000
LOG_SECONDS = 30 * 86400.0
DELIVERY_SECONDS = 30 * 86400.0
"""Longer than anybody tries a delivery again."""
_DELETE_TRIES = 20


class MailStore:
    """Mail in a store and a folder of blobs.

    Args:
        clock: unix time in seconds.
        folders: the mailboxes that each account has from the beginning.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        *,
        clock: Callable[[], float] = time.time,
        folders: Sequence[Folder] = FOLDERS,
    ) -> None:
        self._ground = Ground(store, blobs, clock)
        self._store = store
        self._accounts = Accounts(self._ground)
        self._mailboxes = Mailboxes(self._ground, folders)
        self._ingest = Ingest(self._ground, self._mailboxes)
        self._handling = Handling(self._ground, self._mailboxes)
        self._edits = Edits(self._ground)
        self.memory = Memory(store, clock)

    def subscribe_changes(self, listener: Listener) -> Callable[[], None]:
        """Call it with account and change number after each change that this process makes; returns what ends that."""
        return self._ground.subscribe(listener)

    # Accounts

    def account_id(self, name: str) -> int:
        """The number of an account; a new one at first sight."""
        return self._accounts.id_of(name)

    def find_account(self, name: str) -> int | None:
        """The number of an account that has one."""
        return self._accounts.find(name)

    def account_name(self, account: int) -> str:
        """Raises: NoAccount"""
        return self._accounts.name_of(account)

    def accounts(self) -> Iterator[tuple[int, str]]:
        """All numbers and names."""
        return self._accounts.all()

    def rename_account(self, old: str, new: str) -> None:
        """Raises: NoAccount, AccountExists"""
        self._accounts.rename(old, new)

    def delete_account(self, name: str) -> None:
        """The account with all its mail; if that is interrupted, `finish_deletions` goes on.

        Raises:
            NoAccount
        """
        self._accounts.delete(name)

    def finish_deletions(self) -> int:
        """Go on with deletions of accounts that were interrupted: how many."""
        return self._accounts.finish_deletions()

    # Mailboxes

    def mailboxes(self, account: int) -> list[Mailbox]:
        """All, parents before children, by sort order and name."""
        return list(self._mailboxes.tree(account))

    def mailbox(self, account: int, mailbox: int) -> Mailbox:
        """Raises: NoMailbox"""
        return self._mailboxes.tree(account).get(mailbox)

    def mailbox_by_path(self, account: int, path: Sequence[str]) -> Mailbox | None:
        return self._mailboxes.tree(account).at(path)

    def mailbox_by_role(self, account: int, role: str) -> Mailbox | None:
        return self._mailboxes.tree(account).with_role(role)

    def create_mailbox(
        self, account: int, path: Sequence[str], *, is_new: bool = False, subscribed: bool = True
    ) -> Mailbox:
        """The mailbox with this path, made with its parents unless it is there (an error if it ``is_new``).

        Raises:
            MailboxExists, InvalidChange
        """
        return self._mailboxes.create(account, path, is_new=is_new, subscribed=subscribed)

    def move_mailbox(self, account: int, mailbox: int, path: Sequence[str]) -> Mailbox:
        """Rename it, with all below it.

        Raises:
            NoMailbox, MailboxExists, InvalidChange, Protected
        """
        return self._mailboxes.move(account, mailbox, path)

    def delete_mailbox(self, account: int, mailbox: int, *, with_messages: bool = False) -> None:
        """Messages that are in no other mailbox go with it.

        Raises:
            NoMailbox, Protected, HasChildren
            HasMessages: it is not empty, and its messages are not to go.
        """
        for _ in range(_DELETE_TRIES):
            self._mailboxes.check_deletable(self._mailboxes.tree(account), mailbox)
            if with_messages:
                self._handling.empty(account, mailbox)
            try:
                return self._mailboxes.delete(account, mailbox)
            except HasMessages:
                if not with_messages:
                    raise
        raise StoreBusy(f"mailbox {mailbox} is filled faster than it can be emptied")

    def set_role(self, account: int, mailbox: int, role: str) -> None:
        """Empty: none.

        Raises:
            NoMailbox, RoleTaken, Protected, InvalidChange
        """
        self._mailboxes.set_role(account, mailbox, role)

    def set_sort_order(self, account: int, mailbox: int, sort_order: int) -> None:
        """Raises: NoMailbox, InvalidChange"""
        self._mailboxes.set_sort_order(account, mailbox, sort_order)

    def subscribe(self, account: int, mailbox: int, user: int) -> None:
        """Raises: NoMailbox"""
        self._mailboxes.subscribe(account, mailbox, user)

    def unsubscribe(self, account: int, path: Sequence[str], user: int) -> None:
        """From a name, whether there is such a mailbox or not."""
        self._mailboxes.unsubscribe(account, path, user)

    def subscribed(self, account: int, user: int) -> set[int]:
        """Mailboxes that a user has subscribed."""
        return self._mailboxes.subscribed(account, user)

    def missed(self, account: int, user: int) -> list[Path]:
        """Names that a user has subscribed and no mailbox has."""
        return self._mailboxes.missed(account, user)

    # New messages

    def ingest(
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
        """Store a message into mailboxes, all or nothing; durable when this returns.

        Mailboxes with the same keywords share one email, others get one of their own: keywords belong to the email.

        Args:
            idempotency: not empty: it is stored once for each of these, and a later call returns what the first did.
            quota_octets: what the account may hold.
            deleted: with IMAP's ``\\Deleted``.

        Raises:
            OverQuota, NoMailbox, NoAccount
        """
        return self._ingest.store(
            account, octets, targets, received_at, idempotency=idempotency, quota_octets=quota_octets, deleted=deleted
        )

    def forget_deliveries(self, account: int, *, before: float) -> int:
        """Forget idempotency keys that were used before this time: how many."""
        return deliveries.forget(self._store, account, before)

    # Messages that are there

    def list(self, account: int, mailbox: int, *, after_uid: int = 0, limit: int | None = None) -> Sequence[Row]:
        """The messages of a mailbox in the order of their UIDs."""
        return reading.rows(self._store, account, mailbox, after_uid=after_uid, limit=limit)

    def rows(self, account: int, mailbox: int, uids: Iterable[int]) -> Sequence[Row]:
        """Those of these UIDs that are there, in their order."""
        return reading.rows_of(self._store, account, mailbox, uids)

    def email(self, account: int, email: int) -> Email:
        """Raises: NoMessage"""
        return self._edits.email(account, email)

    def emails(self, account: int, emails: Sequence[int]) -> dict[int, Email]:
        """Those that are there."""
        return {read.id: read.email for read in self._edits.read(account, emails)}

    def details(self, account: int, emails: Iterable[int]) -> dict[int, Details]:
        """What never changes of those that are there."""
        return reading.details(self._store, account, emails)

    def read(self, account: int, email: int) -> bytes:
        """The octets.

        Raises:
            NoMessage
        """
        return self._ground.blobs.get(self._edits.email(account, email).blob)

    def message(self, account: int, email: int) -> Message:
        """The parsed message.

        Raises:
            NoMessage
        """
        octets = self.read(account, email)
        details = self.details(account, [email]).get(email)
        if details is None:
            raise NoMessage(f"there is no email {email} any more")
        return loaded(octets, details)

    def thread(self, account: int, thread: int) -> Sequence[int]:
        """The emails of a thread, oldest first."""
        return reading.thread(self._store, account, thread)

    def store_flags(
        self, account: int, mailbox: int, uids: Iterable[int], flags: Flags, *, unchanged_since: int | None = None
    ) -> Flagged:
        """Change the flags of messages of a mailbox (RFC 7162 for ``unchanged_since``).

        Raises:
            TooManyKeywords
        """
        return self._handling.flag(account, mailbox, uids, flags, unchanged_since=unchanged_since)

    def copy(
        self, account: int, mailbox: int, uids: Iterable[int], target: int, *, quota_octets: int | None = None
    ) -> Copied:
        """Put messages into another mailbox, too; a second email where it is there already.

        Raises:
            NoMailbox, OverQuota
        """
        return self._handling.copy(account, mailbox, uids, target, quota_octets=quota_octets)

    def move(
        self, account: int, mailbox: int, uids: Iterable[int], target: int, *, quota_octets: int | None = None
    ) -> Copied:
        """Take messages from one mailbox to another; within one mailbox they get new UIDs.

        Raises:
            NoMailbox, OverQuota
        """
        return self._handling.move(account, mailbox, uids, target, quota_octets=quota_octets)

    def expunge(self, account: int, mailbox: int, uids: Iterable[int] | None = None) -> Sequence[int]:
        """Take out those that are marked ``\\Deleted``, of these UIDs or of all: the UIDs that are gone."""
        return self._handling.expunge(account, mailbox, uids)

    def update(
        self, account: int, emails: Iterable[int], *, flags: Flags | None = None, labels: Labels | None = None
    ) -> set[int]:
        """Change keywords and mailboxes of emails, as JMAP does: those that are there.

        ``labels`` gets the mailboxes that an email is in and returns those that it shall be in; none: it is destroyed.

        Raises:
            NoMailbox, TooManyKeywords
        """
        return self._handling.update(account, emails, flags=flags, labels=labels)

    def destroy(self, account: int, emails: Iterable[int]) -> set[int]:
        """Take emails out of all mailboxes: those that were there."""
        return self._handling.destroy(account, emails)

    # Counts

    def used_octets(self, account: int) -> int:
        """What counts against the quota."""
        return self._store.counter(Keys(account).used())

    def counts(self, account: int) -> dict[int, Counts]:
        """By mailbox; those that nothing was ever in may be missing."""
        return reading.counts(self._store, account)

    def view(self, account: int, mailbox: int) -> View:
        """A mailbox at one moment: counts, HIGHESTMODSEQ and all UIDs.

        Raises:
            NoMailbox
        """
        return reading.view(self._ground, account, self.mailbox(account, mailbox))

    # Changes

    def state(self, account: int, kind: str) -> str:
        """The state of a type of objects: `writing.EMAIL`, `MAILBOX`, `THREAD` or `EMAIL_DELIVERY`."""
        return changes.state(self._store, account, kind)

    def changes(self, account: int, kind: str, since: str, maximum: int = CHANGES_MAX) -> Changes:
        """What has changed since a state.

        Raises:
            CannotCalculate
        """
        return changes.changes(self._store, account, kind, since, maximum)

    def changed_since(self, account: int, mailbox: int, modseq: int) -> Sequence[Row]:
        """Messages with a greater MODSEQ."""
        return reading.changed_since(self._store, account, mailbox, modseq)

    def resync(self, account: int, mailbox: int, modseq: int) -> Resync:
        """UIDs that were touched, and that vanished, since.

        Raises:
            CannotCalculate: any UID that is not there may have vanished since.
        """
        return changes.resync(self._store, account, mailbox, modseq)

    def truncate_log(self, account: int, *, before: float, keep: int = LOG_ROWS_MAX) -> int:
        """Forget changes before this time, and all but the last ``keep``: how many."""
        return changes.truncate(self._store, account, before=before, keep=keep)

    def tidy(self, *, log_seconds: float = LOG_SECONDS, delivery_seconds: float = DELIVERY_SECONDS) -> int:
        """Forget what is too old in all accounts, and go on with deletions: how many rows went; best once a day."""
        self.finish_deletions()
        now, count = self._ground.clock(), 0
        for account, _ in self.accounts():
            count += self.truncate_log(account, before=now - log_seconds)
            count += self.forget_deliveries(account, before=now - delivery_seconds)
        return count
