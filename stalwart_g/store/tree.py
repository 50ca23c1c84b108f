"""The mailboxes of an account as a tree, at one moment. Does no I/O."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stalwart_g.model.mailbox import INBOX, MAX_DEPTH, MAX_NAME_OCTETS
from stalwart_g.store.records import MailboxRecord, TreeRecord
from stalwart_g.store.refusals import InvalidChange, NoMailbox

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox without what is in it. ``parent_id`` is None at the top, ``role`` is empty where it has none."""

    id: int
    path: Path
    parent_id: int | None
    role: str
    sort_order: int
    uid_validity: int

    @property
    def name(self) -> str:
        return self.path[-1]


class Tree:
    """All mailboxes, in the order in which they are shown: by parents, sort order, name.

    Args:
        octets: the stored value that changes whenever the tree does.
        stored: of each mailbox, the value as it is stored and what it says.
    """

    def __init__(self, octets: bytes, root: TreeRecord, stored: Mapping[int, tuple[bytes, MailboxRecord]]) -> None:
        self.octets, self.root, self._stored = octets, root, stored
        self._children: dict[int, list[int]] = {}
        for number, (_, record) in stored.items():
            self._children.setdefault(record.parent, []).append(number)
        self.mailboxes: dict[int, Mailbox] = {box.id: box for box in self._below(0, ())}
        self._by_path = {box.path: box for box in self.mailboxes.values()}

    def __iter__(self) -> Iterator[Mailbox]:
        return iter(self.mailboxes.values())

    def get(self, mailbox: int) -> Mailbox:
        """Raises: NoMailbox"""
        found = self.mailboxes.get(mailbox)
        if found is None:
            raise NoMailbox(f"there is no mailbox {mailbox}")
        return found

    def at(self, path: Sequence[str]) -> Mailbox | None:
        return self._by_path.get(canonical(path))

    def with_role(self, role: str) -> Mailbox | None:
        return next((box for box in self if box.role == role), None)

    def children(self, mailbox: int) -> list[int]:
        return self._children.get(mailbox, [])

    def record(self, mailbox: int) -> MailboxRecord:
        return self._stored[mailbox][1]

    def stored(self, mailbox: int) -> bytes:
        """The value to assert when something relies on the mailbox.

        Raises:
            NoMailbox
        """
        return self._stored[self.get(mailbox).id][0]

    def subtree(self, mailbox: int) -> list[Mailbox]:
        """The mailbox itself first."""
        top = self.get(mailbox)
        return [top, *self._below(top.id, top.path)]

    def _below(self, parent: int, path: Path) -> Iterator[Mailbox]:
        for number in sorted(self._children.get(parent, ()), key=self._rank):
            record = self._stored[number][1]
            own = (*path, record.name)
            yield Mailbox(number, own, parent or None, record.role, record.sort_order, record.uid_validity)
            yield from self._below(number, own)

    def _rank(self, number: int) -> tuple[int, str, int]:
        record = self._stored[number][1]
        return record.sort_order, record.name.casefold(), number


def canonical(path: Iterable[str]) -> Path:
    """Names in the form in which they are compared: INBOX in any case is one, the rest exactly, composed (NFC)."""
    levels = tuple(unicodedata.normalize("NFC", level) for level in path)
    return (INBOX, *levels[1:]) if levels and levels[0].upper() == INBOX else levels


def check_path(path: Path) -> Path:
    """Raises: InvalidChange"""
    if not 0 < len(path) <= MAX_DEPTH:
        raise InvalidChange(f"mailboxes have 1 to {MAX_DEPTH} levels, not {len(path)}")
    for name in path:
        if not name or not name.isprintable() or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_OCTETS:
            raise InvalidChange(f"no mailbox can have the name {name!r}")
    return path
