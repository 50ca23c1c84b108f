"""Any sequence of operations leaves what a simple model of mailboxes says, and tells of it as it should."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stalwart_g.store import Store, open_store
from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.checking import check
from stalwart_g.store.flags import Flags
from stalwart_g.store.messages import MailStore
from stalwart_g.store.refusals import CannotCalculate
from stalwart_g.store.writing import EMAIL, MAILBOX, THREAD

KEYWORDS = ("$seen", "$flagged", "$draft", "a")
HIDDEN = "\\deleted"

box_numbers = st.integers(0, 2)
picks = st.lists(st.integers(1, 12), min_size=1, max_size=4)
keyword_sets = st.sets(st.sampled_from(KEYWORDS), max_size=2)


class Client:
    """A copy of what one type of objects holds, kept up by /changes alone."""

    def __init__(self, mail: MailStore, account: int, kind: str) -> None:
        self.mail, self.account, self.kind = mail, account, kind
        self.state = mail.state(account, kind)
        self.known: set[int] = set()

    def follow(self, truth: dict[int, Any], before: dict[int, Any], maximum: int) -> None:
        """``before`` is what was there at the last time."""
        updated, has_more = set[int](), True
        while has_more:
            answer = self.mail.changes(self.account, self.kind, self.state, maximum)
            assert len(answer.created) + len(answer.updated) + len(answer.destroyed) <= maximum
            assert not set(answer.created) & self.known
            assert set(answer.destroyed) <= self.known
            self.known = self.known - set(answer.destroyed) | set(answer.created)
            updated |= {*answer.updated, *answer.created}
            self.state, has_more = answer.new_state, answer.has_more
        assert self.known == truth.keys()
        assert self.state == self.mail.state(self.account, self.kind)
        changed = {number for number in truth if before.get(number) != truth[number]}
        assert changed <= updated


class Mailboxes(RuleBasedStateMachine):
    """Three mailboxes; each holds UIDs, each UID an email, and maybe ``\\Deleted``; keywords belong to emails."""

    def open(self, folder: Path) -> Store:
        return MemoryStore()

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = self.open(Path(self.folder.name) / "mail.sqlite3")
        self.blobs, self.now = BlobStore(Path(self.folder.name) / "blobs"), 1000.0
        self.mail = MailStore(self.store, self.blobs, clock=lambda: self.now)
        self.account = self.mail.account_id("a")
        self.boxes = [self.mail.create_mailbox(self.account, (name,)).id for name in ("INBOX", "b", "c")]
        self.places: dict[int, dict[int, tuple[int, bool]]] = {box: {} for box in self.boxes}
        self.last_uid = dict.fromkeys(self.boxes, 0)
        self.flags: dict[int, set[str]] = {}
        self.threads: dict[int, int] = {}
        self.highest = dict.fromkeys(self.boxes, 0)
        self.clients = {kind: Client(self.mail, self.account, kind) for kind in (EMAIL, THREAD, MAILBOX)}
        self.clients[MAILBOX].known = {box.id for box in self.mail.mailboxes(self.account)}
        self.seen: dict[str, dict[int, Any]] = {kind: self.truth(kind) for kind in (EMAIL, THREAD, MAILBOX)}
        self.imap: dict[int, tuple[int, dict[int, Any]]] = {box: (0, {}) for box in self.boxes}

    # What the model says

    def there(self, box: int, pick: list[int]) -> list[int]:
        return sorted(uid for uid in set(pick) if uid in self.places[box])

    def arrive(self, box: int, email: int, *, hidden: bool = False) -> int:
        self.last_uid[box] += 1
        self.places[box][self.last_uid[box]] = (email, hidden)
        return self.last_uid[box]

    def uid_of(self, box: int, email: int) -> int | None:
        return next((uid for uid, (held, _) in self.places[box].items() if held == email), None)

    def truth(self, kind: str) -> dict[int, Any]:
        shown: dict[int, Any] = {}
        for box, held in self.places.items():
            for email, hidden in held.values():
                if not hidden:
                    shown.setdefault(email, (set(self.flags[email]), set()))[1].add(box)
        if kind == EMAIL:
            return shown
        if kind == THREAD:
            threads: dict[int, set[int]] = {}
            for email in shown:
                threads.setdefault(self.threads[email], set()).add(email)
            return dict(threads)
        unread = {email for email in shown if not {"$seen", "$draft"} & self.flags[email]}
        return {
            box.id: [
                sum(not hidden for _, hidden in self.places.get(box.id, {}).values()),
                sum(not hidden and email in unread for email, hidden in self.places.get(box.id, {}).values()),
            ]
            for box in self.mail.mailboxes(self.account)
        }

    # What is done

    @rule(
        boxes=st.sets(box_numbers, min_size=1), keywords=keyword_sets, subject=st.integers(0, 2), hidden=st.booleans()
    )
    def ingest(self, boxes: set[int], keywords: set[str], subject: int, hidden: bool) -> None:
        octets = f"Message-ID: <{subject}@x>\r\nSubject: {subject}\r\n\r\nx".encode()
        targets = [(self.boxes[number], tuple(keywords)) for number in sorted(boxes)]
        (arrival,) = self.mail.ingest(self.account, octets, targets, self.now, deleted=hidden)
        self.flags[arrival.email_id], self.threads[arrival.email_id] = set(keywords), arrival.thread_id
        expected = tuple((box, self.arrive(box, arrival.email_id, hidden=hidden)) for box, _ in targets)
        assert arrival.places == expected

    @rule(
        box=box_numbers,
        pick=picks,
        how=st.sampled_from(["add", "remove", "set"]),
        keywords=keyword_sets,
        hide=st.booleans(),
    )
    def store_flags(self, box: int, pick: list[int], how: str, keywords: set[str], hide: bool) -> None:
        number = self.boxes[box]
        done = self.mail.store_flags(self.account, number, pick, Flags.of(how, keywords, deleted=hide))
        assert [row.uid for row in done.rows] == self.there(number, pick)
        for uid in self.there(number, pick):
            email, hidden = self.places[number][uid]
            old = self.flags[email]
            self.flags[email] = {"add": old | keywords, "remove": old - keywords, "set": set(keywords)}[how]
            hidden = {"add": hidden or hide, "remove": hidden and not hide, "set": hide}[how]
            self.places[number][uid] = (email, hidden)

    @rule(box=box_numbers, to=box_numbers, pick=picks, is_move=st.booleans())
    def transfer(self, box: int, to: int, pick: list[int], is_move: bool) -> None:
        source, goal = self.boxes[box], self.boxes[to]
        done = (self.mail.move if is_move else self.mail.copy)(self.account, source, pick, goal)
        assert done.source == self.there(source, pick)
        for uid, new in zip(done.source, done.target, strict=True):
            email, hidden = self.places[source][uid]
            if is_move:
                del self.places[source][uid]
            if self.uid_of(goal, email) is not None:
                (row,) = self.mail.rows(self.account, goal, [new])
                self.flags[row.email_id], self.threads[row.email_id] = set(self.flags[email]), self.threads[email]
                email = row.email_id
            assert self.arrive(goal, email, hidden=hidden) == new

    @rule(box=box_numbers, pick=st.none() | picks)
    def expunge(self, box: int, pick: list[int] | None) -> None:
        number = self.boxes[box]
        wanted = [uid for uid, (_, hidden) in self.places[number].items() if hidden and (pick is None or uid in pick)]
        assert sorted(self.mail.expunge(self.account, number, pick)) == sorted(wanted)
        for uid in wanted:
            del self.places[number][uid]

    @rule(pick=st.integers(1, 8), boxes=st.sets(box_numbers), keywords=keyword_sets)
    def update(self, pick: int, boxes: set[int], keywords: set[str]) -> None:
        wanted = {self.boxes[number] for number in boxes}
        found = self.mail.update(self.account, [pick], flags=Flags.of("set", keywords), labels=lambda old: wanted)
        holders = [box for box in self.boxes if self.uid_of(box, pick) is not None]
        assert found == ({pick} if holders else set())
        if not holders:
            return
        self.flags[pick] = set(keywords)
        for box in self.boxes:
            uid = self.uid_of(box, pick)
            if uid is None and box in wanted:
                self.arrive(box, pick)
            elif uid is not None and box in wanted:
                self.places[box][uid] = (pick, False)
            elif uid is not None and not self.places[box][uid][1]:
                del self.places[box][uid]

    @rule(pick=st.integers(1, 8))
    def destroy(self, pick: int) -> None:
        self.mail.destroy(self.account, [pick])
        for box in self.boxes:
            uid = self.uid_of(box, pick)
            if uid is not None:
                del self.places[box][uid]

    @rule(keep=st.integers(0, 3))
    def truncate_log(self, keep: int) -> None:
        for kind, client in self.clients.items():
            client.follow(self.truth(kind), self.seen[kind], 3)
            self.seen[kind] = self.truth(kind)
        self.mail.truncate_log(self.account, before=0, keep=keep)
        for client in self.clients.values():
            client.state = self.mail.state(self.account, client.kind)

    # What must be true

    @invariant()
    def mailboxes_are_those_of_the_model(self) -> None:
        for box in self.boxes:
            found = {
                row.uid: (row.email_id, row.deleted, set(row.keywords)) for row in self.mail.list(self.account, box)
            }
            assert found == {
                uid: (email, hidden, self.flags[email]) for uid, (email, hidden) in self.places[box].items()
            }
            view = self.mail.view(self.account, box)
            assert view.uids == tuple(sorted(found))
            assert view.counts.uid_next == self.last_uid[box] + 1
            assert view.highest_modseq >= max(
                [self.highest[box], *(row.modseq for row in self.mail.list(self.account, box))]
            )
            self.highest[box] = view.highest_modseq

    @invariant()
    def an_imap_client_follows(self) -> None:
        for box in self.boxes:
            modseq, copy = self.imap[box]
            now = {row.uid: (row.keywords, row.deleted) for row in self.mail.list(self.account, box)}
            changed = self.mail.changed_since(self.account, box, modseq)
            assert all(row.modseq > modseq for row in changed)
            copy = copy | {row.uid: (row.keywords, row.deleted) for row in changed}
            try:
                gone = self.mail.resync(self.account, box, modseq).vanished
            except CannotCalculate:
                gone = frozenset(copy.keys() - now.keys())
            copy = {uid: value for uid, value in copy.items() if uid not in gone}
            assert copy == now
            self.imap[box] = self.mail.view(self.account, box).highest_modseq, copy

    @precondition(lambda self: self.now % 3 == 0)
    @invariant()
    def jmap_clients_follow(self) -> None:
        for kind, client in self.clients.items():
            client.follow(self.truth(kind), self.seen[kind], 2)
            self.seen[kind] = self.truth(kind)

    @invariant()
    def time_goes_on(self) -> None:
        self.now += 1

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            findings = list(check(self.store, self.blobs, contents=True))
            self.blobs.close()
            self.store.close()
            self.folder.cleanup()
            assert findings == []


class SqliteMailboxes(Mailboxes):
    """The same on disk."""

    def open(self, folder: Path) -> Store:
        return open_store(folder)


TestMailboxes = Mailboxes.TestCase
TestMailboxes.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSqliteMailboxes = SqliteMailboxes.TestCase
TestSqliteMailboxes.settings = settings(TestMailboxes.settings, max_examples=10)
