"""``check``: everything that is wrong with a home, at once, before a server meets it."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

import sieve
from stalwart_g.cli.frame import App
from stalwart_g.config import ConfigError, Problem, Settings
from stalwart_g.delivery.scripts import ACTIVE
from stalwart_g.directory import DirectoryUnavailable, PasswordChecker, open_directory
from stalwart_g.directory.settings import MemorySettings
from stalwart_g.directory.sql import SqlDirectory
from stalwart_g.green import tls
from stalwart_g.server.scripts import script_findings

_EXPIRES_SOON_DAYS = 14

Check = Callable[[Settings], Iterable[Problem]]


def certificates(settings: Settings) -> Iterator[Problem]:
    """Each can be used, and is still valid for a while."""
    for name, files in settings.certificates.items():
        try:
            tls.server_context(files)
            days = tls.days_left(files.certificate)
        except (OSError, ValueError, ssl.SSLError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            yield Problem(settings.path, 0, f"certificate.{name}: {files.certificate}: {reason}")
            continue
        if days < _EXPIRES_SOON_DAYS:
            text = f"certificate.{name} ends in {days:.0f} days" if days > 0 else f"certificate.{name} has ended"
            yield Problem(settings.path, 0, text, fatal=False)


def directories(settings: Settings) -> Iterator[Problem]:
    """Each can be opened, and each of its statements runs."""
    for name, each in settings.directories.items():
        checker = PasswordChecker(1)
        try:
            directory = open_directory(dataclasses.replace(each, cache=MemorySettings("").cache), checker)
            for text in directory.problems() if isinstance(directory, SqlDirectory) else []:
                yield Problem(settings.path, 0, f"directory.{name}.{text}")
            directory.close()
        except (ValueError, DirectoryUnavailable) as error:
            yield Problem(settings.path, 0, f"directory.{name}: {error}")
        finally:
            checker.close()


def folders(settings: Settings) -> Iterator[Problem]:
    """What the server writes to is there, and not for others to read."""
    wanted = [settings.store.path.parent, settings.store.blobs, settings.queue_folder, settings.policy.folder]
    for path in wanted:
        if not path.is_dir():
            yield Problem(path, 0, "there is no such folder", "init makes it")
    private = [settings.store.path, *(p for p in wanted[:3] if p.is_dir())]
    yield from (readable for path in private if path.exists() for readable in _for_others(path))


def policy_scripts(settings: Settings) -> Iterator[Problem]:
    """The scripts of all stages compile, with what they include and the tables and relays that they name."""
    try:
        found = script_findings(settings)
    except ValueError as error:
        yield Problem(settings.path, 0, f"policy.table: {error}")
        return
    yield from map(_problem, found)


def users_scripts(settings: Settings) -> Iterator[Problem]:
    """Those that are active compile. One that does not costs its owner the filing, and the server nothing."""
    folder = settings.local.scripts
    for path in sorted(folder.glob(f"*/{ACTIVE}")) if folder else ():
        try:
            sieve.compile_octets(path.read_bytes(), str(path))
        except sieve.CompileError as error:
            yield from (dataclasses.replace(_problem(finding), fatal=False) for finding in error.findings)
        except OSError as error:
            yield Problem(path, 0, error.strerror or str(error), fatal=False)


def _problem(finding: sieve.Finding) -> Problem:
    position = finding.position
    return Problem(Path(finding.name), position.line, finding.message, finding.hint, column=position.column)


def _for_others(path: Path) -> Iterator[Problem]:
    if path.stat().st_mode & 0o007:
        yield Problem(path, 0, "can be read by everybody", f"chmod o-rwx {path}", fatal=False)


CHECKS: list[Check] = [certificates, directories, folders, policy_scripts, users_scripts]
"""What is checked once the configuration can be read. A check is added here."""


@click.command()
@click.pass_obj
def command(app: App) -> None:
    """Tell what is wrong with the configuration and the scripts: file, line, what, and what was probably meant."""
    problems = found(app)
    rows = [dataclasses.asdict(problem) for problem in problems]
    fatal = any(problem.fatal for problem in problems)
    lines = [*map(str, problems), *([] if problems else ["all is well"])]
    app.answer({"ok": not fatal, "problems": rows}, "\n".join(lines))
    if fatal:
        click.get_current_context().exit(1)


def found(app: App) -> list[Problem]:
    """All problems; those of the first stage alone if they stop the others."""
    try:
        settings = app.settings()
    except ConfigError as error:
        return list(error.problems)
    return [*settings.warnings, *(problem for check in CHECKS for problem in check(settings))]
