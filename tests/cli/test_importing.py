from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.cli.importing import NothingToImport, messages_of

MESSAGE = b"From: a@x.test\nSubject: one\n\nbody\n"
WIRE = MESSAGE.replace(b"\n", b"\r\n")
MBOX = (
    b"From a@x.test Tue Feb  3 09:05:06 2026\n" + MESSAGE + b"\n"
    b"From b@x.test Tue Feb  3 09:05:07 2026\nSubject: two\n\n>From here\n>>From there\nFrom inside\n\n"
)


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    top = tmp_path / "Maildir"
    for folder in ("", ".Lists.ops", ".Entw&APw-rfe", "nested/box"):
        for name in ("cur", "new", "tmp"):
            (top / folder / name).mkdir(parents=True)
    (top / "new" / "1.x").write_bytes(MESSAGE)
    (top / "cur" / "2.x:2,FSab").write_bytes(MESSAGE)
    (top / "dovecot-keywords").write_text("0 $Forwarded\n1 in valid\n2\n")
    (top / ".Lists.ops" / "cur" / "3.x:2,").write_bytes(MESSAGE)
    (top / ".Entw&APw-rfe" / "cur" / "4.x:2,DRPT").write_bytes(MESSAGE)
    (top / "nested" / "box" / "cur" / "5.x").write_bytes(MESSAGE)
    (top / "tmp" / "6.x").write_bytes(b"half a mess")
    return top


def test_a_single_message_has_the_time_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(MESSAGE)
    os.utime(path, (1000, 1000))
    (found,) = messages_of(path)
    assert (found.octets, found.received_at, found.place) == (WIRE, 1000.0, str(path))


def test_an_mbox_has_many_each_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(MBOX)
    one, two = messages_of(path)
    assert (one.octets, one.received_at) == (WIRE, 1770109506.0)
    assert two.octets == b"Subject: two\r\n\r\nFrom here\r\n>From there\r\nFrom inside\r\n"
    assert two.place == f"{path} #2"


def test_an_mbox_may_have_crlf(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(MBOX.replace(b"\n", b"\r\n"))
    assert next(messages_of(path)).octets == WIRE


def test_a_maildir_has_flags_folders_and_keywords(maildir: Path) -> None:
    found = {Path(each.place).name.partition(".")[0]: each for each in messages_of(maildir)}
    assert {number: each.mailbox for number, each in found.items()} == {
        "1": (), "2": (), "3": ("Lists", "ops"), "4": ("Entwürfe",), "5": ("nested", "box"),
    }  # fmt: skip
    assert found["2"].keywords == ("$flagged", "$seen", "$forwarded")
    assert found["4"].keywords == ("$draft", "$answered", "$forwarded")
    assert found["1"].octets == WIRE


def test_what_was_exported_comes_back_to_its_mailbox(tmp_path: Path) -> None:
    (tmp_path / "Lists" / "a%2Fb").mkdir(parents=True)
    for number in (10, 9):
        (tmp_path / "Lists" / "a%2Fb" / f"{number}.eml").write_bytes(WIRE + b"bare\n")
    found = list(messages_of(tmp_path))
    assert [Path(each.place).stem for each in found] == ["9", "10"]
    assert (found[0].mailbox, found[0].octets) == (("Lists", "a/b"), WIRE + b"bare\n")


def test_what_holds_no_messages_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.eml").write_bytes(b"\n")
    for path in (tmp_path / "empty.eml", tmp_path):
        if path.is_dir():
            (tmp_path / "empty.eml").unlink()
        with pytest.raises(NothingToImport, match=str(path)):
            list(messages_of(path))


@given(lines=st.lists(st.sampled_from([b"From x\n", b"\n", b">From y\n", b"a: b\r\n", b"\xff\0", b" \n"])))
def test_any_octets_are_read_to_their_end(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(b"".join([b"From x\n", *lines]))
    total = sum(len(found.octets) for found in messages_of(path))
    assert total <= 2 * path.stat().st_size
