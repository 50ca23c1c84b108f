"""``script``: check, try, explain and test scripts; and put them in force for an account."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sieve import CompileError, compile_octets
from sieve.spec import Dialect
from sieve.testing.junit import junit
from sieve.tools import Answer, Selection, check, covering, fmt, run_tests
from sieve.tools.answer import not_valid, unusable
from sieve.tools.check import together, warned
from sieve.tools.editor import need_pygls
from sieve.tools.files import Unreadable, compiled, read_script, write
from stalwart_g.cli.frame import App, Failure, command_group
from stalwart_g.cli.scriptruns import RUNS, dialect, stage_of, tell
from stalwart_g.cli.stores import account_name
from stalwart_g.cli.values import confirmed
from stalwart_g.delivery.scripts import FileScripts
from stalwart_g.policy.language import explained
from stalwart_g.policy.schemas import STAGES

command = command_group("Check, try, explain, test and install scripts.")

_FILE = click.Path(path_type=Path)


# Checking


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--trusted", is_flag=True, help="They are the server's own: scripts of a stage.")
@click.option("--stage", type=click.Choice(list(STAGES)), help="Of which stage. (default: as the file is called)")
@click.option("--strict", is_flag=True, help="A warning is a fault too.")
@click.pass_obj
def check_(app: App, files: tuple[Path, ...], trusted: bool, stage: str | None, strict: bool) -> None:
    """Tell every fault of scripts: place, line, and what was probably meant. Scripts of users, without --trusted."""
    if not (trusted or stage):
        tell(app, check(files, strict=strict))
        return
    dialects = {path: dialect(app, stage or stage_of(path)) for path in files}
    tell(app, together({str(path): _checked(path, each, strict=strict) for path, each in dialects.items()}))


@command.command("fmt")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; the exit code is 1 if something would be.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would be.")
@click.pass_obj
def fmt_(app: App, files: tuple[Path, ...], only_check: bool, diff: bool) -> None:
    """Bring scripts into their one shape. What they say, and their comments, stay."""
    tell(app, fmt(files, check=only_check, diff=diff))


def _checked(path: Path, dialect: Dialect, *, strict: bool) -> Answer:
    try:
        return warned(compiled(path, dialect), strict=strict)
    except Unreadable as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(explained(error))


# While they are written


@command.command("lsp")
@click.option("--stage", type=click.Choice(list(STAGES)), help="Of which stage. (default: as each file is called)")
@click.pass_obj
def lsp(app: App, stage: str | None) -> None:
    """Serve an editor over stdin and stdout: faults as you type, completion, help (Language Server Protocol)."""
    need_pygls()
    program = [sys.executable, "-m", "stalwart_g.cli.editing", str(app.config), stage or ""]
    os.execv(program[0], program)  # noqa: S606  a program without cooperative threads, see there


# Trying


for _each in RUNS:
    command.add_command(_each)


@command.command("test")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--quiet", "-q", is_flag=True, help="Only failures and the summary.")
@click.option("-k", "pattern", default="", help="Only tests, or files, that have this in their name.")
@click.option("-j", "jobs", default=1, type=click.IntRange(1, 64), help="How many processes.")
@click.option("--coverage", "coverage_file", type=_FILE, help="Tell what has run of the scripts, and save it there.")
@click.option("--junit", "junit_file", type=_FILE, help="Also write the outcome there, as XML.")
@click.pass_obj
def test_(
    app: App,
    /,
    files: tuple[Path, ...],
    quiet: bool,
    coverage_file: Path | None,
    junit_file: Path | None,
    **given: Any,
) -> None:
    """Run test files (.svtest), and all in folders: tests of scripts, written in Sieve."""
    answer = run_tests(files, selection=Selection(**given, cover=coverage_file is not None), quiet=quiet)
    written = {junit_file: "files", coverage_file: "coverage"}
    forms: dict[str, Callable[[Any], str]] = {"files": junit, "coverage": covering.saved}
    try:
        for path, part in written.items():
            if path is not None and part in answer.value:
                write(path, forms[part](answer.value[part]).encode("utf-8", "surrogatepass"))
    except Unreadable as error:
        raise Failure(str(error), as_json=app.as_json) from error
    tell(app, answer)


@command.command("coverage")
@click.argument("file", type=_FILE)
@click.option("--html", "html_file", type=_FILE, help="Also write a page there.")
@click.pass_obj
def coverage_(app: App, file: Path, html_file: Path | None) -> None:
    """Show the coverage that tests have saved."""
    answer = covering.show(file)
    try:
        if html_file is not None and not answer.code:
            write(html_file, covering.page(answer.value["scripts"]).encode("utf-8", "surrogatepass"))
    except Unreadable as error:
        raise Failure(str(error), as_json=app.as_json) from error
    tell(app, answer)


# In force


@command.command("put")
@click.argument("account")
@click.argument("file", type=_FILE)
@click.pass_obj
def put(app: App, account: str, file: Path) -> None:
    """Make FILE the script of an account, from its next mail on. One that is not valid changes nothing."""
    name = account_name(app, account)
    try:
        octets = read_script(file)
        compile_octets(octets, str(file))
        path = _scripts(app).put(name, octets)
    except CompileError as error:
        tell(app, not_valid(error))
        return
    except (Unreadable, ValueError) as error:
        raise Failure(str(error), as_json=app.as_json) from error
    app.answer({"account": name, "path": str(path)}, f"{name}: {file} is in force")


@command.command("show")
@click.argument("account")
@click.pass_obj
def show(app: App, account: str) -> None:
    """Print the script of an account."""
    name = account_name(app, account)
    octets = _scripts(app).text(name)
    if octets is None:
        raise Failure(f"{name} has no script", as_json=app.as_json)
    if app.as_json:
        app.answer({"account": name, "script": octets.decode("utf-8", "replace")})
    else:
        app.octets(octets)


@command.command("remove")
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(app: App, account: str, yes: bool) -> None:
    """Take the script of an account away: all its mail goes to the inbox then."""
    name = account_name(app, account)
    scripts = _scripts(app)
    if scripts.text(name) is None:
        raise Failure(f"{name} has no script", as_json=app.as_json)
    confirmed(f"Remove the script of {name}?", yes=yes)
    scripts.remove(name)
    app.answer({"removed": name}, f"removed the script of {name}")


def _scripts(app: App) -> FileScripts:
    return FileScripts(app.settings().local.scripts)
