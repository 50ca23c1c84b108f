"""Administration of the directory that `schema` made: accounts, groups, lists, domains.

Every change is one transaction. Names and addresses are checked and stored in normal form.
"""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stalwart_g.directory import names, schema
from stalwart_g.model.errors import MailError


class AdministrationError(MailError):
    """What was asked for makes no sense, or cannot be done. The text is for the administrator."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An account or a group. ``emails`` has the primary address first; ``lists`` are those that it is a member of."""

    name: str
    kind: str
    description: str
    quota_octets: int
    active: bool
    has_password: bool
    emails: tuple[str, ...]
    member_of: tuple[str, ...]
    lists: tuple[str, ...]
    members: tuple[str, ...]


class Administration:
    """Opens the database for one administrative command; ``with Administration(path) as directory: …``.

    Raises:
        AdministrationError: there is no database, or it is none of ours.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise AdministrationError(f"there is no directory database {path}; make one with init")
        with _told():
            self._db = schema.connect(path)
            missing = {"accounts", "emails", "domains", "group_members"} - set(self._db.table_names())
        if missing:
            self._db.close()
            raise AdministrationError(f"{path} has no table {', '.join(sorted(missing))}; it is no directory of ours")

    def __enter__(self) -> Administration:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Several changes as one: all, or after an error none."""
        with _told(), self._db.atomic():
            yield

    # Domains

    def domains(self) -> list[dict[str, Any]]:
        """Each domain with its description and how many addresses it has."""
        rows = self._db.query(
            "SELECT d.name, coalesce(d.description, '') AS description, count(DISTINCT e.address) AS addresses"
            " FROM domains d LEFT JOIN emails e ON substr(e.address, instr(e.address, '@') + 1) = d.name"
            " GROUP BY d.name ORDER BY d.name"
        )
        return list(rows)

    def create_domain(self, name: str, description: str = "") -> str:
        """Make a domain local. Returns its normal form."""
        domain = _valid(names.domain_name, name)
        with self.together():
            if self._has("domains", domain):
                raise AdministrationError(f"the domain {domain} exists already")
            self._db.table("domains").insert({"name": domain, "description": description})
        return domain

    def delete_domain(self, name: str) -> None:
        """It must have no addresses any more."""
        domain = _valid(names.domain_name, name)
        with self.together():
            self._domain(domain)
            used = self._column(
                "SELECT DISTINCT address FROM emails WHERE substr(address, instr(address, '@') + 1) = ?", domain
            )
            if used:
                raise AdministrationError(f"{domain} still has {len(used)} addresses, as {used[0]}")
            self._db.table("domains").delete(domain)

    # Accounts and groups

    def entries(self, kind: str | None = None) -> list[Entry]:
        """All accounts, or those of one kind, by name."""
        sql = "SELECT name FROM accounts WHERE ?1 IS NULL OR type = ?1 ORDER BY name"
        return [self.entry(name) for name in self._column(sql, kind)]

    def entry(self, name: str) -> Entry:
        """One account or group."""
        row = self._account(_name(name))
        key = row["name"]
        return Entry(
            name=key,
            kind=row["type"],
            description=row["description"] or "",
            quota_octets=row["quota"],
            active=bool(row["active"]),
            has_password=bool(row["secret"]),
            emails=tuple(self._emails(key)),
            member_of=tuple(self._column("SELECT member_of FROM group_members WHERE name = ? ORDER BY member_of", key)),
            lists=tuple(
                self._column("SELECT address FROM emails WHERE name = ? AND type = 'list' ORDER BY address", key)
            ),
            members=tuple(self._column("SELECT name FROM group_members WHERE member_of = ? ORDER BY name", key)),
        )

    def create(
        self,
        name: str,
        *,
        kind: str = "individual",
        secret: str = "",
        emails: Sequence[str] = (),
        description: str = "",
        quota_octets: int = 0,
    ) -> Entry:
        """A new account or group. A name that is an address is also its primary address, unless others are given.

        Args:
            secret: a hash of `passwords.hash_password`; empty: it cannot log in.
            emails: the primary address first.
        """
        key = _name(name)
        addresses = list(emails) or ([key] if "@" in key else [])
        with self.together():
            if self._has("accounts", key):
                raise AdministrationError(f"{key} exists already")
            self._db.table("accounts").insert(
                {
                    "name": key,
                    "type": kind,
                    "secret": secret or None,
                    "description": description,
                    "quota": _octets(quota_octets),
                    "active": 1,
                }
            )
            for address in addresses:
                self._add_email(key, address)
        return self.entry(key)

    def delete(self, name: str) -> None:
        """Delete an account or group with its addresses and memberships. Its stored mail stays."""
        key = _name(name)
        with self.together():
            self._account(key)
            self._db.table("emails").delete_where("name = ?", [key])
            self._db.table("group_members").delete_where("name = ? OR member_of = ?", [key, key])
            self._db.table("accounts").delete(key)

    def rename(self, old: str, new: str) -> Entry:
        """Change the login name; addresses stay as they are, and so does the mail under the old name."""
        key, wanted = _name(old), _name(new)
        with self.together():
            self._account(key)
            if self._has("accounts", wanted):
                raise AdministrationError(f"{wanted} exists already")
            for table, column in _NAMES:
                self._db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", [wanted, key])  # noqa: S608
        return self.entry(wanted)

    def update(self, name: str, **columns: Any) -> Entry:
        """Set some of secret, description, quota (octets), active."""
        key = _name(name)
        if "quota" in columns:
            columns["quota"] = _octets(columns["quota"])
        with self.together():
            self._account(key)
            self._db.table("accounts").update(key, columns)
        return self.entry(key)

    def add_email(self, name: str, address: str) -> Entry:
        """An alias; the first address of an account becomes its primary one. ``@domain``: all that nobody else has."""
        key = _name(name)
        with self.together():
            self._account(key)
            self._add_email(key, address)
        return self.entry(key)

    def remove_email(self, name: str, address: str) -> Entry:
        """Take an address away; of the primary one the next alias takes the place."""
        key, wanted = _name(name), _valid(names.address, address)
        with self.together():
            self._account(key)
            if wanted not in self._emails(key):
                raise AdministrationError(f"{key} has no address {wanted}")
            self._db.table("emails").delete((key, wanted))
            if heirs := self._mailboxes(key):
                self._set_primary(key, heirs[0])
        return self.entry(key)

    def set_primary(self, name: str, address: str) -> Entry:
        """Make one of the account's addresses the primary one."""
        key, wanted = _name(name), _valid(names.address, address)
        with self.together():
            self._account(key)
            if wanted not in self._emails(key) or wanted.startswith("@"):
                raise AdministrationError(f"{key} has no address {wanted}")
            self._set_primary(key, wanted)
        return self.entry(key)

    def add_members(self, group: str, members: Iterable[str]) -> Entry:
        key = _name(group)
        with self.together():
            self._group(key)
            for member in map(_name, members):
                self._account(member)
                if member == key:
                    raise AdministrationError(f"{key} cannot be a member of itself")
                self._db.table("group_members").insert({"name": member, "member_of": key}, ignore=True)
        return self.entry(key)

    def remove_members(self, group: str, members: Iterable[str]) -> Entry:
        key = _name(group)
        with self.together():
            self._group(key)
            present = self._column("SELECT name FROM group_members WHERE member_of = ?", key)
            for member in _present(map(_name, members), present, key):
                self._db.table("group_members").delete((member, key))
        return self.entry(key)

    # Lists

    def lists(self) -> dict[str, tuple[str, ...]]:
        """Address → members, by address."""
        addresses = self._column("SELECT DISTINCT address FROM emails WHERE type = 'list' ORDER BY address")
        return {address: self.list_members(address) for address in addresses}

    def list_members(self, address: str) -> tuple[str, ...]:
        """The accounts that get a list's mail, by name."""
        wanted = _valid(names.address, address)
        sql = "SELECT name FROM emails WHERE type = 'list' AND address = ? ORDER BY name"
        found = self._column(sql, wanted)
        if not found:
            raise self._unknown("list", wanted, "SELECT DISTINCT address FROM emails WHERE type = 'list'")
        return tuple(found)

    def create_list(self, address: str, members: Iterable[str]) -> tuple[str, ...]:
        """A list exists by its members, so it has at least one."""
        wanted, accounts = _valid(names.address, address), list(map(_name, members))
        if not accounts or wanted.startswith("@"):
            raise AdministrationError("a list needs an address and at least one member")
        with self.together():
            self._free(wanted)
            self._insert_list(wanted, accounts)
        return self.list_members(wanted)

    def add_list_members(self, address: str, members: Iterable[str]) -> tuple[str, ...]:
        wanted = _valid(names.address, address)
        with self.together():
            self.list_members(wanted)
            self._insert_list(wanted, map(_name, members))
        return self.list_members(wanted)

    def remove_list_members(self, address: str, members: Iterable[str]) -> tuple[str, ...]:
        wanted = _valid(names.address, address)
        with self.together():
            present = self.list_members(wanted)
            leaving = _present(map(_name, members), present, wanted)
            if not set(present) - set(leaving):
                raise AdministrationError(f"nobody would be left in {wanted}; delete the list instead")
            for member in leaving:
                self._db.table("emails").delete((member, wanted))
        return self.list_members(wanted)

    def delete_list(self, address: str) -> None:
        wanted = _valid(names.address, address)
        with self.together():
            self.list_members(wanted)
            self._db.table("emails").delete_where("type = 'list' AND address = ?", [wanted])

    # Below here: inside a transaction, with normal forms

    def _column(self, sql: str, *values: Any) -> list[str]:
        return [row[0] for row in self._db.execute(sql, list(values)).fetchall()]

    def _has(self, table: str, key: str) -> bool:
        return bool(self._db.table(table).count_where("name = ?", [key]))

    def _account(self, key: str) -> Mapping[str, Any]:
        row = next(iter(self._db.table("accounts").rows_where("name = ?", [key])), None)
        if row is None:
            raise self._unknown("account", key, "SELECT name FROM accounts")
        return row

    def _group(self, key: str) -> None:
        if self._account(key)["type"] != "group":
            raise AdministrationError(f"{key} is no group")

    def _domain(self, domain: str) -> None:
        if not self._has("domains", domain):
            raise self._unknown("domain", domain, "SELECT name FROM domains")

    def _emails(self, key: str) -> list[str]:
        return self._column(
            "SELECT address FROM emails WHERE name = ? AND type <> 'list'"
            " ORDER BY CASE type WHEN 'primary' THEN 0 ELSE 1 END, address",
            key,
        )

    def _mailboxes(self, key: str) -> list[str]:
        return [email for email in self._emails(key) if not email.startswith("@")]

    def _add_email(self, key: str, address: str) -> None:
        wanted = _valid(names.address, address)
        self._free(wanted)
        first = not wanted.startswith("@") and not self._mailboxes(key)
        self._db.table("emails").insert({"name": key, "address": wanted, "type": "primary" if first else "alias"})

    def _set_primary(self, key: str, address: str) -> None:
        self._db.execute("UPDATE emails SET type = 'alias' WHERE name = ? AND type = 'primary'", [key])
        self._db.table("emails").update((key, address), {"type": "primary"})

    def _insert_list(self, address: str, members: Iterable[str]) -> None:
        for member in members:
            self._account(member)
            self._db.table("emails").insert({"name": member, "address": address, "type": "list"}, ignore=True)

    def _free(self, address: str) -> None:
        """The domain is ours, and nobody has the address yet."""
        self._domain(names.domain_of(address))
        if owners := self._column("SELECT name FROM emails WHERE address = ? ORDER BY name", address):
            raise AdministrationError(f"{address} belongs to {', '.join(owners)} already")

    def _unknown(self, what: str, key: str, candidates_sql: str) -> AdministrationError:
        near = difflib.get_close_matches(key, self._column(candidates_sql), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        create = f"; make it with: domain create {key}" if what == "domain" and not near else ""
        return AdministrationError(f"there is no {what} {key}{hint}{create}")


_NAMES = (("accounts", "name"), ("emails", "name"), ("group_members", "name"), ("group_members", "member_of"))


@contextmanager
def _told() -> Iterator[None]:
    """The database's errors in one kind."""
    try:
        yield
    except sqlite3.Error as error:
        raise AdministrationError(f"the directory database: {error}") from error


def _valid(check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise AdministrationError(str(error)) from error


def _name(text: str) -> str:
    return _valid(names.account_name, text)


def _octets(quota: int) -> int:
    if not 0 <= quota < 1 << 63:
        raise AdministrationError("a quota is 0 (no limit) or a number of octets below 2^63")
    return quota


def _present(wanted: Iterable[str], present: Sequence[str], where: str) -> list[str]:
    wanted = list(wanted)
    if missing := sorted(set(wanted) - set(present)):
        raise AdministrationError(f"{', '.join(missing)} is not in {where}")
    return wanted
