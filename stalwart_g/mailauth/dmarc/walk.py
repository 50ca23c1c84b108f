"""From a name up to the root: records on the way, and whose organization it is (RFC 9989 section 4.10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stalwart_g.mailauth.dmarc.record import Policy, Record, is_record, parse
from stalwart_g.mailauth.dns import Answer, Dns
from stalwart_g.mailauth.domains import parents

QUERIES_MAX = 8  # of one walk

OrganizationOf = Callable[[str], str]
"""The organizational domain of a name."""


class Unreachable(Exception):
    """No name server answers for a name that matters: the result is ``temperror``."""


def steps(domain: str) -> Sequence[str]:
    """The names of a walk: the domain itself, then those above it that have no more than seven labels."""
    names = parents(domain)
    return names[:1] + names[max(1, len(names) - QUERIES_MAX + 1) :]


class Walks:
    """The walks of one message. A name is asked for once, and those that do not depend on each other together.

    Args:
        organization_of: knows organizations from a list of public suffixes, in place of the walk (RFC 7489).
    """

    def __init__(self, dns: Dns, organization_of: OrganizationOf | None = None) -> None:
        self._dns, self._organization_of = dns, organization_of
        self._answers: dict[str, Answer] = {}
        self._records: dict[str, Record | None] = {}
        self._organizations: dict[str, str] = {}

    def ask(self, names: Iterable[str]) -> None:
        """Get the answers for these names, as far as they are not there."""
        missing = list(dict.fromkeys(name for name in names if name not in self._answers))
        if missing:
            answers = self._dns.query_all([(f"_dmarc.{name}", "TXT") for name in missing])
            self._answers.update(zip(missing, answers, strict=True))

    def record(self, name: str) -> Record | None:
        """The record of this very name; where there are several, none of them counts.

        Raises:
            Unreachable
        """
        if name not in self._records:
            self.ask([name])
            answer = self._answers[name]
            if answer.temporary:
                raise Unreachable(f"no answer for _dmarc.{name}")
            found = [text for text in answer.records if is_record(text)]
            self._records[name] = parse(found[0]) if len(found) == 1 else None
        return self._records[name]

    def organization(self, domain: str) -> str:
        """The organizational domain.

        Raises:
            Unreachable
        """
        if domain not in self._organizations:
            find = self._walk if self._organization_of is None else self._organization_of
            self._organizations[domain] = find(domain)
        return self._organizations[domain]

    def _walk(self, domain: str) -> str:
        names = steps(domain)
        self.ask(names)
        highest = domain
        for name in names:
            record = self.record(name)
            if record is None:
                continue
            if record.psd == "n":
                return name
            if record.psd == "y":
                return domain if name == domain else _below(domain, name)
            highest = name
        return highest

    def policy(self, domain: str) -> tuple[str, Record] | None:
        """The record that counts for mail from the domain, and its name: its own, its organization's, its suffix'.

        Raises:
            Unreachable
        """
        if own := self.record(domain):
            return domain, own
        organization = self.organization(domain)
        if organization != domain and (found := self.record(organization)):
            return organization, found
        if self._organization_of is not None:
            return None
        suffix = next((name for name in steps(domain)[1:] if (found := self.record(name)) and found.psd == "y"), "")
        found = self.record(suffix) if suffix else None
        return (suffix, found) if found else None

    def inherited(self, record: Record, domain: str) -> Policy:
        """The policy of a record above the domain: for names that exist, or for those that do not (RFC 8020).

        Raises:
            Unreachable
        """
        existing = record.subdomain_policy or record.policy
        if record.missing_policy is None or record.missing_policy == existing:
            return existing
        (answer,) = self._dns.query_all([(domain, "A")])
        if answer.temporary:
            raise Unreachable(f"no answer for {domain}")
        return record.missing_policy if answer.status == "nxdomain" else existing


def _below(domain: str, suffix: str) -> str:
    """The name one label below the suffix, on the way to the domain."""
    return ".".join(domain.split(".")[-suffix.count(".") - 2 :])
