"""Where things are: the keys of accounts, mailboxes and messages. Numbers are big-endian, so that they sort. No I/O.

The table of all keys is in this folder's README.
"""

from __future__ import annotations

import hashlib
import struct

ACCOUNTS, MAIL = b"A", b"M"
"""The key spaces that belong to the modules for mail."""

NAMES, IDS, LEAVING = ACCOUNTS + b"n", ACCOUNTS + b"i", ACCOUNTS + b"d"
"""Of accounts: name to id, id to name, id of one that is being deleted."""
LAST_ACCOUNT = ACCOUNTS + b"c"
"""The counter of account ids."""

TOTAL, OCTETS, UNSEEN, UNREAD, DELETED, LAST_UID = b"t", b"o", b"s", b"u", b"d", b"n"
"""The counters of a mailbox."""

_U32, _U64 = struct.Struct(">I").pack, struct.Struct(">Q").pack


def account_name(name: str) -> bytes:
    """Long names are known by their digest: keys are short."""
    octets = name.encode("utf-8", "surrogatepass")
    return NAMES + (octets if len(octets) <= 255 else b"\xff" + digest(octets))


def account_id(account: int) -> bytes:
    return IDS + _U32(account)


def leaving(account: int) -> bytes:
    return LEAVING + _U32(account)


def digest(*parts: bytes) -> bytes:
    """16 octets that stand for all of these."""
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()


def last_number(key: bytes) -> int:
    """The 32-bit number at the end of a key."""
    return int.from_bytes(key[-4:], "big")


class Keys:
    """The keys of one account, all under one prefix."""

    __slots__ = ("account", "prefix")

    def __init__(self, account: int) -> None:
        self.account, self.prefix = account, MAIL + _U32(account)

    # Mailboxes

    def tree(self) -> bytes:
        """Changes with each change of any mailbox's name, parent, role or order."""
        return self.prefix + b"a"

    def mailboxes(self) -> bytes:
        return self.prefix + b"b"

    def mailbox(self, mailbox: int) -> bytes:
        return self.prefix + b"b" + _U32(mailbox)

    def highest(self, mailbox: int) -> bytes:
        """The last change of what is in a mailbox."""
        return self.prefix + b"h" + _U32(mailbox)

    def subscribed(self, mailbox: int | None = None) -> bytes:
        """Who subscribed a mailbox that exists."""
        return self.prefix + b"s" + (b"" if mailbox is None else _U32(mailbox))

    def subscription(self, mailbox: int, user: int) -> bytes:
        return self.subscribed(mailbox) + _U32(user)

    def missed(self, path: tuple[str, ...] = ()) -> bytes:
        """Who subscribed a name that no mailbox has (any more)."""
        return self.prefix + b"z" + (digest(*(level.encode() for level in path)) if path else b"")

    def missed_by(self, path: tuple[str, ...], user: int) -> bytes:
        return self.missed(path) + _U32(user)

    # Messages

    def emails(self) -> bytes:
        return self.prefix + b"e"

    def email(self, email: int) -> bytes:
        return self.prefix + b"e" + _U32(email)

    def details(self, email: int) -> bytes:
        return self.prefix + b"d" + _U32(email)

    def rows(self, mailbox: int | None = None) -> bytes:
        return self.prefix + b"u" + (b"" if mailbox is None else _U32(mailbox))

    def row(self, mailbox: int, uid: int) -> bytes:
        return self.prefix + b"u" + _U32(mailbox) + _U32(uid)

    def delivery(self, name: str) -> bytes:
        """What became of a delivery with this idempotency key."""
        return self.prefix + b"y" + digest(name.encode("utf-8", "surrogatepass"))

    def deliveries(self) -> bytes:
        return self.prefix + b"y"

    def memory(self, mark: bytes) -> bytes:
        """Something that deliveries remember, by the digest of what it is."""
        return self.prefix + b"rk" + mark

    def memory_ends(self, end: bytes = b"") -> bytes:
        """The same by the time until which it is known; the digest follows."""
        return self.prefix + b"re" + end

    # Threads

    def message_ids(self) -> bytes:
        return self.prefix + b"i"

    def message_id(self, mark: bytes) -> bytes:
        """The thread that a message-id under a subject belongs to."""
        return self.prefix + b"i" + mark

    def threads(self) -> bytes:
        return self.prefix + b"t"

    def thread(self, thread: int) -> bytes:
        return self.prefix + b"t" + _U32(thread)

    def thread_head(self, thread: int) -> bytes:
        """Changes with each change of what is in a thread."""
        return self.thread(thread) + b"h"

    def thread_emails(self, thread: int) -> bytes:
        return self.thread(thread) + b"m"

    def thread_email(self, thread: int, email: int) -> bytes:
        return self.thread(thread) + b"m" + _U32(email)

    def thread_marks(self, thread: int) -> bytes:
        return self.thread(thread) + b"x"

    def thread_mark(self, thread: int, mark: bytes) -> bytes:
        """The way back from a thread to its message-ids."""
        return self.thread(thread) + b"x" + mark

    # Changes

    def logs(self) -> bytes:
        return self.prefix + b"l"

    def log(self, change: int) -> bytes:
        return self.prefix + b"l" + _U64(change)

    def latest(self, kind: bytes) -> bytes:
        """The last change of a type of objects."""
        return self.prefix + b"k" + kind

    def floor(self, kind: bytes = b"") -> bytes:
        """The last change that the log has lost; the last that touched a type of objects."""
        return self.prefix + b"f" + kind

    # Counters

    def last_change(self) -> bytes:
        return self.prefix + b"cc"

    def last_email(self) -> bytes:
        return self.prefix + b"ce"

    def last_mailbox(self) -> bytes:
        return self.prefix + b"cm"

    def used(self) -> bytes:
        """Octets that count against the quota."""
        return self.prefix + b"cq"

    def counters(self, mailbox: int | None = None) -> bytes:
        return self.prefix + b"n" + (b"" if mailbox is None else _U32(mailbox))

    def counter(self, mailbox: int, name: bytes) -> bytes:
        return self.prefix + b"n" + _U32(mailbox) + name
