from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from stalwart_g.cli.app import cli
from stalwart_g.cli.home import etc_folder, initialise
from stalwart_g.config import load
from stalwart_g.model.errors import MailError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def steps(home: Path, etc: Path, **options) -> list[tuple[str, str]]:
    return [(step.action, str(step.path.relative_to(home))) for step in initialise(home, etc=etc, **options)]


def test_a_new_home_is_complete_and_private(home: Path) -> None:
    settings = load(home / "config.toml", {})
    assert settings.server.hostname == "mail.example.org"
    assert settings.warnings == ()
    assert (home / "policy" / "rcpt.sieve").read_text() == "keep;\n"
    assert (home / "spamfilter" / "maps" / "words.txt").exists()
    assert not (home / "policy" / "README.md").exists()
    assert settings.certificates["default"].certificate.exists()
    assert {mode(path) for path in home.rglob("*") if path.is_dir()} == {0o700}
    assert {mode(path) for path in home.rglob("*") if path.is_file() and path.suffix != ".crt"} == {0o600}


def test_again_changes_nothing(home: Path, etc: Path) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert steps(home, etc) == []
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_what_is_missing_is_made_again(home: Path, etc: Path) -> None:
    (home / "policy" / "rcpt.sieve").unlink()
    (home / "data" / "blobs").rmdir()
    assert steps(home, etc) == [("made", "data/blobs"), ("made", "policy/rcpt.sieve")]


def test_what_the_administrator_changed_stays_and_a_new_version_is_shown_once(home: Path, etc: Path) -> None:
    script = home / "policy" / "rcpt.sieve"
    script.write_text("discard;\n")
    assert steps(home, etc) == []
    (etc / "policy" / "rcpt.sieve").write_text("keep; # new\n")
    (step,) = initialise(home, etc=etc)
    assert (step.action, step.path) == ("yours", script)
    assert "-discard;\n+keep; # new\n" in step.difference
    assert steps(home, etc) == []
    assert steps(home, etc, update=True) == []
    assert script.read_text() == "discard;\n"


def test_a_new_version_of_an_unchanged_file_is_taken_only_when_asked_for(home: Path, etc: Path) -> None:
    (etc / "policy" / "rcpt.sieve").write_text("keep; # new\n")
    assert steps(home, etc) == [("older", "policy/rcpt.sieve")]
    assert steps(home, etc) == [("older", "policy/rcpt.sieve")]
    assert (home / "policy" / "rcpt.sieve").read_text() == "keep;\n"
    assert steps(home, etc, update=True) == [("updated", "policy/rcpt.sieve")]
    assert (home / "policy" / "rcpt.sieve").read_text() == "keep; # new\n"
    assert steps(home, etc) == []


def test_a_configuration_that_is_there_is_obeyed_and_kept(tmp_path: Path, etc: Path) -> None:
    home = tmp_path / "own"
    home.mkdir()
    text = (
        '[server]\nhostname = "own.example"\n[directory.default]\ntype = "memory"\n'
        '[store]\ndb.path = "elsewhere/db"\n[policy]\ndir = "scripts"\n'
    )
    (home / "config.toml").write_text(text)
    initialise(home, {"server.hostname": "other.example"}, etc=etc)
    assert (home / "config.toml").read_text() == text
    assert (home / "elsewhere").is_dir()
    assert (home / "scripts" / "rcpt.sieve").exists()
    assert not (home / "data" / "accounts.sqlite3").exists()
    assert not (home / "certs").exists()


def test_a_foreign_database_is_left_alone(home: Path, etc: Path) -> None:
    database = home / "data" / "accounts.sqlite3"
    database.write_bytes(b"")
    with pytest.raises(MailError, match="no directory of ours"):
        initialise(home, etc=etc)
    assert database.read_bytes() == b""


def test_the_command_makes_domains_and_says_what_it_did(tmp_path: Path) -> None:
    arguments = [
        "--home",
        str(tmp_path / "new"),
        "--json",
        "init",
        "--hostname",
        "mx.example.org",
        "--domain",
        "example.org",
    ]
    first, second = (CliRunner().invoke(cli, arguments) for _ in range(2))
    made = json.loads(first.stdout)
    assert made["domains"] == ["example.org"]
    assert {step["action"] for step in made["steps"]} == {"made"}
    assert json.loads(second.stdout) == {"steps": [], "domains": []}
    plain = CliRunner().invoke(cli, ["--home", str(tmp_path / "new"), "init"])
    assert "is complete; nothing to do" in plain.stdout
    other = CliRunner().invoke(cli, ["--home", str(tmp_path / "new"), "init", "--hostname", "x.example"])
    assert other.exit_code == 2
    assert "change server.hostname in it" in other.stderr


def test_a_host_name_that_is_none_is_refused_and_nothing_is_kept_of_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path / "new"), "init", "--hostname", "not a name"])
    assert result.exit_code == 2
    assert not (tmp_path / "new").exists()


def test_the_shipped_files_are_found() -> None:
    assert (etc_folder() / "config.toml").exists()
