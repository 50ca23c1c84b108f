"""lsp and dap: the commands with which editors start them. What they need is loaded no sooner."""

from __future__ import annotations

import importlib.util
import sys

import click

from sieve.tools.lsp.language import by_name, trusted


@click.command("lsp")
@click.option("--trusted", "is_trusted", is_flag=True, help="Scripts are of the server's owner, not of users.")
def lsp_command(*, is_trusted: bool) -> None:
    """Serve an editor over stdin and stdout: faults as you type, completion, help (Language Server Protocol)."""
    need_pygls()
    from sieve.tools.lsp.server import serve

    serve(trusted() if is_trusted else by_name())


def need_pygls() -> None:
    """Ends the program in one line where it is not installed."""
    if importlib.util.find_spec("pygls") is None:
        raise click.ClickException("this needs pygls: pip install 'stalwart_g[editor]'")


@click.command("dap")
def dap_command() -> None:
    """Run a script step by step, for an editor at stdin and stdout (Debug Adapter Protocol)."""
    from sieve.tools.dap.session import Session
    from sieve.tools.dap.wire import Broken, Wire

    try:
        Session(Wire(sys.stdin.buffer, sys.stdout.buffer)).run()
    except Broken as error:
        raise click.ClickException(str(error)) from error
