from __future__ import annotations

from pathlib import Path

import pytest


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_fresh_home_is_well(run, ask) -> None:
    assert run("check").stdout == "all is well\n"
    assert ask("check") == {"ok": True, "problems": []}


def test_mistakes_of_the_configuration_have_file_line_and_hint(run, ask, home: Path) -> None:
    config = home / "config.toml"
    edit(config, "#workers = 0", "wokers = 0")
    edit(config, '#timeout = "5m"', 'timeout = "soon"')
    lines = config.read_text().split("\n")
    first, second = run("check", code=1).stdout.splitlines()
    assert first.startswith(f"{config}:{lines.index('wokers = 0') + 1}: there is no key server.wokers")
    assert first.endswith("did you mean server.workers?")
    assert "session.timeout: must be a duration" in second
    assert [problem["hint"] for problem in ask("check", code=1)["problems"]] == ["did you mean server.workers?", ""]


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda home: (home / "certs" / "self-signed.key").unlink(), "certificate.default: "),
        (lambda home: (home / "certs" / "self-signed.crt").write_text("no certificate"), "certificate.default: "),
        (lambda home: (home / "data" / "accounts.sqlite3").unlink(), "directory.default: "),
        (lambda home: (home / "data" / "queue").rmdir(), "there is no such folder; init makes it"),
        (
            lambda home: edit(
                home / "config.toml", '#query.domains = "SELECT 1 FROM ', 'query.domains = "SELECT 1 FROM no_'
            ),
            "directory.default.query.domains: no such table: no_domains",
        ),
    ],
)  # fmt: skip
def test_what_would_fail_at_start_is_found(run, home: Path, break_it, message: str) -> None:
    break_it(home)
    assert message in run("check", code=1).stdout


def test_what_others_can_read_is_a_warning(run, home: Path) -> None:
    (home / "data" / "queue").chmod(0o755)
    assert "warning: can be read by everybody" in run("check").stdout


def test_other_commands_name_the_first_mistake(run, home: Path) -> None:
    edit(home / "config.toml", "#workers = 0", "wokers = 0\nnonsense = 1")
    result = run("account", "list", code=1)
    assert "there is no key server.wokers" in result.stderr
    assert "(and 1 more; see: check)" in result.stderr
    assert "Traceback" not in result.output


def test_a_policy_script_has_its_place_and_the_word_that_was_meant(run, ask, home: Path) -> None:
    script = home / "policy" / "mail.sieve"
    script.write_text('require ["environment", "vnd.stalwart_g.policy"];\nif environment :is "sendr" "" { keep; }\n')
    (line,) = run("check", code=1).stdout.splitlines()
    assert line.startswith(f"{script}:2:")
    assert "sender" in line
    (problem,) = ask("check", code=1)["problems"]
    assert (problem["line"], problem["column"] > 0, problem["fatal"]) == (2, True, True)


def test_a_relay_that_a_script_names_must_be_there(run, home: Path) -> None:
    script = home / "policy" / "route.sieve"
    script.write_text('require "vnd.stalwart_g.policy";\nparam "via" "relay:partner";\n')
    assert "partner" in run("check", code=1).stdout
    with (home / "config.toml").open("a") as config:
        config.write('\n[remote.partner]\naddress = "relay.example.net"\n')
    assert run("check").stdout == "all is well\n"


def test_a_script_that_is_included_is_checked_too(run, home: Path) -> None:
    (home / "policy" / "rcpt.sieve").write_text('require "include";\ninclude "mine";\n')
    assert "mine" in run("check", code=1).stdout
    (home / "policy" / "lib").mkdir(exist_ok=True)
    (home / "policy" / "lib" / "mine.sieve").write_text("kep;\n")
    assert f"{home}/policy/lib/mine.sieve:1:1" in run("check", code=1).stdout


def test_an_active_script_of_a_user_with_a_mistake_is_a_warning(run, home: Path) -> None:
    folder = home / "data" / "sieve" / "alice@example.org"
    folder.mkdir()
    (folder / "active.sieve").write_text("keep;\nfileinto;\n")
    (folder / "other.sieve").write_text("no sieve")
    (line,) = run("check").stdout.splitlines()
    assert line.startswith(f"{folder}/active.sieve:2:1: warning: ")
