"""Messages as files: a folder a mailbox, whatever the mailbox is called; a file a message, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

SUFFIX = ".eml"
_NAME_OCTETS = 200
_DIGEST_CHARACTERS = 16


def folder_name(level: str) -> str:
    """The folder for one level of a mailbox name: never ``..``, never hidden, no path, never the name of a message.

    Two names never make one folder.
    """
    name = "".join(char if _is_harmless(char) else _encoded(char) for char in level)
    if name.startswith((".", "~", "-")):
        name = _encoded(name[0]) + name[1:]
    if name.lower().endswith(SUFFIX):
        name = name[: -len(SUFFIX)] + _encoded(".") + name[1 - len(SUFFIX) :]
    octets = name.encode()
    if len(octets) <= _NAME_OCTETS:
        return name or "%"
    digest = hashlib.sha256(octets).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{octets[: _NAME_OCTETS - _DIGEST_CHARACTERS].decode(errors='ignore')}%%{digest}"


def level_of(name: str) -> str:
    """The level of a mailbox name that a folder stands for; of one that was too long, the beginning and a digest."""
    return unquote(name, errors="replace")


def message_path(folder: Path, mailbox: Sequence[str], number: int) -> Path:
    """Where a message of a mailbox goes."""
    return folder.joinpath(*map(folder_name, mailbox), f"{number}{SUFFIX}")


def write_message(path: Path, octets: bytes, received_at: float) -> bool:
    """Write it unless it is there already; False if it was. The file has the time at which the message came.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    if _is_there(path, octets):
        return False
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(octets)
        os.utime(fresh, (received_at, received_at))
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return True


def _is_there(path: Path, octets: bytes) -> bool:
    try:
        return path.lstat().st_size == len(octets) and path.read_bytes() == octets
    except FileNotFoundError:
        return False


def _is_harmless(char: str) -> bool:
    return char.isprintable() and char not in "/%\\:"


def _encoded(char: str) -> str:
    return "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "surrogatepass"))
