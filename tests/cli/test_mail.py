"""Mail of a real home: stored by the store that the server uses, seen through the commands."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stalwart_g.config import load
from stalwart_g.store import open_store
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore

OPS = (
    b"From: Carol <carol@remote.example>\r\nSubject: [ops] =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n\x00\xff no LF at the end"
)
NESTED = (
    b"Subject: two parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ntext\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0x\r\n--b--\r\n"
)
ANN = "ann@example.org"
RECEIVED = 1_800_000_000.0


@pytest.fixture(autouse=True)
def _account(run, domain: str) -> None:
    run("account", "create", ANN, "--no-password")


@pytest.fixture
def mail(home: Path) -> Iterator[MailStore]:
    """The store of a server that runs beside the commands."""
    settings = load(home / "config.toml", {})
    store, blobs = open_store(settings.store.path), BlobStore(settings.store.blobs)
    yield MailStore(store, blobs)
    store.close()
    blobs.close()


@pytest.fixture
def ann(mail: MailStore) -> Callable[..., int]:
    """Stores a message for her; its id."""

    def store(octets: bytes, *mailboxes: str, keywords: tuple[str, ...] = (), received: float = RECEIVED) -> int:
        account = mail.account_id(ANN)
        targets = [(mail.create_mailbox(account, name.split("/")).id, keywords) for name in mailboxes or ("INBOX",)]
        return mail.ingest(account, octets, targets, received)[0].email_id

    return store


# list


def test_who_never_had_mail_has_an_empty_list(ask) -> None:
    assert ask("mail", "list", ANN) == []


def test_messages_are_listed_by_mailbox(ask, ann) -> None:
    first, second = ann(OPS, keywords=("$filed",)), ann(NESTED, "Lists/ops", "Archive")
    rows = ask("mail", "list", ANN)
    assert [(row["mailbox"], row["id"]) for row in rows] == [
        ("INBOX", first), ("Archive", second), ("Lists/ops", second),
    ]  # fmt: skip
    row = rows[0]
    assert (row["keywords"], row["size_octets"], row["received"]) == (["$filed"], len(OPS), "2027-01-15T08:00:00Z")
    assert (row["subject"], row["from"], row["uid"]) == ("[ops] Grüße", "Carol <carol@remote.example>", 1)


def test_one_mailbox_or_the_newest_only(ask, ann) -> None:
    old, new, other = ann(OPS), ann(OPS + b"2", received=RECEIVED + 9), ann(OPS, "Lists/ops", received=RECEIVED + 5)
    assert [row["id"] for row in ask("mail", "list", ANN, "--limit", "2")] == [new, other]
    assert [row["id"] for row in ask("mail", "list", ANN, "--mailbox", "inbox")] == [old, new]


def test_the_table_cannot_steer_the_terminal(run, ann) -> None:
    ann(b"From: x@y\r\nSubject: =?utf-8?q?=1B]0;owned=07=0A?=\r\n\r\n")
    header, line = run("mail", "list", ANN).stdout.splitlines()
    assert header.split() == ["ID", "MAILBOX", "RECEIVED", "SIZE", "FROM", "SUBJECT", "KEYWORDS"]
    assert "\x1b" not in line
    assert "owned" in line


def test_mailboxes_have_counts(ask, ann) -> None:
    ann(OPS)
    ann(NESTED, keywords=("$seen",))
    row = next(row for row in ask("mail", "mailboxes", ANN) if row["mailbox"] == "INBOX")
    assert row == {"mailbox": "INBOX", "role": "inbox", "messages": 2, "unseen": 1, "octets": len(OPS) + len(NESTED)}


# show


def test_a_message_is_shown_to_the_octet(run, ask, ann) -> None:
    email = str(ann(OPS))
    assert run("mail", "show", ANN, email).stdout_bytes == OPS
    assert base64.b64decode(ask("mail", "show", ANN, email)["base64"]) == OPS


def test_its_header_is_shown_decoded(run, ask, ann) -> None:
    email = str(ann(OPS))
    assert run("mail", "show", ANN, email, "--headers").stdout.splitlines() == [
        "From: Carol <carol@remote.example>", "Subject: [ops] Grüße",
    ]  # fmt: skip
    assert ask("mail", "show", ANN, email, "--headers")[1] == {"name": "Subject", "value": "[ops] Grüße"}


def test_its_structure_is_a_tree(run, ask, ann) -> None:
    email = str(ann(NESTED))
    lines = run("mail", "show", ANN, email, "--structure").stdout.splitlines()
    assert [line.split("  ")[-2:][0].strip() or line for line in lines]
    assert [line[: len(line) - len(line.lstrip())] for line in lines] == ["", "  ", "  "]
    assert "application/pdf base64 attachment a.pdf" in lines[2]
    parts = ask("mail", "show", ANN, email, "--structure")["parts"]
    assert [(part["part"], part["type"]) for part in parts] == [
        ("", "multipart/mixed"), ("1", "text/plain"), ("2", "application/pdf"),
    ]  # fmt: skip


# export and import


def test_an_export_has_a_folder_a_mailbox_and_a_file_a_message(ask, ann, tmp_path: Path) -> None:
    first, second = ann(OPS), ann(NESTED, "Lists/ops", "INBOX")
    done = ask("mail", "export", ANN, str(tmp_path / "out"))
    assert (done["written"], done["unchanged"]) == (3, 0)
    files = {str(path.relative_to(tmp_path / "out")): path.read_bytes() for path in (tmp_path / "out").rglob("*.eml")}
    assert files == {
        f"INBOX/{first}.eml": OPS, f"INBOX/{second}.eml": NESTED, f"Lists/ops/{second}.eml": NESTED,
    }  # fmt: skip
    third = ann(OPS + b"3")
    again = ask("mail", "export", ANN, str(tmp_path / "out"))
    assert (again["written"], again["unchanged"]) == (1, 3)
    assert (tmp_path / "out" / "INBOX" / f"{third}.eml").stat().st_mtime == RECEIVED
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "out").rglob("*")} == {0}


@pytest.mark.parametrize("name", ["..", "1.eml", ".git", "a\\b", "x" * 250])
def test_no_name_of_a_mailbox_leads_out_of_the_folder(ask, ann, tmp_path: Path, name: str) -> None:
    ann(OPS, name)
    ann(OPS)
    assert ask("mail", "export", ANN, str(tmp_path / "deep" / "out"))["written"] == 2
    outside = [path for path in tmp_path.rglob("*.eml") if not path.is_relative_to(tmp_path / "deep" / "out")]
    assert outside == []


def test_what_was_exported_is_imported_once(run, ask, ann, tmp_path: Path) -> None:
    ann(OPS)
    ann(NESTED, "Lists/ops")
    run("mail", "export", ANN, str(tmp_path / "out"))
    run("account", "create", "bob@example.org", "--no-password")
    first = ask("mail", "import", "bob@example.org", str(tmp_path / "out"))
    again = ask("mail", "import", "bob@example.org", str(tmp_path / "out"))
    assert [(done["stored"], done["unchanged"]) for done in (first, again)] == [(2, 0), (0, 2)]
    rows = ask("mail", "list", "bob@example.org")
    assert [(row["mailbox"], row["received"]) for row in rows] == [
        ("INBOX", "2027-01-15T08:00:00Z"), ("Lists/ops", "2027-01-15T08:00:00Z"),
    ]  # fmt: skip
    assert run("mail", "show", "bob@example.org", str(rows[0]["id"])).stdout_bytes == OPS


def test_a_maildir_is_imported_with_its_flags_below_a_mailbox(ask, tmp_path: Path) -> None:
    for folder in ("new", "cur", ".Lists.ops/new", ".Lists.ops/cur"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "cur" / "1.x:2,S").write_bytes(b"Subject: a\n\nb\n")
    (tmp_path / "Maildir" / ".Lists.ops" / "new" / "2.x").write_bytes(b"Subject: c\n\nd\n")
    assert ask("mail", "import", ANN, str(tmp_path / "Maildir"), "--mailbox", "Old")["stored"] == 2
    rows = ask("mail", "list", ANN)
    assert [(row["mailbox"], row["keywords"]) for row in rows] == [("Old", ["$seen"]), ("Old/Lists/ops", [])]


def test_a_folder_that_cannot_be_a_mailbox_is_told_and_the_rest_done(run, ask, tmp_path: Path) -> None:
    for folder in ("good", "/".join("deepdeepdeep")):
        (tmp_path / "out" / folder).mkdir(parents=True)
        (tmp_path / "out" / folder / "1.eml").write_bytes(OPS)
    done = json.loads(run("--json", "mail", "import", ANN, str(tmp_path / "out"), code=3).stdout)
    assert done["stored"] == 1
    assert "levels" in done["failed"][0]


# move and delete


def test_messages_are_moved_and_deleted(ask, run, ann) -> None:
    one, two = ann(OPS), ann(NESTED)
    assert ask("mail", "move", ANN, str(one), "--to", "Archive/2027") == {"moved": [one], "missing": []}
    assert [(row["mailbox"], row["id"]) for row in ask("mail", "list", ANN)] == [("INBOX", two), ("Archive/2027", one)]
    assert "use --yes" in run("mail", "delete", ANN, str(one), code=2).stderr
    done = json.loads(run("--json", "mail", "delete", ANN, str(one), "99", "--yes", code=3).stdout)
    assert done == {"deleted": [one], "missing": [99]}
    assert [row["id"] for row in ask("mail", "list", ANN)] == [two]


def test_mail_follows_an_account_to_its_new_name(run, ask, ann) -> None:
    email = ann(OPS)
    run("account", "rename", ANN, "anne")
    assert ask("mail", "list", "anne") == []
    assert ask("mail", "rename", ANN, "anne") == {"from": ANN, "to": "anne"}
    assert [row["id"] for row in ask("mail", "list", "anne")] == [email]


def test_mail_of_two_accounts_is_not_mixed(run, ask, ann, mail) -> None:
    ann(OPS)
    mail.account_id("bob")
    run("account", "create", "bob", "--no-password")
    assert run("mail", "rename", ANN, "bob", code=1).stderr == "error: there is an account bob already\n"
    assert len(ask("mail", "list", ANN)) == 1


def test_all_mail_of_an_account_can_be_erased(run, ask, ann) -> None:
    ann(OPS)
    assert "use --yes" in run("mail", "erase", ANN, code=2).stderr
    assert ask("mail", "erase", ANN, "--yes") == {"erased": ANN, "messages": 1}
    assert ask("mail", "list", ANN) == []
    assert run("mail", "erase", ANN, "--yes", code=1).stderr == f"error: {ANN} has no mail\n"
    assert ask("store", "check")["ok"] is True


# bad input


def test_mail_of_who_left_the_directory_is_still_there(run, ask, ann) -> None:
    ann(OPS)
    run("account", "delete", ANN, "--yes")
    assert len(ask("mail", "list", ANN)) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["list", "nobody"], 1, "error: there is no account nobody\n"),
        (["list", "nobody@example.org"], 1, "error: there is no account nobody@example.org\n"),
        (["mailboxes", "nobody"], 1, "error: there is no account nobody\n"),
        (["list", ANN, "--mailbox", "None"], 1, f"error: {ANN} has no mailbox None\n"),
        (["list", ANN, "--mailbox", "a//b"], 1, "error: invalid folder name: 'a//b'\n"),
        (["show", ANN, "7"], 1, f"error: {ANN} has no message 7\n"),
        (["show", ANN, "99999999999999"], 1, f"error: {ANN} has no message 99999999999999\n"),
        (["show", ANN, "seven"], 2, "'seven' is not a valid integer"),
        (["show", "nobody", "7"], 1, "error: there is no account nobody\n"),
        (["export", ANN, "config.toml", "--mailbox", "None"], 1, "has no mailbox"),
        (["import", ANN, "none.eml"], 1, "error: none.eml: No such file or directory\n"),
        (["import", ANN, "."], 1, "error: .: this is no Maildir, and there are no .eml files in it\n"),
        (["import", "nobody", "none.eml"], 1, "error: there is no account nobody\n"),
        (["import", ANN, "none.eml", "--mailbox", "a//b"], 1, "error: invalid folder name: 'a//b'\n"),
        (["move", ANN, "7", "--to", "x"], 1, "error: "),
        (["delete", ANN, "7", "--yes"], 1, "error: "),
        (["delete", ANN], 2, "Missing argument"),
    ],
)
def test_bad_input_is_one_clear_line(run, tmp_path: Path, monkeypatch, arguments, code: int, text: str) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    error = run("mail", *arguments, code=code).stderr
    assert text in error
    assert code == 2 or error.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_told(run, ann, tmp_path: Path) -> None:
    ann(OPS)
    (tmp_path / "out").write_text("a file")
    assert "is a file" in run("mail", "export", ANN, str(tmp_path / "out"), code=2).stderr
    assert f"error: {tmp_path}/out: " in run("mail", "export", ANN, str(tmp_path / "out" / "deep"), code=1).stderr


def test_a_home_without_configuration_is_told(run, home: Path) -> None:
    (home / "config.toml").unlink()
    assert "make one with" in run("mail", "list", ANN, code=1).stderr
