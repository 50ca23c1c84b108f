"""The kinds of values that a key may have: how each is read from TOML, and how it is written.

Durations are seconds as float, sizes are octets. A parser raises ValueError with what it wanted.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from stalwart_g.directory import names
from stalwart_g.directory.settings import Rewrite

T = TypeVar("T")

_DURATION = re.compile(r"(\d+)\s*(ms|s|m|h|d)?")
_SECONDS = {None: 0.001, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SIZE = re.compile(r"(\d+)\s*([kmgt])?(i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """``name`` is for documents, ``read`` gets the TOML value and the folder that relative paths start from."""

    name: str
    read: Callable[[Any, Path], T]
    show: Callable[[T], str]
    is_secret: bool = False


def _string(value: Any, _: Path | None = None) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")
    return value


def _boolean(value: Any, _: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _duration(value: Any, _: Path) -> float:
    found = _DURATION.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    if not found or isinstance(value, bool):
        raise ValueError('must be a duration, like "30s", "5m", "1h" or "2d"')
    seconds = int(found[1]) * _SECONDS[found[2]]
    if not seconds:
        raise ValueError("must be longer than nothing")
    return seconds


def _size(value: Any, _: Path) -> int:
    found = _SIZE.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    if not found or isinstance(value, bool):
        raise ValueError('must be a size, like 1048576, "25M" or "10G"')
    unit, suffix = (found[2] or "").lower(), (found[3] or "").lower()
    step = 1000 if suffix == "b" and unit else 1024
    return int(found[1]) * int(step ** _POWERS[unit])


def _path(value: Any, base: Path) -> Path:
    text = _string(value).removeprefix("file://")
    if not text:
        raise ValueError("must be a path")
    return base / Path(text).expanduser()


def _words(value: Any, _: Path) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("must be a text or a list of texts")
    return tuple(items)


def _hostname(value: Any, _: Path) -> str:
    name = names.domain_name(_string(value))
    if name.startswith("["):
        raise ValueError("must be a name, not an address")
    return name


def _optional_hostname(value: Any, base: Path) -> str:
    return _hostname(value, base) if value else ""


def _endpoint(text: str, port: int | None = None) -> tuple[str, int]:
    host, colon, number = text.rpartition(":")
    if port is not None and (not colon or (text.count(":") > 1 and not host.endswith("]"))):
        host, number = text, str(port)
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        if not number.isdigit() or int(number) > 65_535 or (address.version == 6 and port is None and host[0] != "["):
            raise ValueError
    except ValueError as error:
        example = "address" if port is not None else "address:port"
        raise ValueError(f'{text!r} must be {example}, like "127.0.0.1:25" or "[::]:25"') from error
    return str(address), int(number)


def _endpoints(value: Any, base: Path) -> tuple[tuple[str, int], ...]:
    found = tuple(_endpoint(item) for item in _words(value, base))
    if not found:
        raise ValueError("must have at least one address:port")
    return found


def _nameservers(value: Any, base: Path) -> tuple[tuple[str, int], ...]:
    return tuple(_endpoint(item, 53) for item in _words(value, base))


def _addresses(value: Any, base: Path) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_address(item)) for item in _words(value, base))


def _durations(value: Any, base: Path) -> tuple[float, ...]:
    items = value if isinstance(value, list) else [value]
    if not items:
        raise ValueError("must have at least one duration")
    return tuple(_duration(item, base) for item in items)


def _rule(value: Any, _: Path) -> bool | Rewrite:
    if isinstance(value, bool):
        return value
    if (
        not isinstance(value, dict)
        or set(value) != {"map", "to"}
        or not all(isinstance(v, str) for v in value.values())
    ):
        raise ValueError('must be true, false, or { map = "regex", to = "template" }')
    return Rewrite(value["map"], value["to"])


def _entries(value: Any, _: Path) -> dict[str, str]:
    """Keys and their values; a list has keys alone."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return dict.fromkeys(value, "")
    if isinstance(value, dict) and all(isinstance(item, str | int) for item in value.values()):
        return {key: str(item) for key, item in value.items()}
    raise ValueError("must be a list of texts, or a table of texts")


def _tables(value: Any, _: Path) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("must be an array of tables")
    return value


def _sni(value: Any, base: Path) -> dict[str, str]:
    """Certificate ids by the name that a client asks for."""
    items = _tables(value, base)
    if any(
        set(item) != {"subject", "certificate"} or not all(isinstance(v, str) for v in item.values()) for item in items
    ):
        raise ValueError("must have a subject and a certificate in each of its tables")
    return {item["subject"].lower(): item["certificate"] for item in items}


# How values are written


def literal(value: Any) -> str:
    """TOML for a plain value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:_}" if value >= 10_000 else str(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{literal(k)} = {literal(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(literal, value)) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def show_duration(seconds: float) -> str:
    """In the largest unit that divides it."""
    for unit in ("d", "h", "m", "s"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return literal(f"{int(seconds / _SECONDS[unit])}{unit}")
    return literal(f"{round(seconds * 1000)}ms")


def show_size(octets: int) -> str:
    for unit in ("G", "M"):
        whole, rest = divmod(octets, int(1024 ** _POWERS[unit.lower()]))
        if whole and not rest:
            return literal(f"{whole}{unit}")
    return literal(octets)


def _show_durations(values: Sequence[float]) -> str:
    return "[" + ", ".join(map(show_duration, values)) + "]"


def _show_endpoints(values: Sequence[tuple[str, int]]) -> str:
    return literal([f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in values])


TEXT = Kind("text", _string, literal)
SECRET = Kind("secret", _string, literal, is_secret=True)
BOOLEAN = Kind("true or false", _boolean, literal)
DURATION = Kind("duration", _duration, show_duration)
DURATIONS = Kind("durations", _durations, _show_durations)
SIZE = Kind("size", _size, show_size)
PATH = Kind("path", _path, literal)
WORDS = Kind("texts", _words, literal)
HOSTNAME = Kind("host name", _hostname, literal)
OPTIONAL_HOSTNAME = Kind("host name", _optional_hostname, literal)
ENDPOINTS = Kind("address:port, one or several", _endpoints, _show_endpoints)
NAMESERVERS = Kind("addresses", _nameservers, _show_endpoints)
ADDRESSES = Kind("addresses", _addresses, literal)
RULE = Kind("true, false or a rule", _rule, literal)
ENTRIES = Kind("texts, or a table of them", _entries, literal)
SNI = Kind("array of tables", _sni, lambda names: literal([{"subject": s, "certificate": c} for s, c in names.items()]))
TABLES = Kind("array of tables", _tables, literal)


def integer(least: int, most: int = 1 << 62) -> Kind[int]:
    """A whole number within bounds."""

    def read(value: Any, _: Path) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least}" + (f" to {most}" if most < 1 << 62 else ""))
        return value

    return Kind("number", read, literal)


def choice(*words: str) -> Kind[str]:
    """One of some words."""

    def read(value: Any, _: Path) -> str:
        if value not in words:
            raise ValueError(f"must be {' or '.join(map(repr, words))}, not {value!r}")
        return str(value)

    return Kind(" | ".join(filter(None, words)), read, literal)


def choices(*words: str) -> Kind[tuple[str, ...]]:
    """Some of some words."""

    def read(value: Any, base: Path) -> tuple[str, ...]:
        for word in (found := _words(value, base)):
            if word not in words:
                raise ValueError(f"must be of {', '.join(map(repr, words))}, not {word!r}")
        return found

    return Kind(" | ".join(words), read, literal)
