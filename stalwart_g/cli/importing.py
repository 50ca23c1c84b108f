"""Messages out of files: single ones, mbox (RFC 4155), Maildir and Maildir++, and what ``mail export`` wrote."""

from __future__ import annotations

import calendar
import re
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sieve.testing.world import with_crlf
from stalwart_g.cli.exporting import SUFFIX, level_of
from stalwart_g.model.errors import MailError
from stalwart_g.model.flags import keyword

_FLAGS = {"F": "$flagged", "R": "$answered", "S": "$seen", "D": "$draft", "P": "$forwarded"}
_INFO = re.compile(r":2,([A-Za-z]*)$")
_KEYWORDS_FILE = "dovecot-keywords"
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_ASCTIME = re.compile(rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}")


class NothingToImport(MailError):
    """No message can be made of this; the text names it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message to import.

    Attributes:
        place: where it was found, for people.
        mailbox: where it was below the top of what was given.
    """

    place: str
    octets: bytes
    received_at: float
    keywords: tuple[str, ...] = ()
    mailbox: tuple[str, ...] = ()


def messages_of(path: Path) -> Iterator[Found]:
    """All messages of a file or folder, one after the other.

    Raises:
        OSError: it cannot be read.
        NothingToImport: it holds no messages.
    """
    if not path.is_dir():
        yield from _of_file(path)
    elif _is_maildir(path):
        yield from _of_maildirs(path)
    else:
        yield from _of_export(path)


# Files


def _of_file(path: Path) -> Iterator[Found]:
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    if is_mbox:
        yield from _of_mbox(path)
        return
    octets = path.read_bytes()
    if not octets.strip():
        raise NothingToImport(f"{path}: there is no message in it")
    yield Found(str(path), with_crlf(octets), path.stat().st_mtime)


def _of_mbox(path: Path) -> Iterator[Found]:
    for number, (line, octets) in enumerate(_parts_of_mbox(path), 1):
        found = _ASCTIME.search(line)
        received_at = _seconds(found[0].decode()) if found else None
        if octets.strip():
            octets = with_crlf(_QUOTED_FROM.sub(rb"\1", octets))
            yield Found(f"{path} #{number}", octets, path.stat().st_mtime if received_at is None else received_at)


def _parts_of_mbox(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Each ``From`` line, and the message after it without the empty line at its end."""
    separator, lines = b"", list[bytes]()
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b"From ") and (not lines or not lines[-1].strip()):
                if separator:
                    yield separator, b"".join(lines[:-1])
                separator, lines = line, []
            else:
                lines.append(line)
    yield separator, b"".join(lines[:-1] if lines and not lines[-1].strip() else lines)


def _seconds(text: str) -> float | None:
    """Unix time of an asctime in UTC (RFC 4155 appendix A)."""
    try:
        parts = time.strptime(text, "%a %b %d %H:%M:%S %Y")
    except ValueError:
        return None
    return float(calendar.timegm(parts))


# Folders


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def _of_maildirs(top: Path) -> Iterator[Found]:
    """The folder itself, and those in it: ``.Lists.ops`` as Maildir++ has it, or ``Lists/ops``."""
    for folder in sorted({path.parent for path in top.rglob("cur") if _is_maildir(path.parent)}):
        levels = [
            decoded
            for part in folder.relative_to(top).parts
            for level in (part.lstrip(".").split(".") if part.startswith(".") else [part])
            if (decoded := _from_utf7(level))
        ]
        yield from _of_maildir(folder, tuple(levels))


def _of_maildir(folder: Path, mailbox: tuple[str, ...]) -> Iterator[Found]:
    known = _keywords_of(folder)
    for path in sorted([*(folder / "new").iterdir(), *(folder / "cur").iterdir()], key=lambda each: each.name):
        if path.is_file() and not path.name.startswith("."):
            info = _INFO.search(path.name)
            words = [_FLAGS.get(letter) or known.get(letter) for letter in (info[1] if info else "")]
            state = path.stat()
            yield Found(str(path), with_crlf(path.read_bytes()), state.st_mtime, tuple(filter(None, words)), mailbox)


def _keywords_of(folder: Path) -> dict[str, str]:
    """Letters of keywords, where Dovecot has named them."""
    file = folder / _KEYWORDS_FILE
    if not file.is_file():
        return {}
    pairs = [line.split(" ", 1) for line in file.read_text("utf-8", "replace").splitlines()]
    named = [(number, keyword(name)) for number, name in (pair for pair in pairs if len(pair) == 2)]
    return {chr(ord("a") + int(number)): name for number, name in named if name and number.isdecimal()}


def _from_utf7(name: str) -> str:
    """The name of a mailbox in modified UTF-7 (RFC 3501 section 5.1.3); what is none stays as it is."""

    def shifted(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        return b64decode(match[1].replace(",", "/") + "===").decode("utf-16-be")

    try:
        return _SHIFTED.sub(shifted, name)
    except ValueError:
        return name


def _of_export(top: Path) -> Iterator[Found]:
    found = False
    for path in sorted(top.rglob(f"*{SUFFIX}"), key=_by_number):
        found = True
        mailbox = tuple(map(level_of, path.relative_to(top).parts[:-1]))
        octets = path.read_bytes()
        octets = octets if b"\r\n" in octets else with_crlf(octets)  # what we exported comes back as it was
        yield Found(str(path), octets, path.stat().st_mtime, (), mailbox)
    if not found:
        raise NothingToImport(f"{top}: this is no Maildir, and there are no {SUFFIX} files in it")


def _by_number(path: Path) -> tuple[Path, int, str]:
    return path.parent, int(path.stem) if path.stem.isdecimal() else 0, path.stem
