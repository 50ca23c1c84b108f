"""Clearing up a store of real files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from stalwart_g.server.upkeep import Upkeep
from stalwart_g.store import open_store
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore


@pytest.fixture
def upkeep(tmp_path: Path):
    store, blobs = open_store(tmp_path / "index.sqlite3"), BlobStore(tmp_path / "blobs")
    yield Upkeep(store, blobs, MailStore(store, blobs))
    blobs.close()
    store.close()


def test_mail_that_is_there_stays(upkeep: Upkeep, caplog: pytest.LogCaptureFixture) -> None:
    mail = upkeep.mail
    account = mail.account_id("alice@example.test")
    inbox = mail.create_mailbox(account, ("INBOX",))
    mail.ingest(account, b"Subject: a\r\n\r\n", [(inbox.id, ())], 1_800_000_000.0, idempotency="k")
    with caplog.at_level(logging.INFO):
        upkeep.run()
    (row,) = mail.list(account, inbox.id)
    assert mail.read(account, row.email_id) == b"Subject: a\r\n\r\n"
    assert "cleared_up accounts=0" in caplog.text


def test_a_store_that_does_not_answer_is_for_next_time(upkeep: Upkeep, caplog: pytest.LogCaptureFixture) -> None:
    upkeep.blobs.close()
    upkeep.run()
    assert "put off" in caplog.text
