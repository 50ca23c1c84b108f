"""Which mailboxes a user has subscribed, of his own account or of another's.

Subscriptions belong to mailboxes and follow them when they are renamed. When a mailbox is deleted they stay with its
name (RFC 9051 section 6.3.7), and come back to a mailbox when one is made under that name.
"""

from __future__ import annotations

from stalwart_g.store.batch import Batch
from stalwart_g.store.interface import Reader
from stalwart_g.store.keys import Keys, last_number
from stalwart_g.store.late import Number, octets_of
from stalwart_g.store.records import decode_text, encode_number, encode_text
from stalwart_g.store.tree import Mailbox, Path

_HERE = encode_number(0)


def subscribe_new(batch: Batch, keys: Keys, mailbox: Number) -> None:
    """The owner of an account subscribes a mailbox that is being made."""
    batch.put(octets_of(lambda number: keys.subscription(number, keys.account), mailbox), _HERE)


def subscribe(batch: Batch, keys: Keys, mailbox: int, user: int) -> None:
    batch.put(keys.subscription(mailbox, user), _HERE)


def unsubscribe(batch: Batch, keys: Keys, mailbox: int, user: int) -> None:
    batch.delete(keys.subscription(mailbox, user))


def unsubscribe_missed(batch: Batch, keys: Keys, path: Path, user: int) -> None:
    """From a name that no mailbox has."""
    batch.delete(keys.missed_by(path, user))


def subscribed(reader: Reader, keys: Keys, user: int) -> set[int]:
    """Mailboxes."""
    return {
        int.from_bytes(key[-8:-4], "big")
        for key, _ in reader.scan(keys.subscribed(), keys_only=True)
        if last_number(key) == user
    }


def missed(reader: Reader, keys: Keys, user: int) -> list[Path]:
    """Names that no mailbox has."""
    return [
        tuple(decode_text(value).split("\0")) for key, value in reader.scan(keys.missed()) if last_number(key) == user
    ]


def put_missed(reader: Reader, batch: Batch, keys: Keys, box: Mailbox) -> None:
    """A mailbox is being deleted."""
    for key, _ in reader.scan(keys.subscribed(box.id), keys_only=True):
        batch.put(keys.missed_by(box.path, last_number(key)), encode_text("\0".join(box.path)))
    batch.delete_prefix(keys.subscribed(box.id))


def revive(reader: Reader, batch: Batch, keys: Keys, made: tuple[Path, Number]) -> None:
    """A mailbox is being made under a name that some may have subscribed."""
    path, mailbox = made
    for key, _ in reader.scan(keys.missed(path), keys_only=True):
        user = last_number(key)
        batch.put(octets_of(lambda number, user=user: keys.subscription(number, user), mailbox), _HERE)
        batch.delete(key)
