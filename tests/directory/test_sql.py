from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from stalwart_g.directory import DirectoryUnavailable, open_directory
from stalwart_g.directory.settings import Columns, SqlSettings, Statements
from stalwart_g.green import tasks
from stalwart_g.model.address import Address


@pytest.fixture
def own(tmp_path: Path):
    """A database of an administrator's own making, and its settings."""
    path = tmp_path / "own.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE users (login, pw1, pw2, full_name, megabytes, enabled);"
        "CREATE TABLE app_passwords (login, hash);"
        "INSERT INTO users VALUES ('ann', 'one', 'two', 'Ann', 200000000000, 'yes'), ('off', 'x', NULL, '', 0, 'no');"
        "INSERT INTO app_passwords VALUES ('ann', 'three');"
    )
    connection.close()
    statements = Statements(
        name="SELECT login, pw1 AS Secret, pw2 AS SECRET, full_name, megabytes, enabled FROM users WHERE login = $1",
        members="SELECT 'staff' WHERE ? <> ''",
        recipients="SELECT login FROM users WHERE login || '@example.org' = ?",
        emails="SELECT login || '@example.org' FROM users WHERE login = ?",
        domains="SELECT 1 WHERE ? = 'example.org'",
        verify="SELECT login FROM users WHERE instr(login, ?)",
        expand="SELECT 1 WHERE ? = ''",
        secrets="SELECT hash FROM app_passwords WHERE login = ?",
    )
    columns = Columns(name="login", description="full_name", quota="megabytes", active="enabled")
    return SqlSettings("own", f"sqlite://{path}?mode=ro", statements, columns)


def test_statements_and_columns_of_ones_own(own, checker) -> None:
    directory = open_directory(own, checker)
    ann = directory.principal("ann")
    assert (ann.description, ann.quota_octets, ann.member_of) == ("Ann", 200_000_000_000, ("staff",))
    assert directory.resolve(Address("ann", "example.org")).kind == "individual"
    assert directory.is_local_domain("example.org")
    assert not directory.principal("off").active


@pytest.mark.parametrize(("password", "fits"), [("one", True), ("two", True), ("three", True), ("four", False)])
def test_every_secret_of_an_account_logs_in(own, checker, password: str, fits: bool) -> None:
    assert bool(open_directory(own, checker).authenticate("ann", password)) is fits


def test_a_wrong_statement_is_told_with_directory_key_and_the_drivers_words(own, checker) -> None:
    wrong = replace(own, statements=replace(own.statements, name="SELECT nonsense FROM users WHERE login = ?"))
    directory = open_directory(wrong, checker)
    with pytest.raises(DirectoryUnavailable, match=r"directory own: query\.name: no such column: nonsense"):
        directory.principal("ann")
    assert directory.problems() == ["query.name: no such column: nonsense"]


def test_a_statement_without_its_placeholder_is_refused_at_once(own, checker) -> None:
    wrong = replace(own, statements=replace(own.statements, name="SELECT 1", emails="SELECT ?, :1"))
    with pytest.raises(ValueError, match=r"query\.name: .*one placeholder.*query\.emails: .*mixes"):
        open_directory(wrong, checker)


@pytest.mark.parametrize("address", ["oracle://host/db", "accounts.sqlite3"])
def test_an_unknown_kind_of_database_is_refused(own, checker, address: str) -> None:
    with pytest.raises(ValueError, match="an address starts with sqlite:"):
        open_directory(replace(own, address=address), checker)


def test_a_missing_database_is_unavailable_and_not_made(own, checker, tmp_path: Path) -> None:
    directory = open_directory(replace(own, address=f"sqlite://{tmp_path}/missing.sqlite3"), checker)
    with pytest.raises(DirectoryUnavailable, match=r"missing\.sqlite3: unable to open"):
        directory.principal("ann")
    assert not (tmp_path / "missing.sqlite3").exists()


def test_it_works_again_once_the_database_does(own, checker, tmp_path: Path) -> None:
    path, away = tmp_path / "own.sqlite3", tmp_path / "away"
    path.rename(away)
    directory = open_directory(own, checker)
    with pytest.raises(DirectoryUnavailable):
        directory.principal("ann")
    away.rename(path)
    assert directory.principal("ann")


def test_statements_cannot_write(own, checker) -> None:
    writing = replace(own, statements=replace(own.statements, domains="DELETE FROM users WHERE login <> ?"))
    directory = open_directory(writing, checker)
    with pytest.raises(DirectoryUnavailable, match="readonly"):
        directory.is_local_domain("example.org")
    assert directory.principal("ann")


def test_changes_are_true_at_once(own, checker, tmp_path: Path) -> None:
    directory = open_directory(own, checker)
    assert directory.authenticate("ann", "one")
    with sqlite3.connect(tmp_path / "own.sqlite3") as connection:
        connection.execute("UPDATE users SET pw1 = 'new'")
    connection.close()
    assert directory.authenticate("ann", "new")
    assert directory.authenticate("ann", "one") is None


def test_with_a_write_ahead_log_answers_are_kept_until_anything_changes(own, checker, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "own.sqlite3")
    other.execute("PRAGMA journal_mode = WAL")
    directory = open_directory(own, checker)
    first = directory.principal("ann")
    assert directory.principal("ann") is first
    assert directory.resolve(Address("bea", "example.org")) is None
    with other:
        other.execute("UPDATE users SET full_name = 'Anna'")
        other.execute("INSERT INTO users (login) VALUES ('bea')")
    assert directory.principal("ann").description == "Anna"
    assert directory.resolve(Address("bea", "example.org")).accounts == ("bea",)
    other.close()


def test_many_greenlets_ask_at_once(own, checker) -> None:
    directory = open_directory(own, checker)
    found = list[str]()

    def ask() -> None:
        found.append(directory.resolve(Address("ann", "example.org")).accounts[0])

    for task in [tasks.spawn(ask) for _ in range(100)]:
        task.join()
    assert found == ["ann"] * 100
    assert len(os.listdir("/proc/self/fd")) < 200
