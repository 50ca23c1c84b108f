from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from sieve.tools.files import Unreadable
from sieve.tools.mailboxes import mails

ONE, TWO = b"Subject: one\r\n\r\nbody\r\n", b"Subject: two\r\n\r\nFrom here\r\n"


def named(*paths: Path) -> dict[str, bytes]:
    return {Path(mail.name).name: mail.octets for mail in mails(paths)}


def message(subject: str, text: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = subject
    made.set_payload(text)
    return made


def test_a_file_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ONE.replace(b"\r\n", b"\n"))
    assert named(tmp_path / "a") == {"a": ONE}


def test_an_mbox_holds_several_as_they_were_before(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for subject, text in (("one", "body\n"), ("two", "From here\n")):
        box.add(message(subject, text))
    box.close()
    assert named(tmp_path / "box") == {"box#1": ONE, "box#2": TWO}


def test_from_in_a_text_begins_no_message(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(
        b"From a@b Mon Jan  5 10:00:00 2015\nSubject: x\n\ny\n\nFrom now on we meet at noon.\n"
    )
    assert list(named(tmp_path / "box").values()) == [b"Subject: x\r\n\r\ny\r\n\r\nFrom now on we meet at noon.\r\n"]


def test_a_maildir_has_new_and_seen_mail_and_folders(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "Mail")
    box.add(message("one", "body\n"))
    box.add_folder("Work").add(message("two", "From here\n"))
    (tmp_path / "Mail" / "tmp" / "half").write_bytes(b"Subj")
    assert list(named(tmp_path / "Mail").values()) == [ONE, TWO]


def test_a_folder_has_messages_and_folders(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.eml").write_bytes(TWO)
    (tmp_path / "in" / "notes.txt").write_text("no mail")
    (tmp_path / "a.eml").write_bytes(ONE)
    assert named(tmp_path) == {"a.eml": ONE, "b.eml": TWO}


def test_a_folder_without_messages_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="there is no message in this folder"):
        list(mails([tmp_path]))


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.eml").touch()
    with pytest.raises(Unreadable, match="there is no message in it"):
        list(mails([tmp_path / "a.eml"]))
