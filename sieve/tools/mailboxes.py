"""The messages that a user names: files, mboxes, Maildirs, and folders of all of these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sieve.testing.world import with_crlf
from sieve.tools.files import Unreadable, read

_SUFFIXES = frozenset({".eml", ".msg", ".mbox"})
_FROM = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*[0-9]{4}[^\n]*\n")  # with a year: else it is a sentence
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as the server would have it. ``name`` is its file, and its number in an mbox."""

    name: str
    octets: bytes


def mails(paths: Sequence[Path]) -> Iterator[Mail]:
    """All messages, in the order of their names within a folder.

    Raises:
        Unreadable: a file cannot be read or is empty, or there is no message in a folder.
    """
    for path in paths:
        files = list(_files(path))
        if not files:
            raise Unreadable(f"{path}: there is no message in this folder")
        for file in files:
            yield from _in_file(file)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    elif _is_maildir(path):
        yield from sorted((each for part in ("new", "cur") for each in _plain(path / part)), key=lambda p: p.name)
        yield from (file for folder in sorted(path.iterdir()) if _is_maildir(folder) for file in _files(folder))
    else:
        for each in sorted(path.iterdir()):
            if each.is_dir() or each.suffix.lower() in _SUFFIXES:
                yield from _files(each)


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() or (path / "new").is_dir()


def _plain(folder: Path) -> Iterator[Path]:
    return (each for each in folder.iterdir() if each.is_file()) if folder.is_dir() else iter(())


def _in_file(path: Path) -> Iterator[Mail]:
    octets = read(path)
    begins = list(_FROM.finditer(octets)) if octets.startswith(b"From ") else []
    if not begins:
        yield Mail(str(path), _message(path, octets.partition(b"\n")[2] if octets.startswith(b"From ") else octets))
        return
    ends = [*(each.start() for each in begins[1:]), len(octets)]
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True), 1):
        name = f"{path}#{number}" if len(begins) > 1 else str(path)
        yield Mail(name, _message(path, _unquoted(octets[begin.end() : end])))


def _unquoted(octets: bytes) -> bytes:
    """A message without what an mbox has added: the empty line behind it, and marks before ``From``."""
    for blank in (b"\r\n\r\n", b"\n\n"):
        if octets.endswith(blank):
            octets = octets[: -len(blank) // 2]
            break
    return _QUOTED_FROM.sub(rb"\1", octets)


def _message(path: Path, octets: bytes) -> bytes:
    if not octets.strip():
        raise Unreadable(f"{path}: there is no message in it")
    return with_crlf(octets)
