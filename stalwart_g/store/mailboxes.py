"""Mailboxes: made, moved, marked and deleted (RFC 9051 section 6.3, RFC 8621 section 2).

All changes of an account's tree of mailboxes are decided on the whole tree and assert that it is still the same: names
are unique under a parent, roles in the account, and nothing is ever below itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from stalwart_g.model.mailbox import INBOX, MAX_DEPTH, ROLES
from stalwart_g.store import keys, subscriptions
from stalwart_g.store.errors import Corrupt
from stalwart_g.store.ground import Ground, settled
from stalwart_g.store.keys import TOTAL, Keys, last_number
from stalwart_g.store.late import Number
from stalwart_g.store.records import MailboxRecord, TreeRecord, decode
from stalwart_g.store.refusals import (
    HasChildren,
    HasMessages,
    InvalidChange,
    MailboxExists,
    NoAccount,
    NoMailbox,
    Protected,
    RoleTaken,
)  # fmt: skip
from stalwart_g.store.tree import Mailbox, Path, Tree, canonical, check_path
from stalwart_g.store.tree_change import TreeChange
from stalwart_g.store.writing import MAILBOX, Writing

_CACHE = 2000


@dataclass(frozen=True, slots=True)
class Folder:
    """A mailbox that each account has from the beginning."""

    name: str
    role: str
    sort_order: int


FOLDERS = (
    Folder(INBOX, "inbox", 1),
    Folder("Drafts", "drafts", 2),
    Folder("Sent", "sent", 3),
    Folder("Junk", "junk", 4),
    Folder("Trash", "trash", 5),
    Folder("Archive", "archive", 6),
)
PROTECTED = ("inbox", "trash")
"""Mailboxes with these roles can neither be deleted nor lose their role."""


class Mailboxes:
    """The mailboxes of all accounts.

    Args:
        folders: what an account has when it is first looked at; INBOX must be among them.
    """

    def __init__(self, ground: Ground, folders: Sequence[Folder] = FOLDERS) -> None:
        self._ground, self._store, self._folders = ground, ground.store, folders
        self._cache: OrderedDict[int, Tree] = OrderedDict()

    def tree(self, account: int) -> Tree:
        """The mailboxes as they are now.

        Raises:
            NoAccount
        """
        octets = self._store.get(Keys(account).tree())
        known = self._cache.get(account)
        if known is not None and known.octets == octets:
            self._cache.move_to_end(account)
            return known
        if octets is None:
            settled(lambda: self._begin(account))
        tree = self._cache[account] = self._load(account)
        if len(self._cache) > _CACHE:
            self._cache.popitem(last=False)
        return tree

    def create(self, account: int, path: Sequence[str], *, is_new: bool = False, subscribed: bool = True) -> Mailbox:
        """The mailbox with this path, made with its parents if it is not there.

        Raises:
            MailboxExists: it is there although it should be new.
            InvalidChange: no mailbox can have this path.
        """
        wanted = check_path(canonical(path))

        def attempt() -> Mailbox | None:
            tree = self.tree(account)
            found = tree.at(wanted)
            if found is not None:
                if is_new:
                    raise MailboxExists(f"there is a mailbox {'/'.join(wanted)} already", found.id)
                return found
            change = TreeChange(self._ground, account, tree)
            change.add_path(wanted, subscribed=subscribed)
            change.commit()
            return self.tree(account).at(wanted)

        made = settled(attempt)
        if made is None:
            raise NoMailbox(f"{'/'.join(wanted)} was made, and is gone again")
        return made

    def move(self, account: int, mailbox: int, path: Sequence[str]) -> Mailbox:
        """Give it another path, and all below it with it; parents that are not there are made.

        Raises:
            NoMailbox, MailboxExists, InvalidChange
            Protected: INBOX stays where it is.
        """
        wanted = check_path(canonical(path))
        settled(lambda: self._move(account, mailbox, wanted))
        return self.tree(account).get(mailbox)

    def set_role(self, account: int, mailbox: int, role: str) -> None:
        """Empty: none.

        Raises:
            NoMailbox, RoleTaken, Protected, InvalidChange
        """
        if role and role not in ROLES:
            raise InvalidChange(f"{role} is no role; roles are {', '.join(ROLES)}")
        settled(lambda: self._set_role(account, mailbox, role))

    def set_sort_order(self, account: int, mailbox: int, sort_order: int) -> None:
        """Raises: NoMailbox, InvalidChange"""
        if not 0 <= sort_order < 1 << 31:
            raise InvalidChange(f"{sort_order} is no sort order")

        def attempt() -> None:
            tree = self.tree(account)
            if tree.get(mailbox).sort_order != sort_order:
                change = TreeChange(self._ground, account, tree)
                change.replace(mailbox, sort_order=sort_order)
                change.commit()

        settled(attempt)

    def delete(self, account: int, mailbox: int) -> None:
        """An empty mailbox.

        Raises:
            NoMailbox, Protected, HasChildren, HasMessages
        """
        settled(lambda: self._delete(account, mailbox))

    def check_deletable(self, tree: Tree, mailbox: int) -> None:
        """Raises: NoMailbox, Protected, HasChildren"""
        name = "/".join(tree.get(mailbox).path)
        if tree.get(mailbox).role in PROTECTED:
            raise Protected(f"{name} stays")
        if tree.children(mailbox):
            raise HasChildren(f"there are mailboxes below {name}")

    # Subscriptions

    def subscribe(self, account: int, mailbox: int, user: int) -> None:
        """Raises: NoMailbox"""

        def attempt() -> None:
            tree, writing = self.tree(account), Writing(account, self._ground.clock())
            writing.batch.assert_value(writing.keys.mailbox(mailbox), tree.stored(mailbox))
            subscriptions.subscribe(writing.batch, writing.keys, mailbox, user)
            writing.log(MAILBOX).updated.append(Number(mailbox))
            self._ground.commit(account, writing.finish())

        settled(attempt)

    def unsubscribe(self, account: int, path: Sequence[str], user: int) -> None:
        """From a name, whether there is such a mailbox or not."""
        wanted, writing = canonical(path), Writing(account, self._ground.clock())
        subscriptions.unsubscribe_missed(writing.batch, writing.keys, wanted, user)
        box = self.tree(account).at(wanted)
        if box is not None:
            subscriptions.unsubscribe(writing.batch, writing.keys, box.id, user)
            writing.log(MAILBOX).updated.append(Number(box.id))
        self._ground.commit(account, writing.finish())

    def subscribed(self, account: int, user: int) -> set[int]:
        """Mailboxes that are there."""
        return subscriptions.subscribed(self._store, Keys(account), user) & self.tree(account).mailboxes.keys()

    def missed(self, account: int, user: int) -> list[Path]:
        """Names that are subscribed although no mailbox has them."""
        return subscriptions.missed(self._store, Keys(account), user)

    # How

    def _load(self, account: int) -> Tree:
        own = Keys(account)
        with self._store.snapshot() as reader:
            octets, rows = reader.get(own.tree()), list(reader.scan(own.mailboxes()))
        if octets is None:
            raise NoAccount(f"account {account} has no mailboxes (any more)")
        stored = {last_number(key): (value, decode(MailboxRecord, value)) for key, value in rows}
        tree = Tree(octets, decode(TreeRecord, octets), stored)
        if len(tree.mailboxes) != len(rows):
            raise Corrupt(f"account {account}: {len(rows) - len(tree.mailboxes)} mailboxes hang on nothing")
        return tree

    def _begin(self, account: int) -> None:
        """The first mailboxes of an account."""
        own = Keys(account)
        name = self._store.get(keys.account_id(account))
        if name is None:
            raise NoAccount(f"there is no account {account}")
        if self._store.get(own.tree()) is not None:
            return
        change = TreeChange(self._ground, account, None)
        change.writing.batch.assert_value(keys.account_id(account), name)
        for number, folder in zip(change.ids(len(self._folders)), self._folders, strict=False):
            record = MailboxRecord(folder.name, 0, folder.role, folder.sort_order, 0)
            change.add(number, Number(0), record, subscribed=True)
        change.commit()

    def _move(self, account: int, mailbox: int, path: Path) -> None:
        tree = self.tree(account)
        subtree = tree.subtree(mailbox)
        if subtree[0].path == path:
            return
        if subtree[0].role == "inbox":
            raise Protected("INBOX stays where it is")
        taken = tree.at(path)
        if taken is not None:
            raise MailboxExists(f"there is a mailbox {'/'.join(path)} already", taken.id)
        if path[: len(subtree[0].path)] == subtree[0].path:
            raise InvalidChange("no mailbox can be below itself")
        if max(len(box.path) for box in subtree) - len(subtree[0].path) + len(path) > MAX_DEPTH:
            raise InvalidChange(f"mailboxes have at most {MAX_DEPTH} levels")
        change = TreeChange(self._ground, account, tree)
        parent = change.add_path(path[:-1], subscribed=True)
        change.replace(mailbox, parent, name=path[-1])
        change.commit()

    def _set_role(self, account: int, mailbox: int, role: str) -> None:
        tree = self.tree(account)
        box, holder = tree.get(mailbox), tree.with_role(role) if role else None
        if box.role == role:
            return
        if box.role in PROTECTED:
            raise Protected(f"{'/'.join(box.path)} keeps its role")
        if holder is not None:
            raise RoleTaken(f"{'/'.join(holder.path)} has the role {role}")
        change = TreeChange(self._ground, account, tree)
        change.replace(mailbox, role=role)
        change.commit()

    def _delete(self, account: int, mailbox: int) -> None:
        tree, own = self.tree(account), Keys(account)
        self.check_deletable(tree, mailbox)
        last = self._store.get(own.highest(mailbox))
        if self._store.counter(own.counter(mailbox, TOTAL)) or any(self._store.scan(own.rows(mailbox), limit=1)):
            raise HasMessages(f"there are messages in {'/'.join(tree.get(mailbox).path)}")
        change = TreeChange(self._ground, account, tree)
        change.writing.batch.assert_value(own.highest(mailbox), last)
        change.remove(mailbox)
        change.commit()
