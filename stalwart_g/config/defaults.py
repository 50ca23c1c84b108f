"""``etc/config.toml``: every key with its meaning and default, written from the table of keys.

A line that starts with ``#`` and a key is a default; with the ``#`` taken away it says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from stalwart_g.config.keys import SECTIONS
from stalwart_g.config.kinds import literal
from stalwart_g.config.schema import Key, Section, full_name

SHIPPED: dict[str, Any] = {
    "server.hostname": "mail.example.org",
    "server.tls.enable": True,
    "server.tls.certificate": "default",
    "server.listener.smtp.bind": ["[::]:25"],
    "server.listener.smtp.protocol": "smtp",
    "server.listener.submission.bind": ["[::]:587"],
    "server.listener.submission.protocol": "smtp",
    "server.listener.submissions.bind": ["[::]:465"],
    "server.listener.submissions.protocol": "smtp",
    "server.listener.submissions.tls.implicit": True,
    "certificate.default.cert": "certs/self-signed.crt",
    "certificate.default.private-key": "certs/self-signed.key",
    "directory.default.type": "sql",
    "directory.default.address": "sqlite://data/accounts.sqlite3",
    "directory.default.options.subaddressing": True,
}
"""What is set, not only explained."""

_HEAD = """\
# The configuration of stalwart_g, in TOML. `stalwart-g check` tells what is wrong with it.
#
# Relative paths start at the folder of this file. Durations: "30s", "5m", "1h", "2d". Sizes: 1048576, "25M", "10G".
# In any text, %{home}% is the folder of this file, %{env:NAME}% an environment variable, %{NAME}% a macro of [macros].
# A text "!NAME" is the value of the environment variable NAME. Passwords may be "file://path": its first line.
# [include] files = ["more.toml"] reads more files of this kind.
"""


def default_config(changes: Mapping[str, Any] | None = None) -> str:
    """The text of a new configuration.

    Args:
        changes: values by dotted key, instead of the shipped ones. One listener among them replaces all shipped ones.
    """
    told = {**SHIPPED, **(changes or {})}
    if any(name.startswith("server.listener.") for name in changes or {}):
        gone = [name for name in SHIPPED if name.startswith("server.listener.") and name not in (changes or {})]
        told = {name: value for name, value in told.items() if name not in gone}
    parts = [_HEAD]
    for (_, variant), group in groupby(SECTIONS, lambda section: (section.name, section.variant)):
        parts.append(_table(list(group), variant, told))
    return "\n".join(parts)


def _table(sections: Sequence[Section], variant: str, told: Mapping[str, Any]) -> str:
    """One TOML table with all its keys; one with ids has an instance for each that is told of, or an example."""
    first = sections[0]
    lines = ["# " + line for line in first.doc.split("\n")]
    if "*" not in first.name:
        return "\n".join([*lines, f"[{first.name}]", *_explained(sections, told, first.name), ""])
    ids = list(_ids(first, variant, told))
    if not ids:
        name = first.name.replace("*", first.example or "example")
        return "\n".join([*lines, f"#[{name}]", *_explained(sections, {}, name), ""])
    for number, name in enumerate(ids):
        table = first.name.replace("*", name)
        lines += [f"[{table}]", *(_told(sections, told, table) if number else _explained(sections, told, table)), ""]
    return "\n".join(lines)


def _ids(section: Section, variant: str, told: Mapping[str, Any]) -> Iterator[str]:
    """The ids that values are told of, of the right variant."""
    before = section.name.removesuffix("*")
    ids = dict.fromkeys(name.removeprefix(before).partition(".")[0] for name in told if name.startswith(before))
    for name in ids:
        if told.get(f"{before}{name}.type", "") == variant:
            yield name


def _keys(sections: Sequence[Section], table: str) -> Iterator[tuple[Section, Key, str]]:
    """The keys of a table; ``server`` also has those that all listeners share, a listener does not explain them."""
    if table == "server":
        sections = [*sections, *(each for each in SECTIONS if each.name == "server.listener.*")]
    for section in sections:
        for key in section.keys:
            if section.name != "server.listener.*" or key.shared == (table == "server"):
                yield section, key, full_name(section, key.name)


def _explained(sections: Sequence[Section], told: Mapping[str, Any], table: str) -> Iterator[str]:
    seen = set[str]()
    for section, key, name in _keys(sections, table):
        seen.add(name)
        words = f" ({key.kind.name})" if "|" in key.kind.name else ""
        yield f"# {key.doc}{words}"
        if f"{table}.{name}" in told:
            yield f"{name} = {literal(told[f'{table}.{name}'])}"
        else:
            yield f"#{name} = {_default(section, key)}"
    yield from (line for line in _told(sections, told, table) if line.partition(" = ")[0] not in seen)


def _told(sections: Sequence[Section], told: Mapping[str, Any], table: str) -> Iterator[str]:
    """Only what is set."""
    names = {full_name(section, key.name) for section in sections for key in section.keys}
    for name, value in told.items():
        key = name.removeprefix(f"{table}.")
        if name.startswith(f"{table}.") and key in names:
            yield f"{key} = {literal(value)}"


def _default(section: Section, key: Key) -> str:
    return literal(key.example) if key.example is not None else str(key.kind.show(section.default(key)))
