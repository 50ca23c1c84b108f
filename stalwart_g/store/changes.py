"""What has changed since: the log of an account, as JMAP (RFC 8620 section 5.2) and IMAP (RFC 7162) ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stalwart_g.store import states
from stalwart_g.store.batch import Batch
from stalwart_g.store.ground import settled
from stalwart_g.store.interface import Reader, Store
from stalwart_g.store.keys import Keys
from stalwart_g.store.records import LogRecord, Touched, decode, decode_number, encode_number
from stalwart_g.store.refusals import CannotCalculate
from stalwart_g.store.states import State

CHANGES_MAX = 5000
_STEP_ROWS = 500
_CREATED, _UPDATED, _COUNTED, _DESTROYED, _NOTHING = "created", "updated", "counted", "destroyed", "nothing"

_FOLD = {
    # what an object has become so far, and what happens to it then
    (_CREATED, _CREATED): _CREATED, (_CREATED, _UPDATED): _CREATED, (_CREATED, _COUNTED): _CREATED,
    (_CREATED, _DESTROYED): _NOTHING,
    (_UPDATED, _CREATED): _UPDATED, (_UPDATED, _UPDATED): _UPDATED, (_UPDATED, _COUNTED): _UPDATED,
    (_UPDATED, _DESTROYED): _DESTROYED,
    (_COUNTED, _CREATED): _UPDATED, (_COUNTED, _UPDATED): _UPDATED, (_COUNTED, _COUNTED): _COUNTED,
    (_COUNTED, _DESTROYED): _DESTROYED,
    (_DESTROYED, _CREATED): _UPDATED, (_DESTROYED, _UPDATED): _DESTROYED, (_DESTROYED, _COUNTED): _DESTROYED,
    (_DESTROYED, _DESTROYED): _DESTROYED,
    (_NOTHING, _CREATED): _CREATED, (_NOTHING, _UPDATED): _NOTHING, (_NOTHING, _COUNTED): _NOTHING,
    (_NOTHING, _DESTROYED): _NOTHING,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changes:
    """An answer to /changes. ``only_counts``: of all that is updated nothing but counters is different."""

    old_state: str
    new_state: str
    created: tuple[int, ...]
    updated: tuple[int, ...]
    destroyed: tuple[int, ...]
    has_more: bool
    only_counts: bool


@dataclass(frozen=True, slots=True)
class Resync:
    """UIDs of a mailbox: those that are new or changed and, maybe, are still there; and those that are gone."""

    touched: frozenset[int]
    vanished: frozenset[int]


def state(reader: Reader, account: int, kind: str) -> str:
    """Where the log is, for one type of objects."""
    return str(states.at(_latest(reader, Keys(account), kind)))


def changes(reader: Reader, account: int, kind: str, since: str, maximum: int = CHANGES_MAX) -> Changes:
    """What has changed since a state, at most so many objects of it.

    Raises:
        CannotCalculate: the state is none of ours, or too old.
    """
    if maximum < 1:
        raise ValueError("at least one change must be allowed")
    keys, start = Keys(account), states.parse(since)
    latest = _latest(reader, keys, kind)
    to = latest if start.since == start.to else start.to
    if to > latest or start.since > to:
        raise CannotCalculate(f"{since} is a state that was never reached")
    items = _folded(_log(reader, keys, start.since, to), kind) if start.since < to else []
    if start.since < to:
        _check_floor(reader, keys.floor(kind.encode()), start.since)
    page = items[start.sent : start.sent + min(maximum, CHANGES_MAX)]
    sent = start.sent + len(page)
    has_more = sent < len(items)
    return Changes(
        since,
        str(State(start.since, to, sent) if has_more else states.at(to)),
        tuple(number for number, what in page if what == _CREATED),
        tuple(number for number, what in page if what in (_UPDATED, _COUNTED)),
        tuple(number for number, what in page if what == _DESTROYED),
        has_more or to < latest,
        _UPDATED not in (found := {what for _, what in page}) and _COUNTED in found,
    )


def resync(reader: Reader, account: int, mailbox: int, since: int) -> Resync:
    """What happened in a mailbox after a change; one scan of what happened in the account.

    Raises:
        CannotCalculate: the log does not reach back so far.
    """
    keys, touched, vanished = Keys(account), set[int](), set[int]()
    if decode_number(reader.get(keys.highest(mailbox))) <= since:
        return Resync(frozenset(), frozenset())
    for record in _log(reader, keys, since, None):
        for moved in record.moved:
            if moved.mailbox == mailbox:
                touched.update(moved.touched)
                vanished.update(moved.vanished)
    _check_floor(reader, keys.floor(), since)
    return Resync(frozenset(touched - vanished), frozenset(vanished))


def truncate(store: Store, account: int, *, before: float, keep: int) -> int:
    """Forget changes that are older than this, and all but the last ``keep``: how many."""
    removed = 0
    while step := settled(lambda: _truncate(store, Keys(account), before, keep)):
        removed += step
    return removed


def _truncate(store: Store, keys: Keys, before: float, keep: int) -> int:
    floor, batch, lost = store.get(keys.floor()), Batch(), dict[bytes, int]()
    excess = store.counter(keys.last_change()) - keep
    batch.assert_value(keys.floor(), floor)
    count = 0
    for key, value in store.scan(keys.logs(), limit=_STEP_ROWS):
        number, record = int.from_bytes(key[-8:], "big"), decode(LogRecord, value)
        if number > excess and record.at >= before:
            break
        batch.delete(key)
        count += 1
        lost |= dict.fromkeys([keys.floor(), *(keys.floor(kind.encode()) for kind in record.objects)], number)
    if count:
        for key, number in lost.items():
            batch.put(key, encode_number(number))
        store.commit(batch)
    return count


def _check_floor(reader: Reader, key: bytes, since: int) -> None:
    """To be asked after the log was read, which may have been cut meanwhile.

    Raises:
        CannotCalculate
    """
    floor = decode_number(reader.get(key))
    if since < floor:
        raise CannotCalculate(f"the log begins after change {floor}")


def _latest(reader: Reader, keys: Keys, kind: str) -> int:
    return decode_number(reader.get(keys.latest(kind.encode())))


def _log(reader: Reader, keys: Keys, since: int, to: int | None) -> Iterator[LogRecord]:
    for key, value in reader.scan(keys.logs(), after=keys.log(since)):
        if to is not None and int.from_bytes(key[-8:], "big") > to:
            return
        yield decode(LogRecord, value)


def _folded(log: Iterator[LogRecord], kind: str) -> list[tuple[int, str]]:
    """Each object once, in the order in which they were first touched, and what has become of it."""
    found: dict[int, str] = {}
    for record in log:
        touched = record.objects.get(kind)
        if touched is not None:
            for number, event in _events(touched):
                found[number] = _FOLD[found[number], event] if number in found else event
    return [(number, what) for number, what in found.items() if what != _NOTHING]


def _events(touched: Touched) -> Iterator[tuple[int, str]]:
    """A mailbox that is created or destroyed may be counted in the same change."""
    for what, numbers in (
        (_CREATED, touched.created),
        (_UPDATED, touched.updated),
        (_COUNTED, touched.counted),
        (_DESTROYED, touched.destroyed),
    ):
        for number in numbers:
            yield number, what
