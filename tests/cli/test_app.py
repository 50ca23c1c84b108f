from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from stalwart_g.cli.app import COMMANDS, cli


def commands(group: click.Command, path: tuple[str, ...] = ()):
    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        yield from commands(command, (*path, name))


ALL = list(commands(cli))


@pytest.mark.parametrize(
    ("path", "command"), ALL, ids=lambda value: "-".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_has_help_and_knows_json(path: tuple[str, ...], command: click.Command) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0
    assert command.help
    assert "--json" in result.stdout


def test_the_help_names_every_command_and_every_module_exists() -> None:
    text = CliRunner().invoke(cli, ["--help"]).stdout
    for name, (module, line) in COMMANDS.items():
        assert name in text
        assert line in text
        assert isinstance(importlib.import_module(f"stalwart_g.cli.{module}").command, click.Command)


def test_json_may_stand_behind_the_command_too(run) -> None:
    assert json.loads(run("account", "list", "--json").stdout) == []


def test_errors_are_one_line(run) -> None:
    assert run("account", "show", "nobody", code=1).stderr == "error: there is no account nobody\n"
    result = run("--json", "account", "show", "nobody", code=1)
    assert json.loads(result.stderr) == {"error": "there is no account nobody"}
    assert result.stdout == ""


def test_without_a_home_the_way_to_one_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path / "none"), "account", "list"])
    assert result.exit_code == 1
    assert f"make one with: stalwart-g --home {tmp_path}/none init" in result.stderr


def test_an_unexpected_error_shows_its_trace_only_when_asked_for(run, home: Path) -> None:
    (home / "data" / "accounts.sqlite3").unlink()
    (home / "data" / "accounts.sqlite3").mkdir()
    plain, debug = (run(*flags, "account", "list", code=1) for flags in ([], ["--debug"]))
    assert plain.stderr.count("\n") == 1
    assert "Traceback" in debug.stderr


def test_settings_are_shown_without_secrets(run, ask, home: Path) -> None:
    with (home / "config.toml").open("a") as file:
        file.write('\n[remote.x]\naddress = "relay.example"\nauth.secret = "sesame"\n')
    shown = ask("config", "show")
    assert shown["remote"]["relays"]["x"]["address"] == "relay.example"
    assert "sesame" not in json.dumps(shown)
    assert "[server]" in run("config", "default").stdout


def test_the_program_itself_runs(home: Path) -> None:
    program = [sys.executable, "-m", "stalwart_g", "--home", str(home)]
    done = subprocess.run(
        [*program, "domain", "list", "--json"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")
    failed = subprocess.run([*program, "account", "show", "x"], capture_output=True, text=True, timeout=60, check=False)
    assert (failed.returncode, failed.stderr) == (1, "error: there is no account x\n")
