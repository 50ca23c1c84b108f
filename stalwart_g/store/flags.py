"""A change of flags, as IMAP's STORE and JMAP's keywords want it. Does no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from stalwart_g.store.records import Email, Place
from stalwart_g.store.refusals import TooManyKeywords

KEYWORDS_MAX = 100
ADD, REMOVE, SET = "add", "remove", "set"


@dataclass(frozen=True, slots=True)
class Flags:
    """Keywords to add, to remove, or to set in place of all others.

    Attributes:
        deleted: is IMAP's ``\\Deleted`` among them? It belongs to one mailbox, keywords to the email.
    """

    how: str
    keywords: frozenset[str]
    deleted: bool = False

    @classmethod
    def of(cls, how: str, keywords: Iterable[str], *, deleted: bool = False) -> Flags:
        """Keywords as JMAP has them, in any case of letters."""
        if how not in (ADD, REMOVE, SET):
            raise ValueError(f"flags are added, removed or set, not {how}")
        return cls(how, frozenset(keyword.lower() for keyword in keywords), deleted)

    def email(self, email: Email, mailbox: int | None = None) -> Email:
        """The email with these flags; ``\\Deleted`` is changed in ``mailbox`` only.

        Raises:
            TooManyKeywords
        """
        places = tuple(self._place(place) if place.mailbox == mailbox else place for place in email.places)
        return replace(email, keywords=self._keywords(email.keywords), places=places)

    def _keywords(self, keywords: Iterable[str]) -> tuple[str, ...]:
        old = frozenset(keywords)
        new = {ADD: old | self.keywords, REMOVE: old - self.keywords, SET: self.keywords}[self.how]
        if len(new) > max(KEYWORDS_MAX, len(old)):
            raise TooManyKeywords(f"{len(new)} keywords, more than {KEYWORDS_MAX}")
        return tuple(sorted(new))

    def _place(self, place: Place) -> Place:
        if self.how == SET:
            return replace(place, deleted=self.deleted)
        return replace(place, deleted=self.how == ADD) if self.deleted else place
