"""The record in which a domain says what is to become of mail that is not its own (RFC 9989 section 4.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

from stalwart_g.mailauth.domains import mail_domain

Policy = Literal["none", "quarantine", "reject"]

_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_POLICIES: Mapping[str, Policy] = {"none": "none", "quarantine": "quarantine", "reject": "reject"}
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):([#-~]+)(?:!(\d{1,15})([kmgt]?))?", re.IGNORECASE)
_CACHED_CHARACTERS = 1024
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True, slots=True)
class ReportUri:
    """Where reports are to go.

    Attributes:
        address: of a ``mailto`` URI; empty for all others, which we do not serve.
        limit_octets: the largest report that is welcome; RFC 9989 knows it no more, older records have it.
    """

    text: str
    address: str = ""
    limit_octets: int | None = None

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Record:
    """A record, with the defaults for what it does not say.

    Attributes:
        policy: for the domain itself (``p``).
        subdomain_policy: for names below it (``sp``); None: as ``policy``.
        missing_policy: for names below it that do not exist (``np``); None: as ``subdomain_policy``.
        psd: ``y``: a public suffix; ``n``: an organization of its own; ``u``: find out.
        testing: the policy one level below is wanted for now (``t``).
        percent: ``pct``, which RFC 9989 knows no more and nobody obeys.
        problem: why the policies cannot be used.
    """

    text: str
    policy: Policy = "none"
    subdomain_policy: Policy | None = None
    missing_policy: Policy | None = None
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: Literal["y", "n", "u"] = "u"
    testing: bool = False
    aggregate_to: tuple[ReportUri, ...] = ()
    failures_to: tuple[ReportUri, ...] = ()
    failure_options: tuple[str, ...] = ("0",)
    percent: int | None = None
    problem: str = ""

    @property
    def applies(self) -> bool:
        """Broken policies count as ``none`` where somebody waits for reports, and not at all elsewhere."""
        return not self.problem or bool(self.aggregate_to)


def is_record(text: str) -> bool:
    """Whether a TXT record is about DMARC: its version comes first."""
    return _VERSION.match(text) is not None


def parse(text: str) -> Record | None:
    """Read a record; None when it is about something else. What is wrong in it is left out."""
    if not is_record(text):
        return None
    return _parse_cached(text) if len(text) <= _CACHED_CHARACTERS else _parse(text)


def _parse(text: str) -> Record:
    tags = _tags(text)
    policies = {name: _POLICIES.get(tags[name].lower()) for name in ("p", "sp", "np") if name in tags}
    bad = [f"{name}={tags[name]}" for name, policy in policies.items() if policy is None]
    problem = f"no policy: {' '.join(bad)}" if bad else "" if "p" in tags else "p= is missing"
    policy = policies.get("p")
    options = tuple(option.strip() for option in tags.get("fo", "0").lower().split(":"))
    percent = tags.get("pct", "")
    psd = tags.get("psd", "u").lower()
    return Record(
        text,
        policy=policy if policy and not problem else "none",
        subdomain_policy=None if problem else policies.get("sp"),
        missing_policy=None if problem else policies.get("np"),
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
        psd="y" if psd == "y" else "n" if psd == "n" else "u",
        testing=tags.get("t", "n").lower() == "y",
        aggregate_to=report_uris(tags.get("rua", "")),
        failures_to=report_uris(tags.get("ruf", "")),
        failure_options=tuple(option for option in options if option in ("0", "1", "d", "s")) or ("0",),
        percent=int(percent) if percent.isascii() and percent.isdigit() and len(percent) < 4 else None,
        problem=problem,
    )


_parse_cached = lru_cache(maxsize=2048)(_parse)


def _tags(text: str) -> Mapping[str, str]:
    """The tags by name; of two with one name the first counts."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip(" \t").lower(), value.strip(" \t"))
    return tags


def report_uris(text: str) -> tuple[ReportUri, ...]:
    """The URIs of ``rua`` and ``ruf`` that keep to the grammar."""
    found = (_report_uri(part.strip(" \t")) for part in text.split(","))
    return tuple(uri for uri in found if uri is not None)


def _report_uri(text: str) -> ReportUri | None:
    match = _URI.fullmatch(text)
    if match is None:
        return None
    scheme, rest, size, unit = match.groups()
    limit = int(size) * _UNITS[unit.lower()] if size else None
    if scheme.lower() != "mailto":
        return ReportUri(text, limit_octets=limit)
    local, at, domain = unquote(rest.partition("?")[0]).rpartition("@")
    name = mail_domain(domain)
    if not (at and local and local.isprintable() and " " not in local and name):
        return None
    return ReportUri(text, f"{local}@{name}", limit)
