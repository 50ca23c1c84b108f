"""``account``: who can log in, with which addresses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from stalwart_g.cli.frame import App, command_group
from stalwart_g.cli.passwords import NewPassword, new_password, password_options
from stalwart_g.cli.values import QUOTA, confirmed, quota_text
from stalwart_g.directory.admin import Entry

command = command_group("Manage accounts.")
alias = command_group("More addresses of an account; @domain: all that nobody else has.")
command.add_command(alias, "alias")


def shown(entry: Entry) -> dict[str, Any]:
    """An entry for `App.record` and JSON."""
    row = asdict(entry)
    del row["members"]
    return row


def _tell(app: App, entry: Entry, password: NewPassword | None = None) -> None:
    row = shown(entry)
    if password and password.shown:
        row["password"] = password.shown
    if not app.as_json:
        row["quota_octets"] = quota_text(entry.quota_octets)
    app.record(row)


@command.command("create")
@click.argument("name")
@click.option("--address", "addresses", multiple=True, help="An address; the first is primary. (default: the name)")
@click.option("--description", default="", help="The person's name, or a note.")
@click.option("--quota", type=QUOTA, default=0, help="Octets, as 5G; 0: no limit.")
@click.option("--member-of", "groups", multiple=True, help="A group to be in.")
@click.option("--no-password", is_flag=True, help="Nobody can log in.")
@password_options
@click.pass_obj
def create(app: App, /, name: str, **given: Any) -> None:
    """Create an account. A NAME that is an address is its primary address."""
    with app.administration() as directory:
        options = {key: given[key] for key in ("password_file", "generate", "hashed")}
        password = NewPassword("") if given["no_password"] else new_password(**options)
        with directory.together():
            directory.create(
                name,
                secret=password.stored,
                emails=given["addresses"],
                description=given["description"],
                quota_octets=given["quota"],
            )
            for group in given["groups"]:
                directory.add_members(group, [name])
        _tell(app, directory.entry(name), password)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Groups too.")
@click.pass_obj
def list_(app: App, everything: bool) -> None:
    """List the accounts."""
    with app.administration() as directory:
        entries = [entry for entry in directory.entries() if everything or entry.kind != "group"]
    rows = [shown(entry) for entry in entries]
    if not app.as_json:
        rows = [{**row, "quota_octets": quota_text(row["quota_octets"])} for row in rows]
    columns = {
        "name": "NAME", "kind": "KIND", "emails": "ADDRESSES", "member_of": "GROUPS", "quota_octets": "QUOTA",
        "active": "ACTIVE", "description": "DESCRIPTION",
    }  # fmt: skip
    app.table(rows, columns)


@command.command("show")
@click.argument("name")
@click.pass_obj
def show(app: App, name: str) -> None:
    """Show an account."""
    with app.administration() as directory:
        _tell(app, directory.entry(name))


@command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(app: App, name: str, yes: bool) -> None:
    """Delete an account from the directory. Its stored mail stays, until "mail erase" deletes it."""
    with app.administration() as directory:
        entry = directory.entry(name)
        confirmed(f"Delete {entry.name} with the addresses {' '.join(entry.emails) or '(none)'}?", yes=yes)
        directory.delete(name)
    app.answer({"deleted": entry.name}, f"deleted {entry.name}")


@command.command("rename")
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(app: App, old: str, new: str) -> None:
    """Change the login name. Addresses stay as they are; stored mail stays with the old name, until "mail rename"."""
    with app.administration() as directory:
        _tell(app, directory.rename(old, new))


@command.command("password")
@click.argument("name")
@password_options
@click.pass_obj
def password(app: App, /, name: str, **given: Any) -> None:
    """Set the password."""
    with app.administration() as directory:
        directory.entry(name)
        made = new_password(**given)
        _tell(app, directory.update(name, secret=made.stored), made)


@command.command("quota")
@click.argument("name")
@click.argument("octets", type=QUOTA)
@click.pass_obj
def quota(app: App, name: str, octets: int) -> None:
    """Set the quota, as 5G; 0: no limit."""
    with app.administration() as directory:
        _tell(app, directory.update(name, quota=octets))


@command.command("describe")
@click.argument("name")
@click.argument("text")
@click.pass_obj
def describe(app: App, name: str, text: str) -> None:
    """Set the description."""
    with app.administration() as directory:
        _tell(app, directory.update(name, description=text))


@command.command("enable")
@click.argument("name")
@click.pass_obj
def enable(app: App, name: str) -> None:
    """Let it log in again."""
    with app.administration() as directory:
        _tell(app, directory.update(name, active=True))


@command.command("disable")
@click.argument("name")
@click.pass_obj
def disable(app: App, name: str) -> None:
    """Let it log in no more; its mail is still taken."""
    with app.administration() as directory:
        _tell(app, directory.update(name, active=False))


@command.command("primary")
@click.argument("name")
@click.argument("address")
@click.pass_obj
def primary(app: App, name: str, address: str) -> None:
    """Make one of its addresses the primary one."""
    with app.administration() as directory:
        _tell(app, directory.set_primary(name, address))


@alias.command("add")
@click.argument("name")
@click.argument("address")
@click.pass_obj
def alias_add(app: App, name: str, address: str) -> None:
    """Give it an address."""
    with app.administration() as directory:
        _tell(app, directory.add_email(name, address))


@alias.command("remove")
@click.argument("name")
@click.argument("address")
@click.pass_obj
def alias_remove(app: App, name: str, address: str) -> None:
    """Take an address away."""
    with app.administration() as directory:
        _tell(app, directory.remove_email(name, address))
