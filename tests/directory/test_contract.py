"""What every type of directory must answer (SPEC-STORE section 2.10)."""

from __future__ import annotations

import pytest

from stalwart_g.directory import Directory
from stalwart_g.directory.settings import Options, Rewrite
from stalwart_g.model.address import NULL, Address


def test_the_right_password_gives_the_principal(directory: Directory) -> None:
    john = directory.authenticate("john", "12345")
    assert john
    assert (john.name, john.kind, john.description) == ("john", "individual", "John Doe")
    assert john.member_of == ("sales",)
    assert john.emails == ("john@example.org", "jdoe@example.org", "john.doe@example.org")


def test_a_bcrypt_secret_and_its_quota(directory: Directory) -> None:
    bill = directory.authenticate("bill", "password")
    assert bill
    assert bill.quota_octets == 500_000


@pytest.mark.parametrize("login", ["john", " John ", "JOHN"])
def test_a_login_is_trimmed_and_folded(directory: Directory, login: str) -> None:
    assert directory.authenticate(login, "12345")


@pytest.mark.parametrize(
    ("login", "password"),
    [("john", "1234"), ("john", ""), ("nobody", "12345"), ("", ""), ("john/..", "12345"), ("gone", "12345")],
)
def test_nobody_else_gets_in(directory: Directory, login: str, password: str) -> None:
    assert directory.authenticate(login, password) is None


@pytest.mark.parametrize("login", ["support", "john@example.org", "' OR 1=1 --"])
def test_groups_addresses_and_injections_are_no_logins(directory: Directory, login: str) -> None:
    assert directory.authenticate(login, "12345") is None


def test_who_may_not_log_in_is_still_there(directory: Directory) -> None:
    gone = directory.principal("gone")
    assert gone
    assert not gone.active
    assert directory.resolve(Address("gone", "example.org"))


def test_members_and_groups(directory: Directory) -> None:
    jane, sales = directory.principal("jane"), directory.principal("sales")
    assert jane
    assert sales
    assert jane.member_of == ("sales", "support")
    assert sales.kind == "group"
    assert directory.principal("nobody") is None


def test_members_of_the_superusers_are_superusers(directory: Directory) -> None:
    root = directory.principal("root")
    assert root
    assert (root.kind, root.member_of) == ("superuser", ("sales",))


def test_the_superusers_group_has_the_name_that_the_options_give_it(make) -> None:
    jane = make(Options(superuser_group="Support")).principal("jane")
    assert (jane.kind, jane.member_of) == ("superuser", ("sales",))


@pytest.mark.parametrize(
    ("name", "emails"),
    [
        ("john", ("john@example.org", "jdoe@example.org", "john.doe@example.org")),
        ("jane", ("jane@example.org",)),
        ("robert", ("@catchall.org",)),
        ("nobody", ()),
        ("a/b", ()),
    ],
)
def test_emails_primary_first_without_lists(directory: Directory, name: str, emails: tuple[str, ...]) -> None:
    assert directory.emails_of(name) == emails


@pytest.mark.parametrize(
    ("address", "kind", "accounts"),
    [
        ("jane@example.org", "individual", ("jane",)),
        ("Jane@EXAMPLE.org", "individual", ("jane",)),
        ("jane+alias@example.org", "individual", ("jane",)),
        ("jdoe@example.org", "alias", ("john",)),
        ("jdoe+x+y@example.org", "alias", ("john",)),
        ("sales@example.org", "group", ("sales",)),
        ("sales+x@example.org", "group", ("sales",)),
        ("info@example.org", "list", ("bill", "jane", "john")),
        ("info+alias@example.org", "list", ("bill", "jane", "john")),
        ("anything@catchall.org", "catchall", ("robert",)),
        ("any+thing@catchall.org", "catchall", ("robert",)),
    ],
)
def test_who_gets_the_mail(directory: Directory, address: str, kind: str, accounts: tuple[str, ...]) -> None:
    found = directory.resolve(Address.of(address))
    assert found
    assert (found.kind, found.accounts) == (kind, accounts)


@pytest.mark.parametrize(
    "address",
    [
        Address("unknown", "example.org"),
        Address("+jane", "example.org"),
        Address("", "catchall.org"),
        Address("jane", "[192.0.2.1]"),
        Address("jane", "exam ple.org"),
        Address("jane", "." * 300),
        Address("jane", "other.org"),
        Address('"@catchall.org', "example.org"),
        Address("%", "example.org"),
        NULL,
    ],
)
def test_nobody_gets_the_mail(directory: Directory, address: Address) -> None:
    assert directory.resolve(address) is None


def test_the_matched_address_is_told(directory: Directory) -> None:
    assert [directory.resolve(Address(local, "example.org")).matched for local in ("jane", "Jane+x")] == [
        "jane@example.org",
        "jane@example.org",
    ]


def test_without_options_only_exact_addresses_match(make) -> None:
    directory = make(Options())
    assert directory.resolve(Address("jane", "example.org"))
    assert directory.resolve(Address("jane+alias", "example.org")) is None
    assert directory.resolve(Address("anything", "catchall.org")) is None


def test_options_may_rewrite(make) -> None:
    directory = make(
        Options(
            subaddressing=Rewrite(r"^([^.]+)\.([^.]+)@(.+)$", "${2}@${3}"),
            catch_all=Rewrite(r"(.+)@(.+)$", "info@${2}"),
        )
    )
    assert directory.resolve(Address("doe.jane", "example.org")).accounts == ("jane",)
    caught = directory.resolve(Address("whoever", "example.org"))
    assert (caught.kind, caught.accounts) == ("catchall", ("bill", "jane", "john"))
    assert directory.resolve(Address("whoever", "catchall.org")) is None


@pytest.mark.parametrize("domain", ["example.org", "EXAMPLE.ORG", "example.org.", "catchall.org"])
def test_local_domains(directory: Directory, domain: str) -> None:
    assert directory.is_local_domain(domain)


@pytest.mark.parametrize("domain", ["other.org", "xample.org", "sub.example.org", "", "a..b", "%", "[192.0.2.1]"])
def test_other_domains(directory: Directory, domain: str) -> None:
    assert not directory.is_local_domain(domain)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("jane", ("jane@example.org",)),
        ("john", ("john@example.org",)),
        ("jane+alias@example", ("jane@example.org",)),
        ("info", ()),
        ("invalid", ()),
        ("%", ()),
        ("", ()),
    ],
)
def test_verify(directory: Directory, text: str, addresses: tuple[str, ...]) -> None:
    assert directory.verify(text) == addresses


@pytest.mark.parametrize(
    ("address", "members"),
    [
        ("info@example.org", ("bill@example.org", "jane@example.org", "john@example.org")),
        ("INFO+x@example.org", ("bill@example.org", "jane@example.org", "john@example.org")),
        ("john@example.org", ()),
        ("", ()),
    ],
)
def test_expand(directory: Directory, address: str, members: tuple[str, ...]) -> None:
    assert directory.expand(address) == members
