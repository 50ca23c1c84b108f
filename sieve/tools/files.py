"""Reading and writing what the user names: scripts, messages, and the folder of a test file."""

from __future__ import annotations

import os
from pathlib import Path

from sieve.engine import USER, Script, compile_octets, not_utf8
from sieve.errors import HostFailure, SieveError
from sieve.spec import Dialect
from sieve.testing.world import with_crlf


class Unreadable(SieveError):
    """A file that cannot be used. The text is one line that names it."""


def read(path: Path) -> bytes:
    """The octets of a file.

    Raises:
        Unreadable: it is not there, is a folder, or may not be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error


def read_script(path: Path) -> bytes:
    """The octets of a script.

    Raises:
        Unreadable: as ``read``; or it is no text.
    """
    octets = read(path)
    if b"\0" in octets:
        raise Unreadable(f"{path}: this is no script: there is a NUL octet at offset {octets.index(0)}")
    return octets


def write(path: Path, octets: bytes) -> None:
    """Replace the octets of a file.

    Raises:
        Unreadable: it may not be written.
    """
    try:
        path.write_bytes(octets)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error


def text_of(octets: bytes, name: str) -> str:
    """A script as text, valid or not.

    Raises:
        CompileError: it is not UTF-8.
    """
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(octets, error, name) from error


def compiled(path: Path, dialect: Dialect = USER) -> Script:
    """A script from its file.

    Raises:
        Unreadable: the file cannot be used.
        CompileError: the script is not valid.
    """
    return compile_octets(read_script(path), str(path), dialect)


def read_message(path: Path) -> bytes:
    """A message as the server would have it.

    Over SMTP each line ends with CRLF, so a bare LF becomes one; the line ``From ...`` of an mbox is no part of it.

    Raises:
        Unreadable: as ``read``; or the file is empty.
    """
    octets = read(path)
    if octets.startswith(b"From "):
        octets = octets.partition(b"\n")[2]
    if not octets.strip():
        raise Unreadable(f"{path}: there is no message in it")
    return with_crlf(octets)


class Folder:
    """The files of a folder, for a world in memory."""

    def __init__(self, path: Path) -> None:
        self.path = str(path.resolve())

    def read(self, path: str) -> bytes | None:
        try:
            return (Path(self.path) / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):  # ValueError: NUL in the name
            return None
        except OSError as error:
            raise HostFailure(f"cannot read '{os.fspath(path)}': {error.strerror}") from error
