"""What a directory is told by the configuration (SPEC-STORE sections 2.2, 2.4 and 2.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import re2

_REFERENCE = re.compile(r"\$\{(\d+)\}|\$\$")


@dataclass(frozen=True)
class Rewrite:
    """``{map = <regex>, to = <template>}``: where the regex finds something, ``${1}`` … are its groups.

    Raises:
        ValueError: the regex is none (RE2 syntax), or the template names a group that it has not.
    """

    map: str
    to: str

    def __post_init__(self) -> None:
        options = re2.Options()
        options.log_errors = False
        try:
            pattern = re2.compile(self.map, options)
        except re2.error as error:
            raise ValueError(f"map is no regular expression: {error}") from error
        groups = [int(number) for number in _REFERENCE.findall(self.to) if number]
        if max(groups, default=0) > pattern.groups:
            raise ValueError(f"map has {pattern.groups} groups, but to asks for ${{{max(groups)}}}")
        object.__setattr__(self, "_pattern", pattern)

    def __call__(self, text: str) -> str | None:
        """The rewritten text; None where the regex finds nothing."""
        pattern: Any = self._pattern  # type: ignore[attr-defined]
        found = pattern.search(text)
        if not found:
            return None
        return _REFERENCE.sub(lambda m: (found[int(m[1])] or "") if m[1] else "$", self.to)


@dataclass(frozen=True, slots=True)
class Options:
    """``options.*``. ``subaddressing`` and ``catch_all``: off, on, or by a rewriting rule."""

    subaddressing: bool | Rewrite = False
    catch_all: bool | Rewrite = False
    superuser_group: str = "superusers"


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """``cache.*``: 0 entries is no cache. Only addresses and domains are remembered, never passwords or members."""

    entries: int = 0
    ttl_positive_seconds: float = 86_400.0
    ttl_negative_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Statements:
    """``query.*``: one SQL statement a question, each with the one parameter named; `schema` has tables for these.

    ``recipients`` may have a column (``columns.match``) that tells how the address belongs: primary, alias or list.
    """

    name: str = "SELECT name, type, secret, description, quota, active FROM accounts WHERE name = :1"
    members: str = "SELECT member_of FROM group_members WHERE name = :1 ORDER BY member_of"
    recipients: str = "SELECT name, type FROM emails WHERE address = :1 ORDER BY name"
    emails: str = (
        "SELECT address FROM emails WHERE name = :1 AND type <> 'list'"
        " ORDER BY CASE type WHEN 'primary' THEN 0 ELSE 1 END, address"
    )
    verify: str = (
        "SELECT address FROM emails WHERE type = 'primary' AND instr(address, :1) > 0 ORDER BY address LIMIT 5"
    )
    expand: str = (
        "SELECT m.address FROM emails l JOIN emails m ON m.name = l.name AND m.type = 'primary'"
        " WHERE l.type = 'list' AND l.address = :1 ORDER BY m.address LIMIT 50"
    )
    domains: str = "SELECT 1 FROM domains WHERE name = :1"
    secrets: str = ""
    """More secrets of an account (application passwords), one a row; empty: there are none."""


@dataclass(frozen=True, slots=True)
class Columns:
    """``columns.*``: which column of the ``name`` statement's row is what; case does not matter."""

    name: str = "name"
    kind: str = "type"
    secret: str = "secret"  # noqa: S105  # the name of a column
    description: str = "description"
    quota: str = "quota"
    active: str = "active"
    match: str = "type"


@dataclass(frozen=True, slots=True)
class SqlSettings:
    """``type = "sql"``. ``address``: ``sqlite://path``; ``threads``: statements at a time in one process."""

    id: str
    address: str
    statements: Statements = Statements()
    columns: Columns = Columns()
    options: Options = Options()
    cache: CacheSettings = CacheSettings()
    threads: int = 4


@dataclass(frozen=True, slots=True)
class MemoryAccount:
    """One of ``[[users]]`` or ``[[groups]]``. ``emails`` has the primary address first."""

    name: str
    kind: str = "individual"
    description: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    emails: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    member_of: tuple[str, ...] = ()
    quota_octets: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """``type = "memory"``: the accounts are in the configuration. Domains of all addresses are local by themselves."""

    id: str
    accounts: tuple[MemoryAccount, ...] = ()
    domains: tuple[str, ...] = ()
    options: Options = Options()
    cache: CacheSettings = CacheSettings()


DirectorySettings = SqlSettings | MemorySettings
