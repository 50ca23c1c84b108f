"""What scripts may ask at delivery beyond RFC 5228: each question of an extension has its row in ``_ANSWERS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sieve.extensions.dovecot_debug import DebugLine
from sieve.extensions.duplicate import Duplicate
from sieve.extensions.editheader import ProtectedHeader
from sieve.extensions.extlists import KnownList, Listed, Members, full_name
from sieve.extensions.mailboxid import MailboxId
from sieve.extensions.spamtest import SpamScore, VirusState
from sieve.extensions.special_use import SpecialUse
from stalwart_g.delivery.filing import Box
from stalwart_g.delivery.settings import LocalSettings
from stalwart_g.observe import maillog
from stalwart_g.store.memory import Thing

SPAM = ("spam", "junk", "yes")
"""Verdicts of the spam filter that mean: it is."""

_HAM = ("ham", "no", "clean")
_THRESHOLD = 5.0
_VIRUS = {"clean": 1, "cured": 2, "maybe-cured": 3, "suspicious": 4, "infected": 5}


def duplicate(handle: str, unique_id: str) -> Thing:
    """What a mail is remembered as (RFC 7352 section 3.1)."""
    return Thing("duplicate", (handle, unique_id))


def lists_of(settings: LocalSettings) -> Mapping[str, tuple[str, ...]]:
    """The entries of external lists, by their full names (RFC 6134)."""
    return {full_name(each.name): each.entries for each in settings.lists.values()}


class Answers:
    """For one message and one account.

    Args:
        notes: what earlier stages noted; ``spam.score``, ``spam.threshold``, ``spam.verdict`` and ``virus.verdict``
            among them.
        delivery: the name of this delivery, the same however often it is tried.
    """

    def __init__(self, box: Box, notes: Mapping[str, str], settings: LocalSettings, delivery: str) -> None:
        self._box, self._notes, self._settings, self._delivery = box, notes, settings, delivery
        self._lists = lists_of(settings)

    def __call__(self, question: object) -> object:
        """None to what nobody knows."""
        answer = _ANSWERS.get(type(question))
        return None if answer is None else answer(self, question)

    def spam(self, question: SpamScore) -> float | None:
        """How much of what makes spam the score is; a verdict has the last word."""
        verdict = self._notes.get("spam.verdict", "").lower()
        if verdict in SPAM:
            return 100.0
        score = _number(self._notes.get("spam.score", ""))
        if score is None:
            return 0.0 if verdict in _HAM else None
        threshold = _number(self._notes.get("spam.threshold", "")) or _THRESHOLD
        return min(max(score / threshold, 0.0), 1.0) * 100

    def virus(self, question: VirusState) -> int | None:
        return _VIRUS.get(self._notes.get("virus.verdict", "").lower())

    def listed(self, question: Listed) -> str | None:
        entries = self._lists.get(question.name, ())
        return next((entry for entry in entries if entry.lower() == question.value.lower()), None)

    def is_duplicate(self, question: Duplicate) -> bool:
        return self._box.knows(duplicate(question.handle, question.unique_id), delivery=self._delivery)

    def debug(self, question: DebugLine) -> None:
        place = question.place
        maillog.script_notes(account=self._box.account, script=place.name, line=place.line, text=question.text)


_ANSWERS: dict[type, Callable[[Answers, Any], object]] = {
    SpamScore: Answers.spam,
    VirusState: Answers.virus,
    KnownList: lambda answers, question: question.name in answers._lists,
    Listed: Answers.listed,
    Members: lambda answers, question: answers._lists.get(question.name),
    Duplicate: Answers.is_duplicate,
    SpecialUse: lambda answers, question: answers._box.has_uses(question.mailbox, question.uses),
    MailboxId: lambda answers, question: answers._box.has_id(question.mailbox_id),
    ProtectedHeader: lambda answers, question: question.name in map(str.lower, answers._settings.protected_headers),
    DebugLine: Answers.debug,
}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
