"""The command line: ``python -m sieve check|fmt|run|explain|test|…``. Exit codes: 0 well, 1 not well, 2 wrong use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from sieve.testing.junit import junit
from sieve.tools.answer import OK, Answer, unusable
from sieve.tools.check import check
from sieve.tools.covering import SAVED, page, saved, show
from sieve.tools.dump import dump
from sieve.tools.editor import dap_command, lsp_command
from sieve.tools.files import Unreadable, write
from sieve.tools.fmt import fmt, fmt_text
from sieve.tools.profile import profile
from sieve.tools.replay import replay
from sieve.tools.simulate import Circumstances, explain, run, trace
from sieve.tools.svtest import Selection, run_tests

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
@click.option("--strict", is_flag=True, help="A warning is a fault too.")
@_JSON
def check_command(files: tuple[Path, ...], strict: bool, as_json: bool) -> None:
    """Tell every fault of scripts: place, line, and what was probably meant. Warn of what is hardly meant."""
    _tell(check(files, strict=strict), as_json=as_json)


@main.command("fmt")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; the exit code is 1 if something would be.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would be.")
@_JSON
def fmt_command(files: tuple[Path, ...], only_check: bool, diff: bool, as_json: bool) -> None:
    """Bring scripts into shape; '-' reads one from the standard input and prints it."""
    if [str(each) for each in files] == ["-"]:
        octets = sys.stdin.buffer.read()
        _tell(fmt_text(octets, check=only_check, diff=diff), as_json=as_json)
    _tell(fmt(files, check=only_check, diff=diff), as_json=as_json)


def _circumstances(command: Any) -> Any:
    """The arguments and options of whatever runs a script over messages."""
    for decorate in (
        _JSON,
        click.option("--mailbox", "mailboxes", multiple=True, help="A mailbox that exists; may be given again."),
        click.option("--to", "recipient", help="Envelope recipient; otherwise Envelope-To or To says it."),
        click.option("--from", "sender", help="Envelope sender; otherwise Return-Path, Sender or From says it."),
        click.argument("messages", nargs=-1, required=True, type=_FILE),
        click.argument("script", type=_FILE),
    ):
        command = decorate(command)
    return command


@main.command("run")
@_circumstances
def run_command(script: Path, messages: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Tell the actions that SCRIPT would take with MESSAGES: files, mboxes, Maildirs, folders of these."""
    _tell(run(script, messages, Circumstances(**given)), as_json=as_json)


@main.command("trace")
@_circumstances
def trace_command(script: Path, messages: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Tell each step as well, line by line: what was compared with what."""
    _tell(trace(script, messages, Circumstances(**given)), as_json=as_json)


@main.command("explain")
@_circumstances
def explain_command(script: Path, messages: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Tell why each action was reached, as a tree: conditions, compared values, where values came from."""
    _tell(explain(script, messages, Circumstances(**given)), as_json=as_json)


@main.command("test")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--quiet", "-q", is_flag=True, help="Only failures and the summary.")
@click.option("--errors", "-E", is_flag=True, help="Also what the scripts under test complained of.")
@click.option("--expect-failures", "-F", "failing", is_flag=True, help="Each test should fail.")
@click.option("-k", "pattern", default="", help="Only tests, or files, that have this in their name.")
@click.option("-j", "jobs", default=1, type=click.IntRange(1, 64), help="How many processes.")
@click.option("--coverage", "cover", is_flag=True, help="Tell which lines and branches of the scripts have run.")
@click.option("--coverage-file", default=SAVED, type=_FILE, show_default=True, help="Where that is saved.")
@click.option("--junit", "junit_file", type=_FILE, help="Also write the outcome there, as XML.")
@_JSON
def test_command(
    files: tuple[Path, ...],
    as_json: bool,
    coverage_file: Path,
    junit_file: Path | None,
    **given: Any,
) -> None:
    """Run test files (.svtest), and all in folders."""
    selection = Selection(given.pop("pattern"), given.pop("jobs"), given.pop("cover"))
    answer = run_tests(files, selection=selection, **given)
    if junit_file is not None and "files" in answer.value:
        _write(junit_file, junit(answer.value["files"]))
    if "coverage" in answer.value:
        _write(coverage_file, saved(answer.value["coverage"]))
    _tell(answer, as_json=as_json)


def _write(path: Path, text: str) -> None:
    try:
        write(path, text.encode("utf-8", "surrogatepass"))
    except Unreadable as error:
        _tell(unusable(error), as_json=False)


@main.command("coverage")
@click.argument("file", default=SAVED, type=_FILE)
@click.option("--html", "html_file", type=_FILE, help="Also write a page there.")
@_JSON
def coverage_command(file: Path, html_file: Path | None, as_json: bool) -> None:
    """Show the coverage that ``test --coverage`` has saved."""
    answer = show(file)
    if html_file is not None and answer.code == OK:
        _write(html_file, page(answer.value["scripts"]))
    _tell(answer, as_json=as_json)


@main.command("profile")
@_circumstances
def profile_command(script: Path, messages: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Tell how often each line of SCRIPT was reached with MESSAGES, and how long it took."""
    _tell(profile(script, messages, Circumstances(**given)), as_json=as_json)


@main.command("replay")
@click.argument("old", type=_FILE)
@_circumstances
def replay_command(old: Path, script: Path, messages: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Tell which MESSAGES SCRIPT would treat otherwise than OLD, and by which lines. The exit code is 1 if any."""
    _tell(replay((old, script), messages, Circumstances(**given)), as_json=as_json)


@main.command("dump")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--traced", is_flag=True, help="The variant that reports each step.")
@_JSON
def dump_command(files: tuple[Path, ...], as_json: bool, traced: bool) -> None:
    """Show the Python code that scripts become."""
    answers = [dump(path, traced=traced) for path in files]
    text = "\n".join(answer.text for answer in answers)
    _tell(Answer(text, [answer.value for answer in answers], max(a.code for a in answers)), as_json=as_json)


main.add_command(lsp_command)
main.add_command(dap_command)
