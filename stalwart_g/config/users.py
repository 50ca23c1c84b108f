"""The accounts that stand in the configuration: ``[[directory.<id>.users]]`` and ``[[directory.<id>.groups]]``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from stalwart_g.directory import names
from stalwart_g.directory.settings import MemoryAccount

Fault = tuple[tuple[str | int, ...], str]
"""The place below the directory's table, and what is wrong."""


def _texts(value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("must be a text or a list of texts")
    return tuple(items)


def _addresses(value: Any) -> tuple[str, ...]:
    return tuple(names.address(text) for text in _texts(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def _octets(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("must be a number of octets, 0 for no limit")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("name", lambda value: names.account_name(_text(value))),
    "secret": ("secrets", _texts),
    "email": ("emails", _addresses),
    "email-list": ("lists", _addresses),
    "member-of": ("member_of", _texts),
    "description": ("description", _text),
    "quota": ("quota_octets", _octets),
    "active": ("active", _flag),
}


def memory_accounts(
    users: Sequence[dict[str, Any]], groups: Sequence[dict[str, Any]]
) -> tuple[tuple[MemoryAccount, ...], list[Fault]]:
    """The accounts of both arrays, and all that is wrong with them."""
    accounts, faults, seen = list[MemoryAccount](), list[Fault](), set[str]()
    for array, kind, tables in (("users", "individual", users), ("groups", "group", groups)):
        for number, table in enumerate(tables):
            values, wrong = _values(table)
            if not wrong and "name" not in table:
                wrong = {"name": "is missing"}
            elif values.get("name") in seen:
                wrong = {"name": f"{values['name']} is there twice"}
            faults += [((array, number, key), f"{array}.{key}: {text}") for key, text in wrong.items()]
            seen.add(values.get("name", ""))
            if not wrong:
                accounts.append(MemoryAccount(kind=kind, **values))
    return tuple(accounts), faults


def _values(table: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    values, wrong = dict[str, Any](), dict[str, str]()
    for key, value in table.items():
        if key not in _FIELDS:
            near = difflib.get_close_matches(key, _FIELDS, 1)
            wrong[key] = "there is no such key" + (f"; did you mean {near[0]}?" if near else "")
            continue
        field, read = _FIELDS[key]
        try:
            values[field] = read(value)
        except ValueError as error:
            wrong[key] = str(error)
    return values, wrong
