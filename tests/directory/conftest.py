"""The accounts of SPEC-STORE section 2.10, in each type of directory that we have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stalwart_g.directory import Directory, PasswordChecker, open_directory, schema
from stalwart_g.directory.admin import Administration
from stalwart_g.directory.passwords import Cost
from stalwart_g.directory.settings import MemoryAccount, MemorySettings, Options, SqlSettings, Statements

CHEAP = Cost(time=1, memory_kib=64, parallelism=1)
BILL = "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe"
USERS = (
    MemoryAccount(
        "john", secrets=("12345",), description="John Doe", member_of=("sales",), lists=("info@example.org",),
        emails=("john@example.org", "jdoe@example.org", "john.doe@example.org"),
    ),
    MemoryAccount(
        "jane", secrets=("abcde",), member_of=("sales", "support"), lists=("info@example.org",),
        emails=("jane@example.org",),
    ),
    MemoryAccount(
        "bill", secrets=(BILL,), quota_octets=500_000, emails=("bill@example.org",), lists=("info@example.org",)
    ),
    MemoryAccount("robert", secrets=("nopass",), emails=("@catchall.org",)),
    MemoryAccount("gone", secrets=("12345",), emails=("gone@example.org",), active=False),
    MemoryAccount("root", secrets=("12345",), member_of=("superusers", "sales")),
    MemoryAccount("sales", kind="group", emails=("sales@example.org",)),
    MemoryAccount("support", kind="group"),
    MemoryAccount("superusers", kind="group"),
)  # fmt: skip

Make = Callable[[Options], Directory]
DEFAULT = Options(subaddressing=True, catch_all=True)


def fill(path: Path) -> Path:
    """The fixture in the tables of `schema`, through the administration."""
    schema.create(path)
    with Administration(path) as admin:
        for domain in ("example.org", "catchall.org"):
            admin.create_domain(domain)
        for user in USERS:
            emails, secret = user.emails, "".join(user.secrets)
            admin.create(
                user.name, kind=user.kind, secret=secret, emails=emails, description=user.description,
                quota_octets=user.quota_octets,
            )  # fmt: skip
            admin.update(user.name, active=user.active)
        for user in USERS:
            for group in user.member_of:
                admin.add_members(group, [user.name])
        admin.create_list("info@example.org", ["john", "jane", "bill"])
    return path


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("directory") / "accounts.sqlite3")


@pytest.fixture(scope="session")
def checker() -> Iterator[PasswordChecker]:
    checker = PasswordChecker(2, CHEAP)
    yield checker
    checker.close()


@pytest.fixture(params=["sql", "plain-sql", "memory"])
def make(request: pytest.FixtureRequest, database: Path, checker: PasswordChecker) -> Iterator[Make]:
    """Opens the fixture with the options given. ``plain-sql``: the recipients statement tells names only."""
    opened = list[Directory]()
    sql = SqlSettings("default", f"sqlite://{database}")
    names_only = replace(Statements(), recipients="SELECT name FROM emails WHERE address = ? ORDER BY name")

    def open_it(options: Options) -> Directory:
        settings = {
            "sql": replace(sql, options=options),
            "plain-sql": replace(sql, options=options, statements=names_only),
            "memory": MemorySettings("default", USERS, ("example.org",), options),
        }[request.param]
        opened.append(open_directory(settings, checker))
        return opened[-1]

    yield open_it
    for directory in opened:
        directory.close()


@pytest.fixture
def directory(make: Make) -> Directory:
    return make(DEFAULT)
