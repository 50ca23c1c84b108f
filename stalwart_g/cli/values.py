"""Values of arguments, and questions before what cannot be undone."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from stalwart_g.config.kinds import SIZE, show_size
from stalwart_g.queue.ids import parsed


class _Quota(click.ParamType[int]):
    name = "octets"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else SIZE.read(value, Path())
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _QueueId(click.ParamType[int]):
    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if not re.fullmatch("[0-9A-Fa-f]{1,16}", value):
            self.fail(f"{value!r} is no queue id: these have up to 16 digits, 0-9 and a-f", param, ctx)
        return parsed(value)


QUOTA = _Quota()
QUEUE_ID = _QueueId()


def quota_text(octets: int) -> str:
    return show_size(octets).strip('"') if octets else "none"


def counted(number: int, noun: str) -> str:
    """``1 message``, ``2 messages``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def moment(unix_seconds: float) -> str:
    """As RFC 3339 has it, to the second."""
    return datetime.fromtimestamp(int(unix_seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
