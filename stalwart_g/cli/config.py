"""``config``: what is set, and what could be."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import click

from stalwart_g.cli.frame import App, command_group
from stalwart_g.config.defaults import default_config

command = command_group("Show the configuration.")


@command.command("show")
@click.pass_obj
def show(app: App) -> None:
    """Show all settings as they are, defaults too; secrets are left out."""
    app.as_json = True
    app.answer(_plain(app.settings()))


@command.command("default")
def default() -> None:
    """Print a new configuration: every key, its meaning and its default."""
    click.echo(default_config(), nl=False)


def _plain(value: Any) -> Any:
    """Dataclasses as tables. A field that is kept out of ``repr`` is a secret."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.repr}
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value
