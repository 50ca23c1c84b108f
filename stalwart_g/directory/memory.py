"""Accounts that stand in the configuration itself (SPEC-STORE section 2.6)."""

from __future__ import annotations

import logging
from collections import defaultdict

from stalwart_g.directory import names, schemes
from stalwart_g.directory.interface import Kind, Principal, Resolution
from stalwart_g.directory.passwords import PasswordChecker
from stalwart_g.directory.resolution import Owner, as_superuser, kind, resolve, without_detail
from stalwart_g.directory.settings import MemoryAccount, MemorySettings
from stalwart_g.model.address import Address

log = logging.getLogger(__name__)


class MemoryDirectory:
    """A `Directory` over the accounts of the configuration. Another configuration is another object.

    Raises:
        ValueError: a name or address is none, or a name is there twice; all faults are named.
    """

    def __init__(self, settings: MemorySettings, passwords: PasswordChecker) -> None:
        self._settings, self._passwords = settings, passwords
        self._accounts: dict[str, tuple[Principal, tuple[str, ...]]] = {}
        self._owners: dict[str, list[Owner]] = defaultdict(list)
        faults = [fault for account in settings.accounts if (fault := self._add(account))]
        if faults:
            raise ValueError(f"directory {settings.id}: " + "; ".join(faults))
        for owners in self._owners.values():
            owners.sort()
        self._domains = {names.domain_name(domain) for domain in settings.domains} | {
            names.domain_of(address) for address in self._owners
        }

    def authenticate(self, login: str, password: str) -> Principal | None:
        principal, stored = self._accounts.get(_login(login), (None, ()))
        fits = self._passwords.check(password, stored)
        return principal if fits and principal and principal.active else None

    def principal(self, name: str) -> Principal | None:
        return self._accounts.get(_login(name), (None, ()))[0]

    def is_local_domain(self, domain: str) -> bool:
        try:
            return names.domain_name(domain) in self._domains
        except ValueError:
            return False

    def resolve(self, address: Address) -> Resolution | None:
        return resolve(address, self._settings.options, self._owners_of, self._kind)

    def emails_of(self, name: str) -> tuple[str, ...]:
        principal = self.principal(name)
        return principal.emails if principal else ()

    def verify(self, text: str) -> tuple[str, ...]:
        wanted = without_detail(text.strip().lower(), self._settings.options)
        primaries = [email for email, owners in self._owners.items() if owners[0].match == "primary"]
        return tuple(sorted(address for address in primaries if wanted and wanted in address)[:5])

    def expand(self, address: str) -> tuple[str, ...]:
        wanted = without_detail(address.strip().lower(), self._settings.options)
        members = [owner.name for owner in self._owners_of(wanted) if owner.match == "list"]
        return tuple(sorted(emails[0] for name in members if (emails := self.emails_of(name)))[:50])

    def close(self) -> None:
        """Nothing to give up."""

    def _owners_of(self, address: str) -> list[Owner]:
        return self._owners.get(address, [])

    def _kind(self, name: str) -> Kind | None:
        principal = self.principal(name)
        return principal.kind if principal else None

    def _add(self, account: MemoryAccount) -> str:
        """Returns what is wrong with it."""
        try:
            name = names.account_name(account.name)
            emails = [names.address(email) for email in account.emails]
            lists = [names.address(address) for address in account.lists]
        except ValueError as error:
            return f"{account.name}: {error}"
        if name in self._accounts:
            return f"{name} is there twice"
        if any(schemes.is_plain(secret) for secret in account.secrets):
            log.warning("directory %s: the password of %s stands in clear text", self._settings.id, name)
        self._accounts[name] = (self._principal(account, name, emails), account.secrets)
        for number, email in enumerate(emails):
            primary = not number and not email.startswith("@")
            self._owners[email].append(Owner(name, "primary" if primary else "alias"))
        for address in lists:
            self._owners[address].append(Owner(name, "list"))
        return ""

    def _principal(self, account: MemoryAccount, name: str, emails: list[str]) -> Principal:
        groups = [group.strip().lower() for group in account.member_of]
        rank, member_of = as_superuser(kind(account.kind), groups, self._settings.options.superuser_group)
        aliases = sorted(emails[1:])
        return Principal(
            name=name,
            kind=rank,
            description=account.description,
            quota_octets=account.quota_octets,
            member_of=tuple(sorted(member_of)),
            emails=(*emails[:1], *aliases),
            active=account.active,
        )


def _login(name: str) -> str:
    try:
        return names.account_name(name)
    except ValueError:
        return ""
