"""Filing a message into the mailboxes of an account, wherever scripts want it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from stalwart_g.delivery.plan import Store
from stalwart_g.model.errors import Deferred
from stalwart_g.model.flags import keyword
from stalwart_g.model.mailbox import INBOX, ROLES, InvalidName, number_of, path_of
from stalwart_g.observe import maillog
from stalwart_g.store.memory import Thing
from stalwart_g.store.messages import MailStore, OverQuota
from stalwart_g.store.refusals import InvalidChange, NoMailbox, RoleTaken
from stalwart_g.store.tree import Mailbox


class Filing:
    """The mailboxes of all accounts."""

    def __init__(self, mail: MailStore) -> None:
        self._mail = mail

    def box(self, account: str) -> Box:
        return Box(self._mail, account)


class Box:
    """The mailboxes of one account."""

    def __init__(self, mail: MailStore, account: str) -> None:
        self._mail, self.account = mail, account
        self._account = mail.account_id(account)

    def has(self, mailbox: str) -> bool:
        """Is there such a mailbox?"""
        return self._named(mailbox) is not None

    def has_id(self, text: str) -> bool:
        """Is there a mailbox of this id? (RFC 8474)"""
        return self._of_id(text) is not None

    def has_uses(self, mailbox: str | None, uses: Sequence[str]) -> bool:
        """Has it all these uses; if None, is there a mailbox for each? (RFC 8579 section 3)"""
        if mailbox is None:
            return all(self._mail.mailbox_by_role(self._account, use) is not None for use in uses)
        found = self._named(mailbox)
        return found is not None and {found.role} >= set(uses)

    # What was seen before

    def knows(self, thing: Thing, *, delivery: str) -> bool:
        """See ``Memory.knows``."""
        return self._mail.memory.knows(self._account, thing, delivery=delivery)

    def claim(self, thing: Thing, seconds: float, *, delivery: str, renew: bool = False) -> bool:
        """See ``Memory.claim``."""
        return self._mail.memory.claim(self._account, thing, seconds, delivery=delivery, renew=renew)

    # Storing

    def used_octets(self) -> int:
        return self._mail.used_octets(self._account)

    def file(
        self,
        octets: bytes,
        stores: Sequence[Store],
        *,
        key: str,
        received_at: float,
        quota_octets: int,
        message_id: str,
    ) -> bool:
        """Store one message into all these mailboxes, once for each ``key``; False where the quota has no room.

        A mailbox that is not there and is not to be made means the inbox.

        Raises:
            Deferred: the store does not answer, or a mailbox went meanwhile.
        """
        try:
            self._mail.ingest(
                self._account,
                octets,
                self._targets(stores, message_id),
                received_at,
                idempotency=key,
                quota_octets=quota_octets or None,
            )
        except OverQuota:
            return False
        except NoMailbox as error:
            raise Deferred(f"a mailbox went while it was to be filled: {error}", "4.2.0") from error
        return True

    def _targets(self, stores: Sequence[Store], message_id: str) -> list[tuple[int, Sequence[str]]]:
        """Each mailbox with all keywords that the message has there."""
        flags: dict[int, list[str]] = {}
        for store in stores:
            mailbox = self._find(store)
            if mailbox is None:
                maillog.misfiled(account=self.account, mailbox=store.mailbox, message_id=message_id)
                mailbox = self._inbox()
            flags.setdefault(mailbox, []).extend(filter(None, map(keyword, store.flags)))
        return [(mailbox, tuple(dict.fromkeys(keywords))) for mailbox, keywords in flags.items()]

    def _inbox(self) -> int:
        inbox = self._find(Store(INBOX, create=True))
        assert inbox is not None, "INBOX is a valid name"
        return inbox

    def _find(self, store: Store) -> int | None:
        """By id; else by use, the named one if it has it; else by name, made if it may be (RFC 9042, RFC 8579)."""
        named = self._named(store.mailbox)
        found = self._of_id(store.mailbox_id) if store.mailbox_id else None
        if found is None and store.special_use:
            has_it = named is not None and named.role == store.special_use
            found = named if has_it else self._mail.mailbox_by_role(self._account, store.special_use)
        found = found or named
        if found is None and store.create:
            found = self._made(store)
        return None if found is None else found.id

    def _made(self, store: Store) -> Mailbox | None:
        """A new mailbox; it gets the use for which it was wanted."""
        path = _path(store.mailbox)
        if path is None:
            return None
        try:
            found = self._mail.create_mailbox(self._account, path)
        except InvalidChange:
            return None
        if store.special_use in ROLES and not found.role:
            with suppress(RoleTaken):  # by another delivery, just now
                self._mail.set_role(self._account, found.id, store.special_use)
        return found

    def _named(self, name: str) -> Mailbox | None:
        path = _path(name)
        return None if path is None else self._mail.mailbox_by_path(self._account, path)

    def _of_id(self, text: str) -> Mailbox | None:
        number = number_of(text)
        return next((each for each in self._mail.mailboxes(self._account) if each.id == number), None)


def _path(name: str) -> Sequence[str] | None:
    try:
        return path_of(name)
    except InvalidName:
        return None
