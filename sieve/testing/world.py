"""A world in memory for tests and dry runs: mailboxes, mail that was sent, an envelope, scripts to include, a clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sieve.errors import HostFailure
from sieve.host import Host
from sieve.message import HeaderField, Message
from sieve.testing.knowledge import Knowledge

INBOX = "INBOX"
SEPARATOR = "."
SENDER, RECIPIENT = "sender@example.com", "recipient@example.com"
DEFAULT_MESSAGE = b"From: sender@example.com\r\nTo: recipient@example.org\r\nSubject: Frop!\r\n\r\nFrop!\r\n"
FOLDERS = {"personal": "included/", "global": "included-global/"}

_BARE_LF = re.compile(rb"(?<!\r)\n")
_ENVIRONMENT = {
    "domain": "example.org",
    "host": "mail.example.org",
    "location": "MDA",
    "phase": "pre",
    "name": "sieve",
    "version": "1",
    "remote-ip": "192.0.2.1",
    "remote-host": "",
}


class Files(Protocol):
    """Where scripts come from: whoever runs the tests reads files, this package does not."""

    path: str

    def read(self, path: str) -> bytes | None:
        """The octets of a file, its path relative to ``self.path``; None if there is no such file."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A mail in a mailbox."""

    octets: bytes
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail on its way to one recipient; the null reverse-path is empty."""

    sender: str
    recipient: str
    octets: bytes


class NoMailbox(Exception):
    """There is no such mailbox, or there cannot be; the text says which."""


class World(Host):
    """Everything that a script may ask of it, it answers from its attributes; change them at will.

    Args:
        files: where included scripts are.
        now: seconds since 1970, and minutes ahead of UTC.
        cpu_seconds: the clock against which scripts are limited.
        folders: of personal and of global scripts to include.
    """

    def __init__(
        self,
        files: Files,
        now: tuple[float, int],
        cpu_seconds: Callable[[], float],
        folders: Mapping[str, str] = FOLDERS,
    ) -> None:
        self._folders = folders
        self.files = files
        self.clock = now
        self._cpu_seconds = cpu_seconds
        self.items: dict[str, str] = dict(_ENVIRONMENT)
        self.parts: dict[str, str] = {"from": SENDER, "to": RECIPIENT, "orig_to": RECIPIENT, "auth": ""}
        self.mailboxes: dict[str, list[Stored]] = {INBOX: []}
        self.outbox: list[Sent] = []
        self.known = Knowledge()

    # -- what scripts ask

    def environment(self, name: str) -> str | Sequence[str] | None:
        return self.items.get(name)

    def envelope(self, part: str) -> Sequence[str]:
        value = self.parts.get(part)
        if part == "notify":
            return tuple(value.split(",")) if value else ()
        return () if value is None or (part not in ("from", "to", "orig_to") and not value) else (value,)

    def mailbox_exists(self, name: str) -> bool:
        return mailbox_name(name) in self.mailboxes

    def now(self) -> tuple[float, int]:
        return self.clock

    def include(self, location: str, name: str) -> tuple[str, str] | None:
        path = f"{self._folders[location]}{name}.sieve"
        octets = self.files.read(path)
        try:
            return None if octets is None else (path, octets.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise HostFailure(f"the included script '{path}' is not UTF-8") from error

    def ask(self, question: object) -> object:
        return self.known.answer(question)

    def cpu_seconds(self) -> float:
        return self._cpu_seconds()

    # -- what is done to it

    def addressed(self, message: Message) -> None:
        """Take the envelope from the header of a message."""
        recipient = _first(message, "envelope-to", "to") or RECIPIENT
        self.parts = {"from": _sender(message), "to": recipient, "orig_to": recipient, "auth": ""}

    def create(self, name: str) -> None:
        """Make a mailbox, and those above it.

        Raises:
            NoMailbox: no mailbox can have this name.
        """
        steps = mailbox_name(name).split(SEPARATOR)
        if not all(steps):
            raise NoMailbox(f"invalid folder name '{name}'")
        for count in range(1, len(steps) + 1):
            self.mailboxes.setdefault(SEPARATOR.join(steps[:count]), [])

    def delete(self, name: str) -> None:
        """Remove a mailbox with all that is in it.

        Raises:
            NoMailbox: it does not exist.
        """
        self.mailbox(name)
        del self.mailboxes[mailbox_name(name)]

    def mailbox(self, name: str) -> list[Stored]:
        """Raises NoMailbox: it does not exist."""
        found = self.mailboxes.get(mailbox_name(name))
        if found is None:
            raise NoMailbox(f"mailbox '{name}' does not exist")
        return found


def mailbox_name(name: str) -> str:
    """The one spelling of a name: the inbox has no case."""
    return INBOX if name.upper() == INBOX else name


def with_crlf(octets: bytes) -> bytes:
    """A message as SMTP would hand it over: each line ends with CRLF."""
    return _BARE_LF.sub(b"\r\n", octets)


def _sender(message: Message) -> str:
    for field in _fields(message, "return-path"):
        if field.text.strip() == "<>":
            return ""
    return _first(message, "return-path", "sender", "from") or SENDER


def _first(message: Message, *names: str) -> str:
    """The first address in fields of these names, the names in this order."""
    found = (mailbox.address for name in names for field in _fields(message, name) for mailbox in field.addresses)
    return next(filter(None, found), "")


def _fields(message: Message, name: str) -> list[HeaderField]:
    return [field for field in message.fields if field.name.lower() == name]
