"""``group``: accounts that several share."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from stalwart_g.cli.frame import App, command_group
from stalwart_g.cli.values import confirmed
from stalwart_g.directory.admin import Administration, AdministrationError, Entry

command = command_group("Manage groups.")
_SHOWN = ("name", "description", "emails", "members", "member_of")


def _shown(entry: Entry) -> dict[str, Any]:
    row = asdict(entry)
    return {key: row[key] for key in _SHOWN}


def _group(directory: Administration, name: str) -> Entry:
    entry = directory.entry(name)
    if entry.kind != "group":
        raise AdministrationError(f"{entry.name} is no group")
    return entry


@command.command("create")
@click.argument("name")
@click.option("--address", "addresses", multiple=True, help="An address; the first is primary. (default: the name)")
@click.option("--description", default="", help="A note.")
@click.option("--member", "members", multiple=True, help="A member.")
@click.pass_obj
def create(app: App, name: str, addresses: tuple[str, ...], description: str, members: tuple[str, ...]) -> None:
    """Create a group."""
    with app.administration() as directory, directory.together():
        directory.create(name, kind="group", emails=addresses, description=description)
        app.record(_shown(directory.add_members(name, members)))


@command.command("list")
@click.pass_obj
def list_(app: App) -> None:
    """List the groups."""
    with app.administration() as directory:
        rows = [_shown(entry) for entry in directory.entries("group")]
    app.table(rows, {"name": "NAME", "emails": "ADDRESSES", "members": "MEMBERS", "description": "DESCRIPTION"})


@command.command("show")
@click.argument("name")
@click.pass_obj
def show(app: App, name: str) -> None:
    """Show a group."""
    with app.administration() as directory:
        app.record(_shown(_group(directory, name)))


@command.command("add")
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@click.pass_obj
def add(app: App, name: str, members: tuple[str, ...]) -> None:
    """Add members."""
    with app.administration() as directory:
        app.record(_shown(directory.add_members(name, members)))


@command.command("remove")
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@click.pass_obj
def remove(app: App, name: str, members: tuple[str, ...]) -> None:
    """Remove members."""
    with app.administration() as directory:
        app.record(_shown(directory.remove_members(name, members)))


@command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(app: App, name: str, yes: bool) -> None:
    """Delete a group. Its stored mail stays."""
    with app.administration() as directory:
        entry = _group(directory, name)
        confirmed(f"Delete the group {entry.name}?", yes=yes)
        directory.delete(name)
    app.answer({"deleted": entry.name}, f"deleted {entry.name}")
