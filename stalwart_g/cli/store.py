"""``store``: are the stores whole; a copy of everything; space that nobody needs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from stalwart_g.cli.backup import back_up
from stalwart_g.cli.frame import App, command_group, printable
from stalwart_g.cli.stores import stores
from stalwart_g.cli.values import counted
from stalwart_g.queue import partitions
from stalwart_g.store import checking, references
from stalwart_g.store.checking import Checked, Finding

command = command_group("Check the stores, back them up, give back unused space.")


@command.command("check")
@click.option("--fix", is_flag=True, help="Put wrong counters right. All other damage is told only.")
@click.option("--contents", is_flag=True, help="Read every blob, and compare it with its hash; takes its time.")
@click.pass_obj
def check(app: App, fix: bool, contents: bool) -> None:
    """Check mail, blobs and queue, while the server runs or not. Prints ok, or all that is wrong."""
    settings, progress = app.settings(), Checked()
    with stores(app) as opened:
        found = checking.check(opened.store, opened.blobs, fix=fix, contents=contents, progress=progress)
        names = dict(opened.mail.accounts())
        rows = [_row(finding, names) for finding in found]
    for problem in partitions.check(settings.queue_folder):
        rows.append({"where": "queue", "kind": "queue", "problem": problem, "fixed": False})
    well = all(row["fixed"] for row in rows)
    numbers = (progress.accounts, "account"), (progress.emails, "message"), (progress.blobs, "blob")
    looked_at = ", ".join(counted(*each) for each in numbers)
    lines = [printable(f"{row['where']}: {row['problem']}{' (fixed)' if row['fixed'] else ''}") for row in rows]
    app.answer(
        {"ok": well, "findings": rows, **asdict(progress)},
        "\n".join([*lines, f"{'ok' if well else counted(len(rows), 'finding')}: {looked_at}"]),
    )
    if not well:
        click.get_current_context().exit(1)


def _row(finding: Finding, names: Mapping[int, str]) -> dict[str, Any]:
    where = names.get(finding.account, f"account {finding.account}") if finding.account else "store"
    return {"where": where, "kind": finding.what, "problem": finding.text, "fixed": finding.fixed}


@command.command("backup")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def backup(app: App, folder: Path) -> None:
    """Copy the whole home to DIR while the server runs: mail, queue, directory, configuration, scripts, keys.

    DIR is a home afterwards: to go back to it, serve it, or put it in the place of the old one.
    """
    done = back_up(app.settings(), folder)
    copied = ", ".join(counted(getattr(done, noun + "s"), noun) for noun in ("database", "blob", "file", "octet"))
    app.answer({"folder": str(folder), **asdict(done)}, f"{folder}: {copied}")


@command.command("gc")
@click.option(
    "--grace-hours", type=click.FloatRange(min=1), default=24.0, show_default=True, help="What is younger stays."
)
@click.pass_obj
def gc(app: App, grace_hours: float) -> None:
    """Give back the space of messages that are in no mailbox any more.

    A running server does so every hour; this also looks for files that no message ever had. What has no message is
    noted by one run, and deleted by a later one, when the grace is over.
    """
    now, grace_seconds = time.time(), grace_hours * 3600
    with stores(app) as opened:
        opened.mail.finish_deletions()
        found = references.sweep(opened.store, opened.blobs, grace_seconds, now)
        done = references.collect(opened.store, opened.blobs, grace_seconds, now)
    answer = {"deleted": done.blobs, "octets": done.octets, "found": found}
    app.answer(answer, f"{counted(done.blobs, 'blob')} deleted, {counted(done.octets, 'octet')} freed")
