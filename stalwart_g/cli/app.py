"""The command line: options for all commands, and the table of commands. One module a command or group of commands.

A module is imported when its command is asked for, so that a new one costs the others no time.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from pathlib import Path
from typing import Any

import click

from stalwart_g.cli.frame import App, Group

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Make a home: configuration, scripts, directory, certificate."),
    "check": ("check", "Tell what is wrong with the configuration and the scripts."),
    "serve": ("serve", "Run the server, in the foreground."),
    "localserve": ("localserve", "Serve a home of one's own on loopback; no root, no questions."),
    "reload": ("reload", "Have the running server take up what was changed."),
    "config": ("config", "Show the configuration."),
    "account": ("account", "Manage accounts."),
    "domain": ("domain", "Manage local domains."),
    "group": ("group", "Manage groups."),
    "list": ("lists", "Manage mailing lists."),
    "directory": ("directory", "Ask the directory what the server would ask it."),
    "mail": ("mail", "Read the mail of accounts, take it out, bring it in."),
    "queue": ("queue", "Look after the mail that is on its way."),
    "dkim": ("dkim", "Make keys for signatures, and their DNS records."),
    "script": ("script", "Check, try, explain, test and install scripts."),
    "store": ("store", "Check the stores, back them up, give back unused space."),
}
"""Command → its module in this package, which has it as ``command``; and its line in the help."""


class _Commands(Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"stalwart_g.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        command.name = cmd_name
        return self.prepared(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table: help needs no module."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), envvar="STALWART_G_HOME", default=Path("~/stalwart-g"),
    show_default=True, help="The server's folder, with config.toml in it. (STALWART_G_HOME)",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Answers for programs.")
@click.option("--debug", is_flag=True, help="Show the trace of an error.")
@click.version_option(package_name="stalwart_g", prog_name="stalwart-g")
@click.pass_context
def cli(context: click.Context, /, home: Path, **flags: Any) -> None:
    """A mail server in which every policy decision is a Sieve script."""
    context.obj = App(home.expanduser().absolute(), as_json=flags["as_json"], debug=flags["debug"])
