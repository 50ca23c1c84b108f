"""The stores of a real home: checked, copied, swept."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from stalwart_g.cli.app import cli
from stalwart_g.config import Settings, load
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.mail import NewMail
from stalwart_g.queue.partitions import open_partition
from stalwart_g.store import open_store, references
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore

OCTETS = b"Subject: kept\r\n\r\nbody\r\n"
LARGE = OCTETS + b"x" * 100_000
DAY = 86_400.0


@pytest.fixture
def settings(home: Path) -> Settings:
    return load(home / "config.toml", {})


@pytest.fixture
def mail(settings: Settings) -> Iterator[MailStore]:
    store, blobs = open_store(settings.store.path), BlobStore(settings.store.blobs)
    made = MailStore(store, blobs)
    account = made.account_id("ann")
    inbox = made.create_mailbox(account, ("INBOX",))
    made.ingest(account, OCTETS, [(inbox.id, ())], 1000.0)
    yield made
    store.close()
    blobs.close()


@pytest.fixture
def queued(settings: Settings) -> str:
    partition = open_partition(settings.queue_folder, 0, settings.queue)
    envelope = Envelope(Address.of("a@x.test"), recipients=(Recipient(Address.of("b@y.test")),))
    queue_id = partition.spool.enqueue(NewMail(envelope, LARGE))
    partition.close()
    return queue_id


def blob_files(settings: Settings) -> list[Path]:
    return [path for path in settings.store.blobs.rglob("*") if path.is_file() and path.stat().st_size]


# check


def test_a_fresh_home_is_ok(run, ask) -> None:
    assert run("store", "check").stdout == "ok: 0 accounts, 0 messages, 0 blobs\n"
    assert ask("store", "check")["ok"] is True


def test_with_mail_in_it_too(run, mail, queued) -> None:
    assert run("store", "check", "--contents").stdout == "ok: 1 account, 1 message, 1 blob\n"


def test_a_blob_that_is_lost_is_found(run, ask, mail, settings: Settings) -> None:
    (path,) = blob_files(settings)
    path.unlink()
    text = run("store", "check", code=1).stdout
    assert text.startswith("ann: email 1: its blob ")
    assert "1 finding: 1 account" in text
    (finding,) = ask("store", "check", code=1)["findings"]
    assert (finding["where"], finding["kind"], finding["fixed"]) == ("ann", "blob", False)


def test_a_changed_blob_is_found_when_its_contents_are_read(run, mail, settings: Settings) -> None:
    (path,) = blob_files(settings)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[::-1])
    assert "ok" in run("store", "check").stdout
    run("store", "check", "--contents", code=1)


def test_a_wrong_counter_is_put_right(run, ask, mail, settings: Settings) -> None:
    from stalwart_g.store import Batch
    from stalwart_g.store.keys import Keys

    store = open_store(settings.store.path)
    batch = Batch()
    batch.add(Keys(mail.account_id("ann")).used(), 5)
    store.commit(batch)
    store.close()
    assert "ann: " in run("store", "check", code=1).stdout
    assert all(finding["fixed"] for finding in ask("store", "check", "--fix")["findings"])
    assert ask("store", "check")["findings"] == []


def test_a_queued_message_without_octets_is_found(run, queued, settings: Settings) -> None:
    for path in settings.queue_folder.rglob(queued):
        path.unlink()
    assert f"queue: queue-0: message {queued} has no octets" in run("store", "check", code=1).stdout


def test_what_is_no_database_is_told_in_one_line(run, settings: Settings) -> None:
    settings.store.path.write_bytes(b"this is no database at all" * 100)
    result = run("store", "check", code=1)
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


# backup


def test_a_backup_is_a_home(run, ask, mail, queued, tmp_path: Path, home: Path) -> None:
    run("domain", "create", "example.org")
    run("account", "create", "ann", "--no-password", "--address", "ann@example.org")
    copy = tmp_path / "copy"
    done = ask("store", "backup", str(copy))
    assert (done["databases"], done["blobs"], done["missing"]) == (3, 1, 0)

    def there(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["--home", str(copy), "--json", *arguments])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert there("store", "check", "--contents")["ok"] is True
    assert [row["subject"] for row in there("mail", "list", "ann")] == ["kept"]
    assert [row["id"] for row in there("queue", "list")] == [queued]
    assert there("account", "list")[0]["emails"] == ["ann@example.org"]
    assert there("check")["ok"] is True
    private = [path for path in (copy, *copy.rglob("*")) if path.suffix != ".crt" and path.parent.name != "blobs"]
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_a_backup_never_overwrites(run, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "file").write_text("mine")
    assert "not an empty folder" in run("store", "backup", str(tmp_path / "copy"), code=1).stderr
    assert (tmp_path / "copy" / "file").read_text() == "mine"


def test_what_lies_outside_of_the_home_stops_a_backup(run, home: Path, tmp_path: Path) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text().replace('#path = "data/queue"', f'path = "{tmp_path}/elsewhere"'))
    assert "copy it by other means" in run("store", "backup", str(tmp_path / "copy"), code=1).stderr


# gc


def test_space_of_deleted_mail_is_given_back_when_the_grace_is_over(ask, mail, settings: Settings) -> None:
    mail.destroy(mail.account_id("ann"), [1])
    assert ask("store", "gc")["deleted"] == 0
    assert len(blob_files(settings)) == 1


def test_what_was_found_before_the_grace_is_deleted(ask, mail, settings: Settings) -> None:
    mail.destroy(mail.account_id("ann"), [1])
    (blob,) = blob_files(settings)
    long_ago = time.time() - 3 * DAY
    os.utime(blob, (long_ago, long_ago))
    store, blobs = open_store(settings.store.path), BlobStore(settings.store.blobs)
    references.collect(store, blobs, DAY, long_ago)
    store.close()
    blobs.close()
    assert ask("store", "gc") == {"deleted": 1, "octets": len(OCTETS), "found": 0}
    assert blob_files(settings) == []


@pytest.mark.parametrize("arguments", [["gc", "--grace-hours", "0"], ["gc", "--grace-hours", "x"], ["backup"]])
def test_wrong_use_is_told(run, arguments: list[str]) -> None:
    assert "Usage" in run("store", *arguments, code=2).stderr


@pytest.mark.parametrize("arguments", [["check"], ["gc"], ["backup", "copy"]])
def test_a_home_without_configuration_is_told(run, home: Path, arguments: list[str]) -> None:
    (home / "config.toml").unlink()
    assert "make one with" in run("store", *arguments, code=1).stderr
