"""``localserve``: a server of one's own on loopback, for trying things out; needs no root and asks nothing."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from stalwart_g.cli.frame import App
from stalwart_g.cli.home import initialise
from stalwart_g.cli.passwords import generated
from stalwart_g.cli.serve import checked, refuse, workers_option
from stalwart_g.config import ConfigError, Settings
from stalwart_g.directory.admin import Administration
from stalwart_g.directory.database import sqlite_path
from stalwart_g.directory.passwords import hash_password
from stalwart_g.directory.settings import SqlSettings
from stalwart_g.server.master import Server

log = logging.getLogger(__name__)

DOMAIN = "example.test"
ACCOUNTS = (f"alice@{DOMAIN}", f"bob@{DOMAIN}")
_PASSWORDS = "passwords.json"
_CONFIG: dict[str, Any] = {
    "server.hostname": f"mail.{DOMAIN}",
    "server.workers": 2,
    "server.listener.smtp.bind": ["127.0.0.1:2525"],
    "server.listener.smtp.protocol": "smtp",
    "server.listener.submission.bind": ["127.0.0.1:2587"],
    "server.listener.submission.protocol": "smtp",
    "server.listener.submissions.bind": ["127.0.0.1:2465"],
    "server.listener.submissions.protocol": "smtp",
    "server.listener.submissions.tls.implicit": True,
}


@click.command()
@click.argument("home", required=False, type=click.Path(path_type=Path, file_okay=False))
@workers_option
@click.pass_obj
def command(app: App, home: Path | None, workers: int | None) -> None:
    """Make HOME if it is empty, with two accounts, and serve it on loopback ports until told to end.

    Prints a line for each listener and each account, and "ready". A port that is in use is replaced by one that is
    free. A HOME with a configuration of its own is served as that says. The log goes to standard error.
    """
    if home is not None:
        app = App(home.expanduser().absolute(), as_json=app.as_json, debug=app.debug)
    passwords = prepare(app)
    warnings = checked(app)
    server = Server(app.settings(), workers=workers or 0, free_ports=True)
    server.open()
    addresses = server.addresses
    listeners = [f"{name} {address}" for name, each in addresses.items() for address in each]
    accounts = [f"{name} password {password}" for name, password in passwords.items()]
    answer = {"listeners": addresses, "accounts": passwords}

    def ready() -> None:
        try:
            app.answer({**answer, "ready": True}, "\n".join([*listeners, *accounts, "ready"]))
        except OSError as error:
            log.warning("nobody reads where we listen: %s", error)

    sys.exit(server.run(ready, warnings))


def prepare(app: App) -> Mapping[str, str]:
    """Make what is missing; the passwords of the accounts that were made here and are still there."""
    fresh = not app.config.exists()
    app.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = app.home / _PASSWORDS
    if fresh and not path.exists():
        _keep(path, {account: generated() for account in ACCOUNTS})
    try:
        initialise(app.home, _CONFIG)
    except ConfigError as error:
        refuse(error.problems)
    settings = app.settings()
    passwords: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return _accounts(settings, passwords) if isinstance(settings.directory, SqlSettings) else {}


def _accounts(settings: Settings, passwords: Mapping[str, str]) -> Mapping[str, str]:
    """Accounts for these passwords, in a directory that has none yet; and who of them is in it."""
    assert isinstance(settings.directory, SqlSettings)
    if not passwords:
        return {}
    with Administration(sqlite_path(settings.directory.address)) as directory:
        if not directory.entries() and not directory.domains():
            with directory.together():
                directory.create_domain(DOMAIN, "made by localserve")
                for name, password in passwords.items():
                    directory.create(name, secret=hash_password(password))
        there = {entry.name for entry in directory.entries()}
    return {name: password for name, password in passwords.items() if name in there}


def _keep(path: Path, passwords: Mapping[str, str]) -> None:
    """For the next start; for our eyes only."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(passwords, file, indent=1)
        file.write("\n")
