"""Which thread an email belongs to (RFC 8621 section 3, SPEC-STORE section 1.13).

A mark is the digest of a message-id together with the name of the conversation. All marks of an email point to its
thread; a newcomer that has one of them joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from stalwart_g.store.batch import Batch
from stalwart_g.store.interface import Reader, Store
from stalwart_g.store.keys import Keys, digest, last_number
from stalwart_g.store.late import Number, octets_of
from stalwart_g.store.records import ThreadEmail, decode, decode_number, encode_number

REFERENCES_MAX = 24
"""So many message-ids of one email count: its own and the nearest."""
_STEP_MARKS = 500
_LARGE = 1000  # threads of more emails are equally large


@dataclass(frozen=True, slots=True)
class Thread:
    """What is stored of a thread.

    Attributes:
        head: to be asserted by who takes emails out of it, and must know all of it.
        is_whole: are these all of its emails and marks?
    """

    head: bytes | None
    emails: dict[int, ThreadEmail]
    marks: tuple[bytes, ...] = ()
    is_whole: bool = True

    @property
    def is_visible(self) -> bool:
        return any(row.visible for row in self.emails.values())


@dataclass(slots=True)
class Match:
    """What the marks of a newcomer say: its thread (0: a new one), and where each of them points now."""

    thread_id: int = 0
    stored: dict[bytes, bytes | None] = field(default_factory=dict)


def marks_of(thread_name: str, message_ids: Sequence[str], references: Sequence[str]) -> list[bytes]:
    """Of an email; none if it has no message-ids at all."""
    near = [*message_ids[:REFERENCES_MAX], *reversed(references)]
    name = thread_name.casefold().encode("utf-8", "surrogatepass")
    return [
        digest(message_id.encode("utf-8", "surrogatepass"), name)
        for message_id in list(dict.fromkeys(near))[:REFERENCES_MAX]
    ]


def match(reader: Reader, keys: Keys, marks: Sequence[bytes]) -> Match:
    """Existing emails keep their thread for ever; one that would join two threads goes to the larger, then older."""
    found = reader.get_many([keys.message_id(mark) for mark in marks])
    threads = {decode_number(octets) for octets in found.values()}
    stored = {mark: found.get(keys.message_id(mark)) for mark in marks}
    if len(threads) > 1:
        return Match(max(threads, key=lambda thread: (_size(reader, keys, thread), -thread)), stored)
    return Match(threads.pop() if threads else 0, stored)


def write_marks(batch: Batch, keys: Keys, found: Match, thread: Number, *, sure: bool) -> None:
    """Let the marks of a newcomer point to its thread, unless they point elsewhere already.

    ``sure``: fail if any of them was changed meanwhile; else two threads may come to be where one would do.
    """
    for mark, octets in found.stored.items():
        if sure or (octets is not None and decode_number(octets) == found.thread_id):
            batch.assert_value(keys.message_id(mark), octets)
        if octets is None:
            batch.put(keys.message_id(mark), octets_of(encode_number, thread))
            batch.put(octets_of(lambda number, mark=mark: keys.thread_mark(number, mark), thread), encode_number(0))


def load(reader: Reader, keys: Keys, thread: int) -> Thread:
    """All of a thread, to take something out of it."""
    head = reader.get(keys.thread_head(thread))
    prefix = keys.thread_emails(thread)
    emails = {last_number(key): decode(ThreadEmail, value) for key, value in reader.scan(prefix)}
    marks = tuple(key[-16:] for key, _ in reader.scan(keys.thread_marks(thread), keys_only=True))
    return Thread(head, emails, marks)


def shrink(store: Store, keys: Keys, thread: int) -> int:
    """Forget some message-ids of a thread that is about to end, and has more than one batch can delete: how many."""
    whole = load(store, keys, thread)
    batch = Batch()
    batch.assert_value(keys.thread_head(thread), whole.head)
    for mark in whole.marks[:_STEP_MARKS]:
        batch.delete(keys.message_id(mark))
        batch.delete(keys.thread_mark(thread, mark))
    store.commit(batch)
    return len(whole.marks[:_STEP_MARKS])


def glance(reader: Reader, keys: Keys, thread: int) -> Thread:
    """As much of a thread as one must know to add to it: an email that is visible, if there is one."""
    for key, value in reader.scan(keys.thread_emails(thread)):
        row = decode(ThreadEmail, value)
        if row.visible:
            return Thread(None, {last_number(key): row}, is_whole=False)
    return Thread(None, {}, is_whole=False)


def _size(reader: Reader, keys: Keys, thread: int) -> int:
    return sum(1 for _ in reader.scan(keys.thread_emails(thread), limit=_LARGE, keys_only=True))
