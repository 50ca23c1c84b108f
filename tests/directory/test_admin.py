from __future__ import annotations

import re
import sqlite3
import stat
from pathlib import Path

import pytest

from stalwart_g.directory import schema
from stalwart_g.directory.admin import Administration, AdministrationError


@pytest.fixture
def admin(tmp_path: Path):
    path = tmp_path / "data" / "accounts.sqlite3"
    assert schema.create(path)
    with Administration(path) as admin:
        admin.create_domain("example.org", "ours")
        admin.create("alice@example.org", description="Alice", quota_octets=5_000_000_000)
        admin.create("bob", emails=["bob@example.org", "robert@example.org"])
        admin.create("staff", kind="group")
        yield admin


def refuses(text: str):
    return pytest.raises(AdministrationError, match=re.escape(text))


def test_the_database_is_for_its_owner_alone(admin, tmp_path: Path) -> None:
    files = list((tmp_path / "data").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(files) == 3, "with -wal and -shm"
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_making_it_again_changes_nothing(admin, tmp_path: Path) -> None:
    assert not schema.create(tmp_path / "data" / "accounts.sqlite3")
    assert len(admin.entries()) == 3


def test_a_name_that_is_an_address_is_the_primary_address(admin) -> None:
    alice = admin.entry("Alice@Example.org")
    assert alice.emails == ("alice@example.org",)
    assert (alice.quota_octets, alice.active, alice.has_password) == (5_000_000_000, True, False)


def test_addresses_primary_first(admin) -> None:
    admin.add_email("bob", "a@example.org")
    assert admin.entry("bob").emails == ("bob@example.org", "a@example.org", "robert@example.org")


def test_another_address_becomes_primary(admin) -> None:
    assert admin.set_primary("bob", "robert@example.org").emails == ("robert@example.org", "bob@example.org")


def test_an_alias_takes_the_place_of_a_primary_that_goes(admin) -> None:
    assert admin.remove_email("bob", "bob@example.org").emails == ("robert@example.org",)
    with refuses("bob has no address bob@example.org"):
        admin.set_primary("bob", "bob@example.org")


def test_the_first_address_is_primary_but_a_catch_all_never_is(admin) -> None:
    admin.create("carol")
    admin.add_email("carol", "@example.org")
    admin.add_email("carol", "carol@example.org")
    assert admin.entry("carol").emails == ("carol@example.org", "@example.org")


def test_renaming_keeps_addresses_and_memberships(admin) -> None:
    admin.add_members("staff", ["bob"])
    renamed = admin.rename("bob", "robert")
    assert (renamed.emails[0], renamed.member_of) == ("bob@example.org", ("staff",))
    assert admin.entry("staff").members == ("robert",)
    with refuses("there is no account bob; did you mean bo"), admin.together():
        admin.create("bo")
        admin.entry("bob")


def test_deleting_leaves_nothing_behind(admin) -> None:
    admin.add_members("staff", ["bob"])
    admin.create_list("all@example.org", ["bob", "alice@example.org"])
    admin.delete("bob")
    assert admin.entry("staff").members == ()
    assert admin.list_members("all@example.org") == ("alice@example.org",)
    admin.create("carol", emails=["bob@example.org"])


def test_columns_are_set(admin) -> None:
    assert not admin.update("bob", active=False).active
    assert admin.update("bob", secret="hash").has_password
    assert admin.update("bob", quota=1 << 40).quota_octets == 1 << 40


def test_groups_gain_and_lose_members(admin) -> None:
    assert admin.add_members("staff", ["bob", "alice@example.org", "bob"]).members == ("alice@example.org", "bob")
    assert admin.remove_members("staff", ["bob"]).members == ("alice@example.org",)
    with refuses("bob is not in staff"):
        admin.remove_members("staff", ["bob"])


def test_lists_gain_and_lose_members(admin) -> None:
    assert admin.create_list("All@example.org", ["bob"]) == ("bob",)
    assert admin.add_list_members("all@example.org", ["alice@example.org"]) == ("alice@example.org", "bob")
    assert admin.remove_list_members("all@example.org", ["bob"]) == ("alice@example.org",)
    assert admin.lists() == {"all@example.org": ("alice@example.org",)}
    admin.delete_list("all@example.org")
    assert admin.lists() == {}


def test_domains_count_their_addresses(admin) -> None:
    admin.create_domain("bücher.example")
    assert admin.domains() == [
        {"name": "example.org", "description": "ours", "addresses": 3},
        {"name": "xn--bcher-kva.example", "description": "", "addresses": 0},
    ]
    admin.delete_domain("bücher.example")
    assert len(admin.domains()) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: a.create("bob"), "bob exists already"),
        (lambda a: a.create("x", emails=["bob@example.org"]), "bob@example.org belongs to bob already"),
        (lambda a: a.create("x@exmaple.org"), "there is no domain exmaple.org; did you mean example.org?"),
        (lambda a: a.create("x@new.test"), "make it with: domain create new.test"),
        (lambda a: a.create("a/b"), "must not have '/' in it"),
        (lambda a: a.create("x", quota_octets=-1), "a quota is 0"),
        (lambda a: a.add_email("bob", "nonsense"), "'nonsense' is no address"),
        (lambda a: a.remove_email("bob", "x@example.org"), "bob has no address x@example.org"),
        (lambda a: a.rename("bob", "staff"), "staff exists already"),
        (lambda a: a.entry("bop"), "there is no account bop; did you mean bob?"),
        (lambda a: a.add_members("bob", ["staff"]), "bob is no group"),
        (lambda a: a.add_members("staff", ["staff"]), "cannot be a member of itself"),
        (lambda a: a.create_list("x@example.org", []), "at least one member"),
        (lambda a: a.create_list("bob@example.org", ["bob"]), "belongs to bob already"),
        (lambda a: a.create_list("x@example.org", ["nobody"]), "there is no account nobody"),
        (lambda a: a.list_members("bob@example.org"), "there is no list bob@example.org"),
        (lambda a: a.create_domain("EXAMPLE.org"), "example.org exists already"),
        (lambda a: a.create_domain("not a domain"), "is no domain name"),
        (lambda a: a.delete_domain("example.org"), "still has 3 addresses"),
        (lambda a: a.delete("nobody"), "there is no account nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(admin, call, message: str) -> None:
    before = admin.entries(), admin.domains(), admin.lists()
    with refuses(message):
        call(admin)
    assert (admin.entries(), admin.domains(), admin.lists()) == before


def test_the_last_member_of_a_list_stays(admin) -> None:
    admin.create_list("x@example.org", ["bob"])
    with refuses("nobody would be left"):
        admin.remove_list_members("x@example.org", ["bob"])


def test_a_missing_or_foreign_database_is_told(tmp_path: Path) -> None:
    with refuses("make one with init"):
        Administration(tmp_path / "none.sqlite3")
    sqlite3.connect(tmp_path / "empty.sqlite3").close()
    (tmp_path / "text.sqlite3").write_text("no database at all, but long enough to look at" * 20)
    with refuses("has no table accounts"):
        Administration(tmp_path / "empty.sqlite3")
    with refuses("the directory database"):
        Administration(tmp_path / "text.sqlite3")
