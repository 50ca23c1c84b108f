"""The command line: ``python -m sieve check|run|explain|test|dump``. Exit codes: 0 well, 1 not well, 2 wrong use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import click

from sieve.tools.answer import Answer
from sieve.tools.check import check
from sieve.tools.dump import dump
from sieve.tools.simulate import Circumstances, explain, run
from sieve.tools.svtest import run_tests

_FILE = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="The answer for programs.")


@click.group()
def main() -> None:
    """Check, try, explain and test Sieve scripts. Nothing is stored, nothing is sent."""


def _tell(answer: Answer, *, as_json: bool) -> NoReturn:
    click.echo(json.dumps(answer.value, ensure_ascii=False, indent=2) if as_json else answer.text)
    raise SystemExit(answer.code)


@main.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_JSON
def check_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Tell every fault of scripts: place, line, and what was probably meant."""
    _tell(check(files), as_json=as_json)


def _circumstances(command: Any) -> Any:
    """The arguments and options of run and explain."""
    for decorate in (
        _JSON,
        click.option("--mailbox", "mailboxes", multiple=True, help="A mailbox that exists; may be given again."),
        click.option("--to", "recipient", help="Envelope recipient; otherwise Envelope-To or To says it."),
        click.option("--from", "sender", help="Envelope sender; otherwise Return-Path, Sender or From says it."),
        click.argument("message", type=_FILE),
        click.argument("script", type=_FILE),
    ):
        command = decorate(command)
    return command


@main.command("run")
@_circumstances
def run_command(script: Path, message: Path, as_json: bool, **given: Any) -> None:
    """Tell the actions that SCRIPT would take with MESSAGE."""
    _tell(run(script, message, Circumstances(**given)), as_json=as_json)


@main.command("explain")
@_circumstances
def explain_command(script: Path, message: Path, as_json: bool, **given: Any) -> None:
    """Tell the reason as well: line by line, what was compared with what."""
    _tell(explain(script, message, Circumstances(**given)), as_json=as_json)


@main.command("test")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--quiet", "-q", is_flag=True, help="Only failures and the summary.")
@click.option("--errors", "-E", is_flag=True, help="Also what the scripts under test complained of.")
@click.option("--expect-failures", "-F", "failing", is_flag=True, help="Each test should fail.")
@_JSON
def test_command(files: tuple[Path, ...], quiet: bool, errors: bool, failing: bool, as_json: bool) -> None:
    """Run test files (.svtest), and all in folders."""
    _tell(run_tests(files, quiet=quiet, errors=errors, failing=failing), as_json=as_json)


@main.command("dump")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--traced", is_flag=True, help="The variant that reports each step.")
@_JSON
def dump_command(files: tuple[Path, ...], as_json: bool, traced: bool) -> None:
    """Show the Python code that scripts become."""
    answers = [dump(path, traced=traced) for path in files]
    text = "\n".join(answer.text for answer in answers)
    _tell(Answer(text, [answer.value for answer in answers], max(a.code for a in answers)), as_json=as_json)
