"""Reasons for which serve does not begin: each is told, and none has a trace."""

from __future__ import annotations

from pathlib import Path


def test_without_a_home_it_says_how_to_make_one(run, home: Path) -> None:
    (home / "config.toml").unlink()
    assert "make one with: stalwart-g" in run("serve", code=1).stderr


def test_a_policy_script_with_errors_is_told_with_its_place(run, home: Path) -> None:
    script = home / "policy" / "rcpt.sieve"
    script.write_text("keep;\nkepp;\n")
    lines = run("serve", code=1).stderr.splitlines()
    assert lines[0].startswith(f"{script}:2:1: ")
    assert lines[-1] == "error: the server does not start with this"


def test_a_user_who_is_none_is_told(run, home: Path) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text().replace('#run-as.user = ""', 'run-as.user = "no-such-user"'))
    assert "server.run-as: " in run("serve", code=1).stderr


def test_all_mistakes_of_the_configuration_are_told(run, home: Path) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text().replace("#workers = 0", "wokers = 0\nnonsense = 1"))
    lines = run("serve", code=1).stderr.splitlines()
    assert ["server.wokers" in lines[0], "server.nonsense" in lines[1]] == [True, True]
