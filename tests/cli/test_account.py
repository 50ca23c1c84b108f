from __future__ import annotations

import pytest

from stalwart_g.config import load
from stalwart_g.directory import PasswordChecker, open_directory

BILL = "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe"
pytestmark = pytest.mark.usefixtures("domain")


@pytest.fixture
def logs_in(home):
    checker = PasswordChecker(1)
    directory = open_directory(load(home / "config.toml", {}).directory, checker)
    yield lambda name, password: directory.authenticate(name, password) is not None
    directory.close()
    checker.close()


def test_a_generated_password_is_told_once_and_logs_in(ask, logs_in) -> None:
    made = ask("account", "create", "ann@example.org", "--generate", "--quota", "5G", "--description", "Ann")
    assert made["emails"] == ["ann@example.org"]
    assert made["quota_octets"] == 5 << 30
    assert logs_in("ann@example.org", made["password"])
    assert "password" not in ask("account", "show", "ann@example.org")


def test_a_password_may_come_from_standard_input(run, logs_in) -> None:
    run("account", "create", "ann", "--password-file", "-", stdin="open sesame\nrest")
    assert logs_in("ann", "open sesame")
    run("account", "password", "ann", "--password-file", "-", stdin="other\n")
    assert logs_in("ann", "other")
    assert not logs_in("ann", "open sesame")


def test_a_hash_is_taken_as_it_is(run, logs_in) -> None:
    run("account", "create", "bill", "--hashed", "--password-file", "-", stdin=BILL + "\n")
    assert logs_in("bill", "password")


@pytest.mark.parametrize("stdin", ["\n", "x" * 2000])
def test_a_password_that_nobody_could_use_is_refused(run, ask, stdin: str) -> None:
    result = run("account", "create", "ann", "--password-file", "-", stdin=stdin, code=1)
    assert "a password has 1 to 1024 octets" in result.stderr
    assert ask("account", "list") == []


def test_without_a_terminal_the_password_must_be_told(run) -> None:
    assert "--password-file or --generate" in run("account", "create", "ann", code=2).stderr


def test_addresses_come_and_go(run, ask) -> None:
    run("account", "create", "ann", "--no-password", "--address", "ann@example.org", "--address", "a@example.org")
    assert ask("account", "alias", "add", "ann", "x@example.org")["emails"] == [
        "ann@example.org", "a@example.org", "x@example.org",
    ]  # fmt: skip
    assert ask("account", "primary", "ann", "x@example.org")["emails"][0] == "x@example.org"
    assert ask("account", "alias", "remove", "ann", "x@example.org")["emails"] == ["a@example.org", "ann@example.org"]


def test_who_is_disabled_cannot_log_in(run, logs_in) -> None:
    run("account", "create", "ann", "--password-file", "-", stdin="sesame")
    run("account", "disable", "ann")
    assert not logs_in("ann", "sesame")
    run("account", "enable", "ann")
    assert logs_in("ann", "sesame")


def test_quota_description_and_name(run, ask) -> None:
    run("account", "create", "ann", "--no-password")
    assert ask("account", "quota", "ann", "1M")["quota_octets"] == 1 << 20
    assert ask("account", "quota", "ann", "0")["quota_octets"] == 0
    assert ask("account", "describe", "ann", "Ann of Cleves")["description"] == "Ann of Cleves"
    assert ask("account", "rename", "ann", "anne")["name"] == "anne"
    assert "must be a size" in run("account", "quota", "anne", "much", code=2).stderr


def test_deleting_asks_unless_told_not_to(run, ask) -> None:
    run("account", "create", "ann@example.org", "--no-password")
    assert "use --yes" in run("account", "delete", "ann@example.org", code=2).stderr
    assert ask("account", "delete", "ann@example.org", "--yes") == {"deleted": "ann@example.org"}
    assert ask("account", "list") == []


def test_an_account_in_a_missing_group_is_not_made(run, ask) -> None:
    result = run("account", "create", "ann", "--no-password", "--member-of", "staff", code=1)
    assert result.stderr == "error: there is no account staff\n"
    assert ask("account", "list") == []


def test_the_list_is_a_table_for_people(run) -> None:
    run("account", "create", "ann@example.org", "--no-password", "--quota", "5G")
    header, row = run("account", "list").stdout.splitlines()
    assert header.split() == ["NAME", "KIND", "ADDRESSES", "GROUPS", "QUOTA", "ACTIVE", "DESCRIPTION"]
    assert row.split() == ["ann@example.org", "individual", "ann@example.org", "5G", "yes"]


def test_groups_are_in_the_list_when_asked_for(run, ask) -> None:
    run("group", "create", "staff")
    assert ask("account", "list") == []
    assert [row["name"] for row in ask("account", "list", "--all")] == ["staff"]
