"""What the server asks a directory: the contract that every type of directory fulfils, read-only and cooperative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from stalwart_g.model.address import Address
from stalwart_g.model.errors import Deferred

Kind = Literal["individual", "group", "resource", "location", "superuser", "other"]
Match = Literal["individual", "group", "list", "alias", "catchall"]

KINDS: dict[str, Kind] = {
    **dict.fromkeys(("individual", "person", "user"), "individual"),
    "group": "group",
    "resource": "resource",
    "location": "location",
    "superuser": "superuser",
    "other": "other",
}
"""The words that a directory may use, and what they mean; any other word is an individual."""


class DirectoryUnavailable(Deferred):
    """The directory does not answer, or not as it should; nobody may conclude that an account does not exist."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "4.3.0")


@dataclass(frozen=True, slots=True)
class Principal:
    """An account as the directory knows it.

    ``name`` is the login name. ``quota_octets`` 0 is no limit. ``emails`` has the primary address first, lists are
    not in it. One that is not ``active`` cannot log in; its mail is still taken.
    """

    name: str
    kind: Kind = "individual"
    description: str = ""
    quota_octets: int = 0
    member_of: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who gets the mail for an address. ``matched`` is the address that the directory has (sub-address taken off)."""

    kind: Match
    accounts: tuple[str, ...]
    matched: str


class Directory(Protocol):
    """A source of accounts. All methods wait cooperatively and raise DirectoryUnavailable.

    Names and addresses are given in any spelling; `names` has the one normal form.
    """

    def authenticate(self, login: str, password: str) -> Principal | None:
        """The principal if the password is one of its; an unknown login costs the same time as a wrong password."""

    def principal(self, name: str) -> Principal | None:
        """The principal of that name, also one that is not active."""

    def is_local_domain(self, domain: str) -> bool:
        """Does mail for the domain belong here?"""

    def resolve(self, address: Address) -> Resolution | None:
        """Who gets mail for the address: exact, then without its sub-address, then as catch-all; None: nobody."""

    def emails_of(self, name: str) -> tuple[str, ...]:
        """The account's addresses, primary first; without those of lists."""

    def verify(self, text: str) -> tuple[str, ...]:
        """Up to 5 primary addresses that contain the text (VRFY, RFC 5321 section 3.5)."""

    def expand(self, address: str) -> tuple[str, ...]:
        """Up to 50 primary addresses of a list's members, sorted; none for what is no list (EXPN)."""

    def close(self) -> None:
        """Give up threads and connections."""
