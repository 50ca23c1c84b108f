"""Mail in both stores of a single machine, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from stalwart_g.store import Store, open_store
from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.checking import check
from stalwart_g.store.messages import MailStore
from stalwart_g.store.records import Row

NOW = 1_800_000_000.0


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each backend of a single machine, empty."""
    opened: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


class Post:
    """One account, and short ways to fill its mailboxes."""

    def __init__(self, store: Store, folder: Path) -> None:
        blobs, self.folder = BlobStore(folder), folder
        self.store, self.blobs, self.now = store, blobs, NOW
        self.mail = MailStore(store, blobs, clock=lambda: self.now)
        self.account = self.mail.account_id("alice")
        self.inbox = self.box("INBOX")
        self.is_damaged = False
        self._count = 0

    def box(self, *path: str) -> int:
        """The id of a mailbox, made if it is not there."""
        return self.mail.create_mailbox(self.account, path).id

    def octets(self, subject: str = "hello", **fields: str) -> bytes:
        """A message like no other."""
        self._count += 1
        header = {"Message-ID": f"<{self._count}@x.test>", "Subject": subject, **fields}
        return (
            "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in header.items()).encode() + b"\r\nx\r\n"
        )

    def put(self, *mailboxes: int, keywords: Sequence[str] = (), octets: bytes = b"", deleted: bool = False) -> int:
        """One email into these mailboxes, or into INBOX: its id."""
        targets = [(mailbox, keywords) for mailbox in mailboxes or (self.inbox,)]
        (arrival,) = self.mail.ingest(self.account, octets or self.octets(), targets, self.now, deleted=deleted)
        return arrival.email_id

    def rows(self, mailbox: int = 0) -> Sequence[Row]:
        return self.mail.list(self.account, mailbox or self.inbox)

    def uids(self, mailbox: int = 0) -> list[int]:
        return [row.uid for row in self.rows(mailbox)]

    def keywords(self, mailbox: int = 0) -> dict[int, set[str]]:
        return {row.uid: {*row.keywords, *(["\\deleted"] if row.deleted else [])} for row in self.rows(mailbox)}

    def findings(self, **how: bool) -> list[str]:
        return [finding.text for finding in check(self.store, self.blobs, **how)]


@pytest.fixture(params=["memory", "sqlite"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    """What a test leaves behind must be consistent."""
    store: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "mail.sqlite3")
    post = Post(store, tmp_path / "blobs")
    yield post
    findings = post.findings()
    post.blobs.close()
    store.close()
    assert findings == [] or post.is_damaged


@pytest.fixture
def memory_post(tmp_path: Path) -> Iterator[Post]:
    """For what no backend can do differently."""
    post = Post(MemoryStore(), tmp_path / "blobs")
    yield post
    findings = post.findings()
    post.blobs.close()
    assert findings == [] or post.is_damaged
