"""``reload``: the running server takes up what was changed, and tells what came of it."""

from __future__ import annotations

from dataclasses import asdict

import click
import msgspec

from stalwart_g.cli.check import found
from stalwart_g.cli.frame import App
from stalwart_g.config import Problem
from stalwart_g.model.errors import MailError
from stalwart_g.server.home import Report, RunFolder


@click.command()
@click.option("--wait", "wait_seconds", type=click.FloatRange(0.0), default=15.0, help="Seconds to wait for answers.")
@click.pass_obj
def command(app: App, wait_seconds: float) -> None:
    """Have the running server read scripts, tables, certificates and settings again.

    What is there is checked first; with errors in it, nothing is asked of the server, and it goes on as it was.
    """
    problems = found(app)
    if any(problem.fatal for problem in problems):
        _refuse(app, problems)
    folder = RunFolder(app.home)
    master = folder.master()
    if master is None:
        raise MailError(f"no server runs on {app.home}")
    reports = folder.reload(master, wait_seconds=wait_seconds)
    silent = sorted(set(range(master.workers)) - {report.worker for report in reports})
    failed = bool(silent) or any(report.problems for report in reports)
    answer = {
        "ok": not failed,
        "workers": [msgspec.to_builtins(report) for report in reports],
        "silent": silent,
        "warnings": [asdict(problem) for problem in problems],
    }
    app.answer(answer, "\n".join([*map(str, problems), *_lines(reports, silent)]))
    if failed:
        click.get_current_context().exit(1)


def _refuse(app: App, problems: list[Problem]) -> None:
    answer = {"ok": False, "problems": [asdict(problem) for problem in problems]}
    app.answer(answer, "\n".join([*map(str, problems), "nothing was reloaded"]))
    click.get_current_context().exit(1)


def _lines(reports: list[Report], silent: list[int]) -> list[str]:
    """What all workers say is said once."""
    problems = dict.fromkeys(problem for report in reports for problem in report.problems)
    restart = dict.fromkeys(name for report in reports for name in report.restart)
    lines = [*problems, *(f"{name} has changed; that counts from the next start on" for name in restart)]
    lines += [f"worker {worker} has not answered; see the log" for worker in silent]
    return [*lines, f"reloaded by {len(reports)} worker{'' if len(reports) == 1 else 's'}"]
