"""One account, looked at as a whole at one moment (see `checking`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from stalwart_g.store import keys as names
from stalwart_g.store.errors import Corrupt
from stalwart_g.store.interface import Reader
from stalwart_g.store.keys import LAST_UID, Keys, last_number
from stalwart_g.store.records import (
    Email,
    MailboxRecord,
    Row,
    ThreadEmail,
    decode,
    decode_number,
    row_of,
)
from stalwart_g.store.references import held
from stalwart_g.store.writing import weights

_STEP_LINKS = 500
_NAMES = {
    names.TOTAL: "messages",
    names.OCTETS: "octets",
    names.UNSEEN: "unseen messages",
    names.UNREAD: "unread messages",
    names.DELETED: "deleted messages",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. ``what`` is one word for programs; account 0: the store itself."""

    account: int
    what: str
    text: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """A counter that lacks ``missing``."""

    key: bytes
    missing: int
    text: str


class AccountCheck:
    """What `run` looked at is kept, so that others can go on with it."""

    def __init__(self, reader: Reader, account: int) -> None:
        self.keys = Keys(account)
        self.emails: dict[int, Email] = {}
        self.wrong_counters: list[Wrong] = []
        self._reader = reader
        self._mailboxes: set[int] = set()

    def run(self) -> Iterator[Finding]:
        """Raises: Corrupt"""
        own = self.keys
        self._mailboxes = {last_number(key) for key, _ in self._reader.scan(own.mailboxes(), keys_only=True)}
        self.emails = {last_number(key): decode(Email, value) for key, value in self._reader.scan(own.emails())}
        yield from self._check_tree()
        yield from self._check_emails()
        yield from self._check_links()
        yield from self._check_rows()
        yield from self._check_threads()
        yield from self._check_marks()
        yield from self._check_changes()
        self._count()

    def _found(self, what: str, text: str) -> Finding:
        return Finding(self.keys.account, what, text)

    def _check_tree(self) -> Iterator[Finding]:
        records = {number: self._mailbox(number) for number in sorted(self._mailboxes)}
        for number, record in records.items():
            seen, above = {number}, record.parent
            while above in records and above not in seen:
                seen.add(above)
                above = records[above].parent
            if above:
                yield self._found("mailbox", f"mailbox {number} ({record.name}) does not hang on the top")
        for what, texts in (
            ("name", Counter((record.parent, record.name) for record in records.values())),
            ("role", Counter(record.role for record in records.values() if record.role)),
            ("UIDVALIDITY", Counter(record.uid_validity for record in records.values())),
        ):
            for value, count in texts.items():
                if count > 1:
                    yield self._found("mailbox", f"{count} mailboxes have the {what} {value}")
        for prefix in (self.keys.subscribed(), self.keys.prefix + b"h"):
            for key, _ in self._reader.scan(prefix, keys_only=True):
                number = int.from_bytes(key[len(prefix) :][:4], "big")
                if number not in records:
                    yield self._found("mailbox", f"there is something left of mailbox {number}, which is gone")
        if records and not any(record.role == "inbox" for record in records.values()):
            yield self._found("mailbox", "there is no INBOX")

    def _mailbox(self, number: int) -> MailboxRecord:
        octets = self._reader.get(self.keys.mailbox(number))
        if octets is None:
            raise Corrupt(f"mailbox {number} is listed, and not there")
        return decode(MailboxRecord, octets)

    def _check_emails(self) -> Iterator[Finding]:
        details = {last_number(key) for key, _ in self._reader.scan(self.keys.prefix + b"d", keys_only=True)}
        last = self._reader.counter(self.keys.last_email())
        for number, email in self.emails.items():
            if not email.places:
                yield self._found("email", f"email {number} is in no mailbox")
            if number not in details:
                yield self._found("email", f"email {number} has no details")
            if number > last:
                yield self._found("email", f"email {number} has a number that was never given out")
        for number in sorted(details - self.emails.keys()):
            yield self._found("email", f"there are details of email {number}, which is gone")

    def _check_links(self) -> Iterator[Finding]:
        emails = list(self.emails.items())
        for start in range(0, len(emails), _STEP_LINKS):
            wanted = {
                (email.blob, self.keys.email(number)): number for number, email in emails[start : start + _STEP_LINKS]
            }
            for blob, holder in wanted.keys() - held(self._reader, list(wanted)):
                yield self._found("link", f"email {wanted[blob, holder]} does not hold its blob {blob.hex()}")

    def _check_rows(self) -> Iterator[Finding]:
        expected = {
            self.keys.row(place.mailbox, place.uid): row_of(number, email, place)
            for number, email in self.emails.items()
            for place in email.places
        }
        for key, value in self._reader.scan(self.keys.rows()):
            mailbox, uid = last_number(key[:-4]), last_number(key)
            if expected.pop(key, None) != decode(Row, value):
                yield self._found("row", f"mailbox {mailbox}, UID {uid}: the row is not what its email says")
            if mailbox not in self._mailboxes:
                yield self._found("row", f"there is a message in mailbox {mailbox}, which is gone")
        for row in expected.values():
            yield self._found("row", f"email {row.email_id} is said to have UID {row.uid}, and has no row there")

    def _check_threads(self) -> Iterator[Finding]:
        expected = {
            self.keys.thread_email(email.thread_id, number): ThreadEmail(email.received_at, email.is_visible)
            for number, email in self.emails.items()
        }
        heads = {email.thread_id for email in self.emails.values()}
        start = len(self.keys.threads()) + 4
        for key, value in self._reader.scan(self.keys.threads()):
            thread, kind = last_number(key[:start]), key[start : start + 1]
            if kind == b"m" and expected.pop(key, None) != decode(ThreadEmail, value):
                yield self._found("thread", f"thread {thread} says otherwise of email {last_number(key)}")
            if kind == b"h" and thread not in heads:
                yield self._found("thread", f"thread {thread} is empty, and still there")
            if kind == b"h":
                heads.discard(thread)
        for key in expected:
            yield self._found("thread", f"email {last_number(key)} is not in its thread")
        for thread in sorted(heads):
            yield self._found("thread", f"thread {thread} has no head")

    def _check_marks(self) -> Iterator[Finding]:
        """From message-ids to threads, and back."""
        there = {(key[-16:], decode_number(value)) for key, value in self._reader.scan(self.keys.message_ids())}
        start = len(self.keys.threads()) + 4
        back = {
            (key[-16:], last_number(key[:start]))
            for key, _ in self._reader.scan(self.keys.threads(), keys_only=True)
            if key[start : start + 1] == b"x"
        }
        for mark, thread in sorted(there ^ back):
            yield self._found("thread", f"the message-id {mark.hex()} and thread {thread} do not know each other")

    def _check_changes(self) -> Iterator[Finding]:
        last = self._reader.counter(self.keys.last_change())
        highest: Counter[int] = Counter()
        for email in self.emails.values():
            for place in email.places:
                highest[place.mailbox] = max(highest[place.mailbox], place.modseq)
        for mailbox, modseq in highest.items():
            told = decode_number(self._reader.get(self.keys.highest(mailbox)))
            if not modseq <= told <= last:
                yield self._found("change", f"mailbox {mailbox}: HIGHESTMODSEQ is {told}, not {modseq} to {last}")
        for key, value in self._reader.scan(self.keys.latest(b"")):
            if decode_number(value) > last:
                yield self._found("change", f"the state of {key[-1:].decode()!r} is beyond the last change, {last}")

    def _count(self) -> None:
        wanted: Counter[bytes] = Counter({self.keys.used(): sum(email.charged for email in self.emails.values())})
        lowest: Counter[bytes] = Counter()
        for email in self.emails.values():
            for place in email.places:
                for name, amount in weights(email, place).items():
                    wanted[self.keys.counter(place.mailbox, name)] += amount
                last = self.keys.counter(place.mailbox, LAST_UID)
                lowest[last] = max(lowest[last], place.uid)
        stored = self._reader.counters(self.keys.prefix)
        for key in sorted(wanted.keys() | {key for key in stored if self._is_recounted(key)}):
            self._compare(key, stored.get(key, 0), wanted[key])
        for key, uid in lowest.items():
            self._compare(key, min(stored.get(key, 0), uid), uid)

    def _is_recounted(self, key: bytes) -> bool:
        return key == self.keys.used() or (key.startswith(self.keys.counters()) and key[-1:] in _NAMES)

    def _compare(self, key: bytes, stored: int, wanted: int) -> None:
        if stored == wanted:
            return
        if key == self.keys.used():
            what = "the quota counts octets"
        elif key[-1:] == LAST_UID:
            what = f"mailbox {last_number(key[:-1])}: the last UID"
        else:
            what = f"mailbox {last_number(key[:-1])}: the count of {_NAMES[key[-1:]]}"
        self.wrong_counters.append(Wrong(key, wanted - stored, f"{what}: {stored}, and should be {wanted}"))
