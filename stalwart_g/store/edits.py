"""Emails that are there, changed: one batch for many, a few for very many.

Each edit is decided on an email as it was read, and asserts that it still is so when the batch is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from stalwart_g.store import threads
from stalwart_g.store.errors import AssertionFailed
from stalwart_g.store.ground import Ground, settled
from stalwart_g.store.interface import BATCH_ROWS
from stalwart_g.store.keys import Keys
from stalwart_g.store.records import Arrival, Email, decode
from stalwart_g.store.refusals import NoMessage, OverQuota
from stalwart_g.store.writing import Edit, Writing, arrivals

STEP_EMAILS = 300
"""Emails in one batch, if they need few operations each; fewer if they need many."""


@dataclass(frozen=True, slots=True)
class Read:
    """An email as it is stored."""

    id: int
    octets: bytes
    email: Email

    def to(self, after: Email, *, tag: int = 0) -> Edit:
        return Edit(after, self.id, self.email, self.octets, tag=tag)


@dataclass(frozen=True, slots=True)
class Edited:
    """What one batch did: its change number, and of each edit, in their order, the tag and the email."""

    change: int
    tags: tuple[int, ...]
    emails: tuple[Arrival, ...]


Decide = Callable[[Writing, Sequence[Read]], None]
"""Adds edits of these emails to a change. Called again when somebody else was faster, with what is true then."""


class Edits:
    """Changes emails of all accounts."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._store = ground, ground.store

    def read(self, account: int, emails: Sequence[int]) -> list[Read]:
        """Those that are there."""
        own = Keys(account)
        found = self._store.get_many([own.email(number) for number in emails])
        return [
            Read(number, octets, decode(Email, octets))
            for number in emails
            if (octets := found.get(own.email(number))) is not None
        ]

    def email(self, account: int, email: int) -> Email:
        """Raises: NoMessage"""
        for read in self.read(account, [email]):
            return read.email
        raise NoMessage(f"there is no email {email}")

    def edit(
        self, account: int, emails: Sequence[int], decide: Decide, *, quota_octets: int | None = None
    ) -> list[Edited]:
        """Edit emails: all at once if one batch can hold it, else in steps that are whole each.

        Returns:
            what each batch did; nothing where there was nothing to do.

        Raises:
            OverQuota
        """
        done: list[Edited] = []
        steps = [list(step) for step in _steps(list(dict.fromkeys(emails)))][::-1]
        while steps:
            step = steps.pop()
            result = settled(partial(self._attempt, account, step, decide, quota_octets))
            if isinstance(result, Edited):
                done.append(result)
            elif not result:
                middle = len(step) // 2
                steps += [part for part in (step[middle:], step[:middle]) if part]
        return done

    def _attempt(self, account: int, emails: Sequence[int], decide: Decide, quota_octets: int | None) -> Edited | bool:
        """What was done; True if there was nothing to do, False if it was too much for one batch."""
        writing = Writing(account, self._ground.clock())
        decide(writing, self.read(account, emails))
        if not writing.is_needed:
            return True
        self._load_threads(writing)
        batch = writing.finish(quota_octets=quota_octets or None)
        if len(batch.operations) > BATCH_ROWS and (len(emails) > 1 or self._shrink_threads(writing)):
            return False
        try:
            result = self._ground.commit(account, batch)
        except AssertionFailed as error:
            if error.key == writing.keys.used():
                raise OverQuota(f"account {account} has no room for {writing.charged} octets") from error
            raise
        return Edited(result.ids[0], writing.tags, arrivals(writing, result.ids))

    def _load_threads(self, writing: Writing) -> None:
        for thread, is_whole in writing.wanted_threads().items():
            if is_whole:
                writing.threads[thread] = threads.load(self._store, writing.keys, thread)
            else:
                writing.threads[thread] = threads.glance(self._store, writing.keys, thread)

    def _shrink_threads(self, writing: Writing) -> int:
        return sum(
            threads.shrink(self._store, writing.keys, number)
            for number, thread in writing.threads.items()
            if thread.is_whole
        )


def _steps(emails: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(emails), STEP_EMAILS):
        yield emails[start : start + STEP_EMAILS]
