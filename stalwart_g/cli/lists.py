"""``list``: addresses whose mail several accounts get, a copy each."""

from __future__ import annotations

import click

from stalwart_g.cli.frame import App, command_group
from stalwart_g.cli.values import confirmed

command = command_group("Manage mailing lists.")


def _tell(app: App, address: str, members: tuple[str, ...]) -> None:
    app.record({"address": address.lower(), "members": members})


@command.command("create")
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@click.pass_obj
def create(app: App, address: str, members: tuple[str, ...]) -> None:
    """Create a list with its first members."""
    with app.administration() as directory:
        _tell(app, address, directory.create_list(address, members))


@command.command("list")
@click.pass_obj
def list_(app: App) -> None:
    """List the lists."""
    with app.administration() as directory:
        rows = [{"address": address, "members": members} for address, members in directory.lists().items()]
    app.table(rows, {"address": "ADDRESS", "members": "MEMBERS"})


@command.command("show")
@click.argument("address")
@click.pass_obj
def show(app: App, address: str) -> None:
    """Show a list."""
    with app.administration() as directory:
        _tell(app, address, directory.list_members(address))


@command.command("add")
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@click.pass_obj
def add(app: App, address: str, members: tuple[str, ...]) -> None:
    """Add members."""
    with app.administration() as directory:
        _tell(app, address, directory.add_list_members(address, members))


@command.command("remove")
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@click.pass_obj
def remove(app: App, address: str, members: tuple[str, ...]) -> None:
    """Remove members."""
    with app.administration() as directory:
        _tell(app, address, directory.remove_list_members(address, members))


@command.command("delete")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(app: App, address: str, yes: bool) -> None:
    """Delete a list; its members stay."""
    with app.administration() as directory:
        directory.list_members(address)
        confirmed(f"Delete the list {address}?", yes=yes)
        directory.delete_list(address)
    app.answer({"deleted": address}, f"deleted {address}")
