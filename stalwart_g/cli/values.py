"""Values of arguments, and questions before what cannot be undone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from stalwart_g.config.kinds import SIZE, show_size


class _Quota(click.ParamType[int]):
    name = "octets"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else SIZE.read(value, Path())
        except ValueError as error:
            self.fail(str(error), param, ctx)


QUOTA = _Quota()


def quota_text(octets: int) -> str:
    return show_size(octets).strip('"') if octets else "none"


def confirmed(question: str, *, yes: bool) -> None:
    """Ask, unless ``--yes`` was given.

    Raises:
        click.Abort: the answer is no.
        click.UsageError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("no terminal to ask; use --yes")
    click.confirm(question, abort=True)
