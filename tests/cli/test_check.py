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
