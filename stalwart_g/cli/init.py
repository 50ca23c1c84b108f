"""``init``: makes a home, or brings one up to date."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import click

from stalwart_g.cli.frame import App
from stalwart_g.cli.home import Step, initialise
from stalwart_g.config.kinds import HOSTNAME

_WORDS = {
    "made": "made     {path}",
    "updated": "updated  {path}",
    "older": "older    {path}: a new version is shipped; --update takes it",
    "yours": "yours    {path}: kept as you changed it; the shipped one differs",
}


@click.command()
@click.option("--hostname", help="The server's name, for a new configuration. (default: that of this machine)")
@click.option("--domain", "domains", multiple=True, help="A local domain to create.")
@click.option("--update", is_flag=True, help="Replace shipped files that you have not changed by their new versions.")
@click.pass_obj
def command(app: App, hostname: str | None, domains: tuple[str, ...], update: bool) -> None:
    """Make a home: configuration, scripts, directory, certificate.

    Calling it again makes what is missing and shows what differs from the shipped version. What you have changed is
    never overwritten.
    """
    if hostname and app.config.exists() and app.settings().server.hostname != hostname:
        raise click.UsageError(f"{app.config} is there already; change server.hostname in it")
    changes: dict[str, Any] = {"server.hostname": _valid(hostname) if hostname else _own_name()}
    steps = initialise(app.home, changes, update=update)
    created = _create_domains(app, domains) if domains else []
    rows = [{"path": step.path, "action": step.action, "difference": step.difference} for step in steps]
    lines = [*map(_line, steps), *(f"domain   {domain}" for domain in created)]
    app.answer({"steps": rows, "domains": created}, "\n".join(lines) or f"{app.home} is complete; nothing to do")


def _valid(hostname: str) -> str:
    try:
        return str(HOSTNAME.read(hostname, Path()))
    except ValueError as error:
        raise click.UsageError(f"--hostname: {error}") from error


def _own_name() -> str:
    try:
        return _valid(socket.getfqdn())
    except click.UsageError:
        return "localhost"


def _create_domains(app: App, domains: tuple[str, ...]) -> list[str]:
    with app.administration() as directory:
        known = {row["name"] for row in directory.domains()}
        wanted = dict.fromkeys(HOSTNAME.read(domain, Path()) for domain in domains)
        return [directory.create_domain(domain) for domain in wanted if domain not in known]


def _line(step: Step) -> str:
    line = _WORDS[step.action].format(path=step.path)
    return f"{line}\n{step.difference.rstrip()}" if step.difference else line
