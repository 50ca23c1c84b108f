"""What a world in memory knows beside mail: lists, annotations, uses of mailboxes, filters, what was seen before.

Settings make most of it (SPEC-SIEVE section 5.5); each question of an extension has its row in ``_ANSWERS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sieve.actions import FileInto
from sieve.extensions.duplicate import Duplicate
from sieve.extensions.editheader import ProtectedHeader
from sieve.extensions.extlists import KnownList, Listed, Members, full_name
from sieve.extensions.mailboxid import MailboxId
from sieve.extensions.metadata import Metadata
from sieve.extensions.spamtest import SpamScore, VirusState
from sieve.extensions.special_use import SpecialUse
from sieve.message import Message

SETTINGS = re.compile(
    r"sieve_(?:editheader_(?:header|protected|forbid_add|forbid_delete)"
    r"|extlists_list|spamtest_(?:status_header|status_type|score_max_header|score_max_value|max_header|max_value)"
    r"|(?:spamtest|virustest)_text_value\d*|virustest_(?:status_header|status_type)"
    r"|vacation_(?:check_recipient|dont_check_recipient|send_from_recipient|use_original_recipient|min_period"
    r"|default_period|max_period|max_subject_codepoints|to_header_ignore_envelope"
    r"|default_subject|default_subject_template)|notify_mailto_envelope_from|report_from"
    r"|valid_ext_list|ext_list_item|duplicated_id|duplicate_tracking|spam_status|spam_status_plus|virus_status"
    r")(?:/.*)?"
)
_DICT_KEY = "priv/sieve/extlists/"
_WORDS = re.compile(r"[\s,]+")
_PERIOD = re.compile(r"(\d+) *([smhdw]?)[a-z]*")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_TRUE = ("yes", "true", "1")


@dataclass(slots=True)
class Knowledge:
    """Change its attributes at will; ``configure`` sets those that come from settings.

    Attributes:
        annotations: by mailbox (None: the server) and name.
        uses: of each mailbox.
        ids: of each mailbox that has one.
        lists: the entries of each external list.
        protected: by field name: must it not be added, must it not be deleted?
        seen: handle and id of what was tracked.
        answered: sender and answer, and until when there is no other.
    """

    annotations: dict[tuple[str | None, str], str] = field(default_factory=dict)
    uses: dict[str, set[str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    protected: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    answered: dict[tuple[str, str], float] = field(default_factory=dict)
    _stored: Mapping[str, str] = field(default_factory=dict)

    def configure(self, stored: Mapping[str, str], read: Callable[[str], bytes | None]) -> None:
        """Take settings up. ``read`` reads the file of a list."""
        self._stored = dict(stored)
        self.protected = dict(_protected(stored))
        self.lists = dict(_lists(stored, read))
        self.seen = {("", each) for each in _WORDS.split(stored.get("sieve_duplicated_id", "")) if each}

    def text(self, setting: str, default: str) -> str:
        return self._stored.get(setting, default)

    def flag(self, setting: str, default: bool) -> bool:
        given = self._stored.get(setting)
        return default if given is None else given.lower() in _TRUE

    def seconds(self, setting: str, default: int) -> int:
        """A period: a number, and perhaps a unit."""
        found = _PERIOD.fullmatch(self._stored.get(setting, ""))
        return int(found[1]) * _UNITS[found[2][:1]] if found else default

    @property
    def remembers(self) -> bool:
        """Does it remember what was seen and who was answered? Test suites expect that it does not."""
        return self.flag("sieve_duplicate_tracking", False)

    def is_answered(self, sender: str, answer: str, now: tuple[float, int]) -> bool:
        return self.remembers and self.answered.get((sender, answer), 0) > now[0]

    def answer(self, question: object) -> object:
        """None to what nobody knows."""
        known = _ANSWERS.get(type(question))
        return None if known is None else known(self, question)

    def mailbox_of(self, store: FileInto) -> str:
        """The mailbox that is meant: by id, by use (the named one if it has it), by name."""
        found = [name for name, each in self.ids.items() if store.mailbox_id and each == store.mailbox_id]
        if store.special_use and store.special_use not in self.uses.get(store.mailbox, set()):
            found += sorted(name for name, uses in self.uses.items() if store.special_use in uses)
        return found[0] if found else store.mailbox

    def listed(self, question: Listed) -> str | None:
        return next((entry for entry in self.lists[question.name] if entry.lower() == question.value.lower()), None)

    def has_uses(self, question: SpecialUse) -> bool:
        if question.mailbox is not None:
            return set(question.uses) <= self.uses.get(question.mailbox, set())
        return all(any(use in uses for uses in self.uses.values()) for use in question.uses)

    def spam(self, question: SpamScore) -> float | None:
        """From 0 to 100, from a header field of the mail."""
        given = self._stored.get("sieve_spam_status_plus") or self._stored.get("sieve_spam_status")
        if given is not None:
            scale = 100 if self._stored.get("sieve_spam_status_plus") else 10
            return float(given) * 100 / scale if float(given) else None
        kind, text = self._status("spamtest", question.message)
        if not text:
            return None
        if kind == "text":
            number = self._number_of_text("spamtest", text, 10)
            return None if not number else (number - 1) * 100 / 9
        score, most = (len(text) if kind == "strlen" else _float(text)), self._most(question.message)
        return None if score is None or not most else max(0.0, min(score / most, 1.0)) * 100

    def _most(self, message: Message) -> float | None:
        given = self._setting("spamtest", "score_max_value") or self._setting("spamtest", "max_value")
        if given:
            return _float(given)
        rule = self._setting("spamtest", "score_max_header") or self._setting("spamtest", "max_header")
        return _float(_extract(rule, message)) if rule else None

    def virus(self, question: VirusState) -> int | None:
        given = self._stored.get("sieve_virus_status")
        if given is not None:
            return int(given) or None
        _, text = self._status("virustest", question.message)
        return self._number_of_text("virustest", text, 5) if text else None

    def _status(self, test: str, message: Message) -> tuple[str, str]:
        kind = self._setting(test, "status_type") or ("score" if test == "spamtest" else "text")
        return kind, _extract(self._setting(test, "status_header"), message)

    def _number_of_text(self, test: str, text: str, most: int) -> int | None:
        for number in range(most + 1):
            wanted = self._setting(test, f"text_value/{number}") or self._setting(test, f"text_value{number}")
            if wanted and wanted.lower() == text.lower():
                return number or None
        return None

    def _setting(self, test: str, name: str) -> str:
        return self._stored.get(f"sieve_{test}_{name}", "")


_ANSWERS: dict[type, Callable[[Knowledge, Any], object]] = {
    Metadata: lambda known, q: known.annotations.get((q.mailbox, q.annotation)),
    SpecialUse: Knowledge.has_uses,
    MailboxId: lambda known, q: q.mailbox_id in known.ids.values(),
    KnownList: lambda known, q: q.name in known.lists,
    Listed: Knowledge.listed,
    Members: lambda known, q: known.lists.get(q.name),
    ProtectedHeader: lambda known, q: known.protected.get(q.name, (False, False))[q.deletes],
    Duplicate: lambda known, q: (q.handle, q.unique_id) in known.seen,
    SpamScore: Knowledge.spam,
    VirusState: Knowledge.virus,
}


def _protected(stored: Mapping[str, str]) -> Iterable[tuple[str, tuple[bool, bool]]]:
    """Both generations of settings."""
    words = {
        rule: {name.lower() for name in _WORDS.split(stored.get(f"sieve_editheader_{rule}", "")) if name}
        for rule in ("protected", "forbid_add", "forbid_delete")
    }
    for name in words["protected"] | words["forbid_add"] | words["forbid_delete"]:
        whole = name in words["protected"]
        yield name, (whole or name in words["forbid_add"], whole or name in words["forbid_delete"])
    for each in filter(None, _WORDS.split(stored.get("sieve_editheader_header", ""))):
        base = f"sieve_editheader_header/{each}/"
        flags = [stored.get(base + rule, "no").lower() in _TRUE for rule in ("forbid_add", "forbid_delete")]
        yield stored.get(base + "name", each).lower(), (flags[0], flags[1])


def _lists(stored: Mapping[str, str], read: Callable[[str], bytes | None]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """From dictionary files, whose lines are keys and values in turn; or item by item."""
    for each in filter(None, _WORDS.split(stored.get("sieve_extlists_list", ""))):
        base = f"sieve_extlists_list/{each}/"
        octets = read(stored.get(base + "dict/file/path", "")) or b""
        keys = octets.decode("utf-8", "replace").splitlines()[::2]
        entries = tuple(key.removeprefix(_DICT_KEY) for key in keys if key.startswith(_DICT_KEY))
        yield full_name(stored.get(base + "name", each)), entries
    items = tuple(filter(None, _WORDS.split(stored.get("sieve_ext_list_item", ""))))
    for name in filter(None, _WORDS.split(stored.get("sieve_valid_ext_list", ""))):
        yield full_name(name), items


def _extract(rule: str, message: Message) -> str:
    """A rule is a header field, and perhaps a colon and a pattern whose first group is meant."""
    name, _, pattern = rule.partition(":")
    text = next((each.text for each in message.fields if each.name.lower() == name.strip().lower()), "")
    if not pattern:
        return text.strip()
    found = re.search(pattern.strip(), text)
    return (found[1] if found.re.groups else found[0]) if found else ""


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
