from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _accounts(run, domain) -> None:
    for name in ("ann", "bob"):
        run("account", "create", f"{name}@example.org", "--no-password")


def test_groups(run, ask) -> None:
    made = ask("group", "create", "staff@example.org", "--member", "ann@example.org", "--description", "all")
    assert (made["emails"], made["members"]) == (["staff@example.org"], ["ann@example.org"])
    assert ask("group", "add", "staff@example.org", "bob@example.org")["members"] == [
        "ann@example.org",
        "bob@example.org",
    ]
    assert ask("group", "remove", "staff@example.org", "ann@example.org")["members"] == ["bob@example.org"]
    assert [row["name"] for row in ask("group", "list")] == ["staff@example.org"]
    assert ask("group", "show", "staff@example.org")["description"] == "all"
    assert ask("account", "show", "bob@example.org")["member_of"] == ["staff@example.org"]
    run("group", "delete", "staff@example.org", "--yes")
    assert ask("group", "list") == []


def test_an_account_is_no_group(run) -> None:
    for command in (["show"], ["delete", "--yes"]):
        result = run("group", command[0], "ann@example.org", *command[1:], code=1)
        assert result.stderr == "error: ann@example.org is no group\n"


def test_lists(run, ask) -> None:
    assert ask("list", "create", "all@example.org", "ann@example.org")["members"] == ["ann@example.org"]
    assert ask("list", "add", "all@example.org", "bob@example.org")["members"] == ["ann@example.org", "bob@example.org"]
    assert ask("list", "remove", "all@example.org", "ann@example.org")["members"] == ["bob@example.org"]
    assert ask("list", "show", "all@example.org") == {"address": "all@example.org", "members": ["bob@example.org"]}
    assert ask("list", "list") == [{"address": "all@example.org", "members": ["bob@example.org"]}]
    run("list", "delete", "all@example.org", "--yes")
    assert ask("list", "list") == []


def test_domains(run, ask) -> None:
    assert ask("domain", "create", "Example.NET", "--description", "more") == {"created": "example.net"}
    assert ask("domain", "list") == [
        {"name": "example.net", "description": "more", "addresses": 0},
        {"name": "example.org", "description": "", "addresses": 2},
    ]
    assert "still has 2 addresses" in run("domain", "delete", "example.org", "--yes", code=1).stderr
    run("domain", "delete", "example.net", "--yes")
    assert len(ask("domain", "list")) == 1


def test_the_directory_tells_what_the_server_would_learn(run, ask) -> None:
    run("list", "create", "all@example.org", "ann@example.org", "bob@example.org")
    found = ask("directory", "test", "all+x@example.org")
    assert found["resolution"] == {
        "kind": "list", "accounts": ["ann@example.org", "bob@example.org"], "matched": "all@example.org",
    }  # fmt: skip
    assert found["principal"] is None
    assert "kind=individual" in run("directory", "test", "ann@example.org").stdout
    assert "knows nothing of nobody" in run("directory", "test", "nobody", code=1).stderr
