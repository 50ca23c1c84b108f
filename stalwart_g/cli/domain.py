"""``domain``: which domains are local."""

from __future__ import annotations

import click

from stalwart_g.cli.frame import App, command_group
from stalwart_g.cli.values import confirmed

command = command_group("Manage local domains.")


@command.command("create")
@click.argument("name")
@click.option("--description", default="", help="A note.")
@click.pass_obj
def create(app: App, name: str, description: str) -> None:
    """Make a domain local: its mail belongs here."""
    with app.administration() as directory:
        domain = directory.create_domain(name, description)
    app.answer({"created": domain}, f"created {domain}")


@command.command("list")
@click.pass_obj
def list_(app: App) -> None:
    """List the local domains."""
    with app.administration() as directory:
        rows = directory.domains()
    app.table(rows, {"name": "NAME", "addresses": "ADDRESSES", "description": "DESCRIPTION"})


@command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(app: App, name: str, yes: bool) -> None:
    """Delete a domain that has no addresses."""
    with app.administration() as directory:
        confirmed(f"Delete the domain {name}?", yes=yes)
        directory.delete_domain(name)
    app.answer({"deleted": name}, f"deleted {name}")
