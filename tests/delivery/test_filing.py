"""Filing when mailboxes come, go, or cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.plan import Store
from stalwart_g.model.errors import Deferred
from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailStore]:
    blobs = BlobStore(tmp_path / "blobs")
    yield MailStore(MemoryStore(), blobs)
    blobs.close()


def file(mail: MailStore, store: Store) -> bool:
    box = Filing(mail).box("alice")
    return box.file(b"x\r\n", [store], key="k", received_at=1.0, quota_octets=0, message_id="<m@x>")


def test_a_name_that_is_too_long_when_it_is_composed_means_the_inbox(mail):
    assert file(mail, Store("\u0958" * 80, create=True))
    account = mail.account_id("alice")
    assert len(mail.list(account, mail.mailbox_by_path(account, ("INBOX",)).id)) == 1


def test_mail_waits_when_its_mailbox_goes_while_it_is_filed(mail):
    def rival(account, change):
        found = mail.mailbox_by_path(account, ("lists",))
        if found is not None:
            mail.delete_mailbox(account, found.id)

    mail.mailboxes(mail.account_id("alice"))
    end = mail.subscribe_changes(rival)
    with pytest.raises(Deferred):
        file(mail, Store("lists", create=True))
    end()
    assert file(mail, Store("lists", create=True))
