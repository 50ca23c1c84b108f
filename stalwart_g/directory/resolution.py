"""From an address to the accounts that get its mail: exact, then without its sub-address, then as catch-all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from stalwart_g.directory import names
from stalwart_g.directory.interface import KINDS, Kind, Match, Resolution
from stalwart_g.directory.settings import Options, Rewrite
from stalwart_g.model.address import Address


class Owner(NamedTuple):
    """An account that an address belongs to. ``match``: as primary, alias or list; None where that is not known."""

    name: str
    match: str | None


Owners = Callable[[str], Sequence[Owner]]
"""Who has exactly this address, in normal form. Sorted by name."""


def resolve(
    address: Address, options: Options, owners: Owners, kind_of: Callable[[str], Kind | None]
) -> Resolution | None:
    """See `interface.Directory.resolve`. ``kind_of`` tells groups from individuals, by account name."""
    try:
        wanted = names.address(address)
    except ValueError:
        return None
    if wanted.startswith("@"):
        return None
    for candidate, catch_all in _candidates(wanted, options):
        if found := owners(candidate):
            kind: Match = "catchall" if catch_all else _match(found, kind_of)
            return Resolution(kind, tuple(dict.fromkeys(owner.name for owner in found)), candidate)
    return None


def without_detail(address: str, options: Options) -> str:
    """The address less its sub-address, as the options say; VRFY and EXPN want it too. Any text may be given."""
    rule = options.subaddressing
    if isinstance(rule, Rewrite):
        return rule(address) or address
    local, at, domain = address.rpartition("@")
    user, plus, _ = local.partition("+")
    if not rule or not plus or not user or local.startswith('"'):
        return address
    return user + at + domain


def _candidates(address: str, options: Options) -> Iterator[tuple[str, bool]]:
    yield address, False
    reduced = without_detail(address, options)
    if reduced != address:
        yield reduced, False
    rule = options.catch_all
    if isinstance(rule, Rewrite):
        if caught := rule(reduced):
            yield caught, True
    elif rule:
        yield "@" + names.domain_of(address), True


def _match(owners: Sequence[Owner], kind_of: Callable[[str], Kind | None]) -> Match:
    first = owners[0]
    if len(owners) > 1 or first.match == "list":
        return "list"
    if first.match == "alias":
        return "alias"
    return "group" if kind_of(first.name) == "group" else "individual"


def kind(word: str | None) -> Kind:
    """What a directory's word for a type means."""
    return KINDS.get((word or "").lower(), "individual")


def as_superuser(kind: Kind, member_of: Sequence[str], group: str) -> tuple[Kind, tuple[str, ...]]:
    """Members of the superusers' group are superusers; the group itself is then no membership any more."""
    others = tuple(name for name in member_of if name.lower() != group.lower())
    return ("superuser" if len(others) < len(member_of) else kind), others
