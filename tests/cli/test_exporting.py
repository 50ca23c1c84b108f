from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.cli.exporting import folder_name, message_path, write_message

LEVELS = st.one_of(st.text(min_size=1, max_size=300), st.text("./%e~-ml", min_size=1, max_size=8))


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("INBOX", "INBOX"),
        ("Grüße aus Köln", "Grüße aus Köln"),
        ("..", "%2E."),
        (".git", "%2Egit"),
        ("a/b", "a%2Fb"),
        ("100%", "100%25"),
        ("1.eml", "1%2Eeml"),
        ("a\nb", "a%0Ab"),
        ("\udcff", "%ED%B3%BF"),
    ],
)
def test_folders_are_called_like_mailboxes_where_that_is_safe(level: str, name: str) -> None:
    assert folder_name(level) == name


@given(LEVELS)
def test_every_name_is_one_harmless_folder(level: str) -> None:
    name = folder_name(level)
    assert 0 < len(name.encode()) <= 255
    assert "/" not in name
    assert "\0" not in name
    assert not name.startswith((".", "-", "~"))
    assert not name.lower().endswith(".eml")


@given(LEVELS, LEVELS)
def test_two_names_are_two_folders(one: str, other: str) -> None:
    assert (folder_name(one) == folder_name(other)) == (one == other)


def test_a_message_is_written_once(tmp_path: Path) -> None:
    path = message_path(tmp_path, ("Lists", "ops"), 7)
    assert path == tmp_path / "Lists" / "ops" / "7.eml"
    path.parent.mkdir(parents=True)
    assert write_message(path, b"octets", 1000.0)
    assert not write_message(path, b"octets", 2000.0)
    assert (path.read_bytes(), path.stat().st_mtime) == (b"octets", 1000.0)
    assert write_message(path, b"other!", 1000.0)
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"keep me")
    (tmp_path / "1.eml").symlink_to(tmp_path / "secret")
    write_message(tmp_path / "1.eml", b"octets", 1000.0)
    assert (tmp_path / "secret").read_bytes() == b"keep me"
