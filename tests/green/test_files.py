"""Watching files by looking at them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.files import differences, signatures, watch


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_nothing_changed_is_no_difference(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "1")
    assert differences(signatures([path]), signatures([path])) == []


@pytest.mark.parametrize("change", ["longer", "gone", "replaced", "touched"])
def test_each_kind_of_change_is_seen(tmp_path: Path, change: str) -> None:
    path = write(tmp_path / "a", "1")
    before = signatures([path])
    if change == "longer":
        path.write_text("12")
    elif change == "gone":
        path.unlink()
    elif change == "replaced":
        write(tmp_path / "b", "2").replace(path)
    else:
        os.utime(path, ns=(1, 1))
    assert differences(before, signatures([path])) == [path]


def test_a_new_file_is_a_difference(tmp_path: Path) -> None:
    before = signatures(tmp_path.iterdir())
    path = write(tmp_path / "new", "")
    assert differences(before, signatures(tmp_path.iterdir())) == [path]


def test_changes_are_reported_once_each(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "1")
    reported = tasks.Queue[list[Path]]()
    watching = watch(lambda: sorted(tmp_path.iterdir()), reported.put, 0.01)
    path.write_text("changed")
    assert reported.get(5) == [path]
    added = write(tmp_path / "b", "")
    assert reported.get(5) == [added]
    path.unlink()
    assert reported.get(5) == [path]
    watching.cancel()
    assert reported.get_all() == []
