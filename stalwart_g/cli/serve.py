"""``serve``: runs the server of a home, in the foreground."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

import click

from stalwart_g.cli.check import found
from stalwart_g.cli.frame import App
from stalwart_g.config import Problem
from stalwart_g.green.apart import apart
from stalwart_g.server.master import Server

workers_option = click.option("--workers", type=click.IntRange(1), default=None, help="Processes that serve.")


@click.command()
@workers_option
@click.pass_obj
def command(app: App, workers: int | None) -> None:
    """Run the server until it is told to end (TERM, INT). HUP reloads, as the command does.

    The log goes to standard error, unless the configuration names a file.
    """
    warnings = checked(app)
    server = Server(app.settings(), workers=workers or 0)
    server.open()
    sys.exit(server.run(warnings=warnings))


def checked(app: App) -> list[Problem]:
    """What is wrong with the home but does not matter now.

    Raises:
        click.exceptions.Exit: the server could not start with it; each problem was told.
    """
    if not app.config.exists():
        app.settings()  # says how to make one
    problems = apart(partial(found, app))
    if any(problem.fatal for problem in problems):
        refuse(problems)
    return problems


def refuse(problems: Sequence[Problem]) -> NoReturn:
    """Raises: click.exceptions.Exit, once all is told."""
    for problem in problems:
        click.echo(str(problem), err=True)
    click.echo("error: the server does not start with this", err=True)
    raise click.exceptions.Exit(1)
