"""Filing a message into the mailboxes of an account, wherever scripts want it."""

from __future__ import annotations

from collections.abc import Sequence

from stalwart_g.delivery.plan import Store
from stalwart_g.model.flags import keyword
from stalwart_g.model.mailbox import INBOX, InvalidName, path_of
from stalwart_g.observe import maillog
from stalwart_g.store.messages import MailStore, OverQuota


class Filing:
    """The mailboxes of all accounts."""

    def __init__(self, mail: MailStore) -> None:
        self._mail = mail

    def box(self, account: str) -> Box:
        return Box(self._mail, account)


class Box:
    """The mailboxes of one account."""

    def __init__(self, mail: MailStore, account: str) -> None:
        self._mail, self._name = mail, account
        self._account = mail.account_id(account)

    def has(self, mailbox: str) -> bool:
        """Is there such a mailbox?"""
        return self._find(mailbox) is not None

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
            Deferred: the store does not answer.
        """
        flags: dict[int, list[str]] = {}
        for store in stores:
            mailbox = self._find(store.mailbox, create=store.create)
            if mailbox is None:
                maillog.misfiled(account=self._name, mailbox=store.mailbox, message_id=message_id)
                mailbox = self._inbox()
            flags.setdefault(mailbox, []).extend(filter(None, map(keyword, store.flags)))
        try:
            self._mail.ingest(
                self._account,
                octets,
                [(mailbox, tuple(dict.fromkeys(keywords))) for mailbox, keywords in flags.items()],
                received_at,
                idempotency=key,
                quota_octets=quota_octets or None,
            )
        except OverQuota:
            return False
        return True

    def _inbox(self) -> int:
        inbox = self._find(INBOX, create=True)
        assert inbox is not None, "INBOX is a valid name"
        return inbox

    def _find(self, name: str, *, create: bool = False) -> int | None:
        try:
            path = path_of(name)
        except InvalidName:
            return None
        found = self._mail.mailbox_by_path(self._account, path)
        if found is None and create:
            found = self._mail.create_mailbox(self._account, path)
        return None if found is None else found.id
