from __future__ import annotations

import os
from pathlib import Path

import pytest

import sieve
from stalwart_g.delivery.scripts import FileScripts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "alice@x.test").mkdir()
    (tmp_path / "alice@x.test" / "active.sieve").write_text("keep;")
    return tmp_path


def test_the_active_script_is_found(folder):
    assert FileScripts(folder).active("alice@x.test").source == "keep;"


@pytest.mark.parametrize("account", ["bob@x.test", "../alice@x.test", "..", "", "a/b"])
def test_others_have_none(folder, account):
    assert FileScripts(folder).active(account) is None


def test_without_a_folder_nobody_has_any():
    assert FileScripts(None).active("alice@x.test") is None


def test_it_is_compiled_once(folder):
    scripts = FileScripts(folder)
    assert scripts.active("alice@x.test") is scripts.active("alice@x.test")


def test_a_changed_script_is_taken_up(folder):
    scripts = FileScripts(folder)
    scripts.active("alice@x.test")
    (folder / "alice@x.test" / "active.sieve").write_text("discard;")
    assert scripts.active("alice@x.test").source == "discard;"
    os.remove(folder / "alice@x.test" / "active.sieve")
    assert scripts.active("alice@x.test") is None


def test_an_invalid_script_is_an_error_that_names_it(folder):
    (folder / "alice@x.test" / "active.sieve").write_text("kepe;")
    with pytest.raises(sieve.CompileError) as caught:
        FileScripts(folder).active("alice@x.test")
    assert caught.value.findings[0].name == "alice@x.test/active.sieve"


def test_included_scripts_are_personal_or_global(folder):
    (folder / "alice@x.test" / "mine.sieve").write_text("keep;")
    (folder / ".global").mkdir()
    (folder / ".global" / "ours.sieve").write_text("stop;")
    scripts = FileScripts(folder)
    assert scripts.source("alice@x.test", "personal", "mine") == ("alice@x.test/mine.sieve", "keep;")
    assert scripts.source("alice@x.test", "global", "ours") == (".global/ours.sieve", "stop;")
    assert scripts.source("alice@x.test", "personal", "ours") is None
    assert scripts.source("alice@x.test", "personal", "../.global/ours") is None


def test_a_script_is_put_in_the_place_of_the_old_one(folder):
    scripts = FileScripts(folder)
    assert scripts.put("alice@x.test", b"discard;") == folder / "alice@x.test" / "active.sieve"
    assert scripts.put("bob@x.test", b"stop;").stat().st_mode & 0o077 == 0
    assert (scripts.active("alice@x.test").source, scripts.active("bob@x.test").source) == ("discard;", "stop;")
    assert [path.name for path in folder.glob("*/*")] == ["active.sieve", "active.sieve"]


def test_an_invalid_script_is_not_put(folder):
    scripts = FileScripts(folder)
    with pytest.raises(sieve.CompileError):
        scripts.put("alice@x.test", b"kepe;")
    assert scripts.text("alice@x.test") == b"keep;"


@pytest.mark.parametrize("account", ["../alice@x.test", "..", "", "a/b"])
def test_a_name_that_is_no_folder_gets_no_script(folder, account):
    with pytest.raises(ValueError, match="no folder for scripts"):
        FileScripts(folder).put(account, b"keep;")


def test_a_script_can_be_taken_away(folder):
    scripts = FileScripts(folder)
    assert scripts.remove("alice@x.test")
    assert scripts.text("alice@x.test") is None
    assert not scripts.remove("alice@x.test")
