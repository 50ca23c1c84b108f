from __future__ import annotations

from pathlib import Path

import pytest

from sieve import HostFailure
from sieve.tools.files import Folder, Unreadable, read_message, read_script


def message(folder: Path, octets: bytes) -> bytes:
    (folder / "m.eml").write_bytes(octets)
    return read_message(folder / "m.eml")


def test_lines_of_a_message_end_with_crlf(folder: Path) -> None:
    assert message(folder, b"A: b\n\nx\r\ny\n") == b"A: b\r\n\r\nx\r\ny\r\n"


def test_a_message_as_it_came_over_smtp_is_not_changed(folder: Path) -> None:
    octets = b"A: b\r\n\r\nx\r\n.\r\n"
    assert message(folder, octets) == octets


def test_the_line_of_an_mbox_is_no_part_of_the_message(folder: Path) -> None:
    assert message(folder, b"From ann@example.org Mon Jul 20 13:55:41 2009\nA: b\n\n") == b"A: b\r\n\r\n"
    assert message(folder, b"From: ann@example.org\n\nFrom here\n") == b"From: ann@example.org\r\n\r\nFrom here\r\n"


@pytest.mark.parametrize("octets", [b"", b"\n \r\n", b"From ann@example.org Mon Jul 20 13:55:41 2009\n"])
def test_an_empty_file_is_no_message(folder: Path, octets: bytes) -> None:
    with pytest.raises(Unreadable, match=r"m\.eml: there is no message in it"):
        message(folder, octets)


def test_a_file_with_nul_is_no_script(folder: Path) -> None:
    with pytest.raises(Unreadable, match="NUL octet at offset 6"):
        read_script(folder / "junk.sieve")


@pytest.mark.parametrize(("name", "reason"), [("none", "No such file"), (".", "Is a directory")])
def test_what_cannot_be_read_is_named_with_the_reason(folder: Path, name: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_script(folder / name)


def test_a_folder_gives_its_files_and_none_for_others(folder: Path) -> None:
    files = Folder(folder)
    assert files.read("global/all.sieve") == b"discard;\n"
    assert [files.read(name) for name in ("none", "global", "mail.eml/x", "a\0b")] == [None] * 4


def test_a_file_that_is_there_and_cannot_be_read_ends_the_script(folder: Path) -> None:
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises(HostFailure, match="cannot read 'loop'"):
        Folder(folder).read("loop")
