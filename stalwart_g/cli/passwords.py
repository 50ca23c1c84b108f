"""Where a command gets a new password: a prompt, a file, standard input, or chance; never the command line."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from stalwart_g.directory.passwords import hash_password

F = TypeVar("F", bound=Callable[..., Any])

_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class NewPassword:
    """``stored`` is what the directory gets; ``shown`` is the password itself if it was made by chance."""

    stored: str
    shown: str = ""


def password_options(function: F) -> F:
    """The options that `new_password` reads."""
    for option in (
        click.option("--hashed", is_flag=True, help="What is read is a hash already ({SSHA}…, $6$…, …)."),
        click.option("--generate", is_flag=True, help="Make one by chance and print it."),
        click.option("--password-file", type=click.File("r"), help="Read it from the first line; - is standard input."),
    ):
        function = option(function)
    return function


def new_password(password_file: Any, *, generate: bool, hashed: bool) -> NewPassword:
    """What the options ask for; without any, a prompt.

    Raises:
        click.ClickException: there is nobody to ask, or nobody could log in with it.
    """
    if generate:
        password = generated()
        return NewPassword(hash_password(password), password)
    text = _first_line(password_file) if password_file else _ask()
    try:
        return NewPassword(text if hashed and text else hash_password(text))
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def generated() -> str:
    """20 characters that are not mistaken for each other: 116 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(20))


def _first_line(file: Any) -> str:
    return str(file.readline()).rstrip("\r\n")


def _ask() -> str:
    if not sys.stdin.isatty():
        raise click.UsageError("no terminal to ask for the password: use --password-file or --generate")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
