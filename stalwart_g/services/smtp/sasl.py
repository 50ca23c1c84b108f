"""PLAIN (RFC 4616) and LOGIN: how a client's words become credentials. Checking them is the directory's work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Ask = Callable[[bytes], bytes]
"""Sends a challenge and waits for the answer to it."""

_TEXT_OCTETS = 255


class Malformed(ValueError):
    """The answer has not the form that the mechanism asks for."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client claims. ``authorization_id`` is who it wants to act as; empty: as itself."""

    login: str
    password: str = field(repr=False)
    authorization_id: str = ""

    @property
    def wants_to_impersonate(self) -> bool:
        return self.authorization_id not in ("", self.login)


def plain(initial_response: bytes | None, ask: Ask) -> Credentials:
    """Raises: Malformed"""
    response = ask(b"") if initial_response is None else initial_response
    words = response.split(b"\0")
    if len(words) != 3:
        raise Malformed("PLAIN takes authorization id, login and password")
    authorization_id, login, password = map(_text, words)
    return _checked(Credentials(login, password, authorization_id))


def login(initial_response: bytes | None, ask: Ask) -> Credentials:
    """Raises: Malformed"""
    name = ask(b"User Name\0") if initial_response is None else initial_response
    return _checked(Credentials(_text(name), _text(ask(b"Password\0"))))


MECHANISMS: Mapping[str, Callable[[bytes | None, Ask], Credentials]] = {"PLAIN": plain, "LOGIN": login}


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


def _checked(credentials: Credentials) -> Credentials:
    login, password = credentials.login, credentials.password
    if not login or not password or "\0" in login + password or len(login.encode()) > _TEXT_OCTETS:
        raise Malformed("empty or impossible credentials")
    return credentials
