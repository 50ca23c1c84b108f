"""``directory``: what the server would be told, whatever type of directory there is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from stalwart_g.cli.frame import App, Failure, command_group
from stalwart_g.directory import Directory, open_directory
from stalwart_g.model.address import Address

command = command_group("Ask the directory what the server would ask it.")


@command.command("test")
@click.argument("what")
@click.pass_obj
def test(app: App, what: str) -> None:
    """Look up WHAT as a login name, and as an address if it has an @."""
    directory = open_directory(app.settings().directory)
    try:
        found = _found(directory, what)
    finally:
        directory.close()
    if not any(found.values()):
        raise Failure(f"the directory knows nothing of {what}", as_json=app.as_json)
    app.answer(found, "\n".join(f"{key}: {_line(value)}" for key, value in found.items() if value))


def _found(directory: Directory, what: str) -> dict[str, Any]:
    principal = directory.principal(what)
    found: dict[str, Any] = {"principal": asdict(principal) if principal else None}
    if "@" in what:
        address = Address.of(what)
        resolution = directory.resolve(address)
        found["local_domain"] = directory.is_local_domain(address.domain)
        found["resolution"] = asdict(resolution) if resolution else None
    return found


def _line(value: Any) -> str:
    if not isinstance(value, dict):
        return "yes" if value else "no"
    texts = {key: " ".join(inner) if isinstance(inner, tuple) else inner for key, inner in value.items()}
    return ", ".join(f"{key}={text}" for key, text in texts.items() if text not in ("", None))
