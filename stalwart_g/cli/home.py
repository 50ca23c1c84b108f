"""Makes a home and keeps it up to date: what is missing is made, what an administrator has changed stays."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import site
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stalwart_g.config import Settings, load
from stalwart_g.config.defaults import default_config
from stalwart_g.directory import schema
from stalwart_g.directory.admin import Administration
from stalwart_g.directory.database import sqlite_path
from stalwart_g.directory.settings import SqlSettings, Statements
from stalwart_g.green import tls
from stalwart_g.model.errors import MailError

_SHARE = Path("share/stalwart_g/etc")
_SHIPPED = Path("data/shipped.json")
_SKIPPED = {".md"}


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to a path: ``made``, ``updated``, ``older`` (a new version is shipped) or ``yours`` (changed).

    ``difference`` is a unified diff from what is there to what is shipped.
    """

    path: Path
    action: str
    difference: str = ""


class NoShippedFiles(MailError):
    """The scripts that come with the program are not where they were installed."""


def etc_folder() -> Path:
    """The ``etc`` of the source checkout, or of the installation.

    Raises:
        NoShippedFiles: neither is there.
    """
    checkout = Path(__file__).resolve().parent.parent.parent / "etc"
    candidates = [checkout, Path(sys.prefix) / _SHARE, Path(site.getuserbase()) / _SHARE]
    for folder in candidates:
        if (folder / "config.toml").exists():
            return folder
    raise NoShippedFiles(f"the shipped scripts are in none of {', '.join(map(str, candidates))}")


def initialise(
    home: Path, changes: Mapping[str, Any] | None = None, *, update: bool = False, etc: Path | None = None
) -> list[Step]:
    """Make whatever is missing. Calling it again does no harm.

    Args:
        changes: values of a new configuration by dotted key, see `defaults.default_config`.
        update: replace files that are as they were shipped once by those shipped now.
        etc: the folder of the shipped files; None: that of the program.

    Raises:
        ConfigError: the configuration that is there has errors.
        OSError, MailError: something cannot be made.
    """
    steps = [*_folder(home), *_config(home, changes or {})]
    settings = load(home / "config.toml")
    for folder in _folders(settings):
        steps += _folder(folder)
    steps += [*_directory(settings), *_certificates(settings)]
    return [*steps, *_Shipped(home, update=update).install(etc or etc_folder(), settings)]


def _folder(path: Path) -> Iterator[Step]:
    """The folder and those above it, all of them private."""
    if not path.exists():
        yield from _folder(path.parent)
        path.mkdir(mode=0o700)
        yield Step(path, "made")


def _folders(settings: Settings) -> list[Path]:
    folders = [
        settings.home / _SHIPPED.parent,
        settings.store.path.parent,
        settings.store.blobs,
        settings.queue_folder,
        settings.policy.folder,
        settings.metrics.folder,
    ]
    folders += [settings.local.scripts] if settings.local.scripts else []
    return folders + ([settings.log.path.parent] if settings.log.path else [])


def _config(home: Path, changes: Mapping[str, Any]) -> Iterator[Step]:
    path = home / "config.toml"
    if not path.exists():
        _write(path, default_config(changes).encode(), 0o600)
        yield Step(path, "made")


def _directory(settings: Settings) -> Iterator[Step]:
    """The database of the directory, if it is to have our tables: one with other statements is somebody else's."""
    chosen = settings.directory
    if not isinstance(chosen, SqlSettings) or chosen.statements != Statements():
        return
    path = sqlite_path(chosen.address)
    if path.exists():
        Administration(path).close()  # refuses what is no directory of ours
    fresh = not path.exists()
    if schema.create(path):
        yield Step(path, "made" if fresh else "updated")


def _certificates(settings: Settings) -> Iterator[Step]:
    """A certificate of our own making where the configuration names one by its file and there is none yet."""
    for files in settings.certificates.values():
        if files.certificate.name == "self-signed.crt" and not files.certificate.exists():
            made = tls.self_signed(settings.server.hostname, files.certificate.parent)
            yield Step(made.certificate, "made")


class _Shipped:
    """Copies scripts, and remembers by their hash which version was shipped last."""

    def __init__(self, home: Path, *, update: bool) -> None:
        self._home, self._update = home, update
        self._file = home / _SHIPPED
        self._hashes: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def install(self, etc: Path, settings: Settings) -> list[Step]:
        before = dict(self._hashes)
        pairs = [(etc / "policy", settings.policy.folder), (etc / "spamfilter", self._home / "spamfilter")]
        steps = [step for source, target in pairs for step in self._install_folder(source, target)]
        if self._hashes != before:
            _write(self._file, json.dumps(self._hashes, indent=1, sort_keys=True).encode(), 0o600)
        return steps

    def _install_folder(self, source: Path, target: Path) -> Iterator[Step]:
        for file in sorted(source.rglob("*")) if source.is_dir() else ():
            if file.is_file() and file.suffix not in _SKIPPED:
                yield from self._install(file, target / file.relative_to(source))

    def _install(self, source: Path, target: Path) -> Iterator[Step]:
        name, shipped = os.path.relpath(target, self._home), source.read_bytes()
        fresh = hashlib.sha256(shipped).hexdigest()
        last = self._hashes.get(name)
        there = target.read_bytes() if target.exists() else None
        unchanged = there is not None and hashlib.sha256(there).hexdigest() == last
        if there is None or (unchanged and self._update and there != shipped):
            yield from _folder(target.parent)
            _write(target, shipped, 0o600)
            self._hashes[name] = fresh
            yield Step(target, "made" if there is None else "updated")
        elif there == shipped:
            self._hashes[name] = fresh
        elif unchanged:
            yield Step(target, "older", _difference(target, there, shipped))
        elif last != fresh:
            self._hashes[name] = fresh  # told once for each version
            yield Step(target, "yours", _difference(target, there, shipped))


def _difference(path: Path, there: bytes, shipped: bytes) -> str:
    yours, ours = (octets.decode("utf-8", "replace").splitlines(keepends=True) for octets in (there, shipped))
    return "".join(difflib.unified_diff(yours, ours, str(path), "shipped"))


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
