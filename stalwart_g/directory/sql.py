"""Accounts out of an SQL database by the administrator's own statements (SPEC-STORE section 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TypeVar

from stalwart_g.directory import names
from stalwart_g.directory.cache import CurrentAnswers
from stalwart_g.directory.database import Database, DatabaseError, Query
from stalwart_g.directory.interface import DirectoryUnavailable, Kind, Principal, Resolution
from stalwart_g.directory.passwords import PasswordChecker
from stalwart_g.directory.resolution import Owner, as_superuser, kind, resolve, without_detail
from stalwart_g.directory.settings import SqlSettings, Statements
from stalwart_g.directory.statements import Row, Rows, StatementError, one_parameter
from stalwart_g.model.address import Address

T = TypeVar("T")


class SqlDirectory:
    """A `Directory` over SQL. Each question is one trip to a thread, however many statements it takes.

    What the database itself can tell to be unchanged is not asked again; passwords always are.

    Raises:
        ValueError: no driver for the address, or a statement that cannot be used; all of them are named.
    """

    def __init__(self, settings: SqlSettings, passwords: PasswordChecker) -> None:
        self._settings, self._passwords = settings, passwords
        if faults := wrong_statements(settings.statements):
            raise ValueError(f"directory {settings.id}: " + "; ".join(faults))
        self._database = Database(settings.address, settings.threads)
        self._answers = CurrentAnswers(self._database.version)

    def authenticate(self, login: str, password: str) -> Principal | None:
        found = self._run(lambda query: self._account(query, login, with_secrets=True))
        if found is None:
            self._passwords.check(password, ())
            return None
        principal, stored = found
        fits = self._passwords.check(password, stored)
        return principal if fits and principal.active else None

    def principal(self, name: str) -> Principal | None:
        return self._answers.get(("principal", name), lambda: self._find(name))

    def _find(self, name: str) -> Principal | None:
        found = self._run(lambda query: self._account(query, name, with_secrets=False))
        return found[0] if found else None

    def is_local_domain(self, domain: str) -> bool:
        try:
            wanted = names.domain_name(domain)
        except ValueError:
            return False
        return self._answers.get(
            ("domain", wanted), lambda: bool(self._run(lambda query: self._ask(query, "domains", wanted)))
        )

    def resolve(self, address: Address) -> Resolution | None:
        return self._answers.get(("address", address), lambda: self._resolve(address))

    def _resolve(self, address: Address) -> Resolution | None:
        return self._run(
            lambda query: resolve(
                address,
                self._settings.options,
                lambda candidate: self._owners(query, candidate),
                lambda name: self._kind(query, name),
            )
        )

    def emails_of(self, name: str) -> tuple[str, ...]:
        wanted = _login(name)
        return self._run(lambda query: _first_column(self._ask(query, "emails", wanted))) if wanted else ()

    def verify(self, text: str) -> tuple[str, ...]:
        wanted = without_detail(text.strip().lower(), self._settings.options)
        return self._run(lambda query: _first_column(self._ask(query, "verify", wanted))) if wanted else ()

    def expand(self, address: str) -> tuple[str, ...]:
        wanted = without_detail(address.strip().lower(), self._settings.options)
        return self._run(lambda query: _first_column(self._ask(query, "expand", wanted))) if wanted else ()

    def problems(self) -> list[str]:
        """Run every statement once with a dummy parameter; what went wrong, each with key and driver's message."""
        return self._run(self._problems)

    def close(self) -> None:
        self._database.close()

    def _run(self, work: Callable[[Query], T]) -> T:
        try:
            return self._database.run(work)
        except DatabaseError as error:
            raise DirectoryUnavailable(f"directory {self._settings.id}: {error}") from error

    def _ask(self, query: Query, key: str, value: str) -> Rows:
        statement: str = getattr(self._settings.statements, key)
        if not statement:
            return []
        try:
            return query(statement, value)
        except DatabaseError as error:
            raise DatabaseError(f"query.{key}: {error}") from error

    def _account(self, query: Query, name: str, *, with_secrets: bool) -> tuple[Principal, list[str]] | None:
        wanted = _login(name)
        rows = self._ask(query, "name", wanted) if wanted else []
        if not rows:
            return None
        more = _first_column(self._ask(query, "secrets", wanted)) if with_secrets else ()
        stored = [str(s) for row in rows for s in row.all(self._settings.columns.secret) if s]
        return self._principal(query, wanted, rows[0]), [*stored, *more]

    def _principal(self, query: Query, wanted: str, row: Row) -> Principal:
        columns = self._settings.columns
        groups = _first_column(self._ask(query, "members", wanted))
        rank, member_of = as_superuser(kind(row.first(columns.kind)), groups, self._settings.options.superuser_group)
        return Principal(
            name=str(row.first(columns.name) or wanted),
            kind=rank,
            description=str(row.first(columns.description) or ""),
            quota_octets=max(int(row.first(columns.quota) or 0), 0),
            member_of=member_of,
            emails=_first_column(self._ask(query, "emails", wanted)),
            active=_is_active(row, columns.active),
        )

    def _owners(self, query: Query, address: str) -> Sequence[Owner]:
        rows = self._ask(query, "recipients", address)
        return [Owner(str(row.values[0]), self._match(query, row, address)) for row in rows if row.values[0]]

    def _match(self, query: Query, row: Row, address: str) -> str:
        """How an address belongs to an account; asked for only where the statement does not tell."""
        if told := row.first(self._settings.columns.match):
            return str(told)
        own = [email.lower() for email in _first_column(self._ask(query, "emails", str(row.values[0])))]
        if address not in own:
            return "list"
        return "primary" if own[0] == address else "alias"

    def _kind(self, query: Query, name: str) -> Kind | None:
        rows = self._ask(query, "name", name)
        return kind(rows[0].first(self._settings.columns.kind)) if rows else None

    def _problems(self, query: Query) -> list[str]:
        found = list[str]()
        for key, statement in _each(self._settings.statements):
            try:
                query(statement, "nobody@example.org")
            except (DatabaseError, StatementError) as error:
                found.append(f"query.{key}: {error}")
        return found


def wrong_statements(statements: Statements) -> list[str]:
    """What is wrong with statements that can be seen without a database."""
    found = list[str]()
    for key, statement in _each(statements):
        try:
            one_parameter(statement)
        except StatementError as error:
            found.append(f"query.{key}: {error}")
    return found


def _each(statements: Statements) -> list[tuple[str, str]]:
    pairs = ((field.name, getattr(statements, field.name)) for field in fields(statements))
    return [(key, statement) for key, statement in pairs if statement]


def _first_column(rows: Rows) -> tuple[str, ...]:
    return tuple(str(row.values[0]) for row in rows if row.values[0] is not None)


def _is_active(row: Row, column: str) -> bool:
    """Without such a column the statement itself leaves out who is not active."""
    told = row.all(column)
    return not told or str(told[0]).strip().lower() not in ("0", "false", "f", "no", "n", "none", "")


def _login(name: str) -> str:
    """The normal form of a name; empty for what can be none."""
    try:
        return names.account_name(name)
    except ValueError:
        return ""
