"""envelope (RFC 5228 section 5.4), envelope-dsn and envelope-deliverby (RFC 6009): what SMTP said of a mail."""

from __future__ import annotations

from collections.abc import Sequence

from sieve import addresses
from sieve.errors import ScriptError
from sieve.extensions import date
from sieve.extensions.redirect_terms import moment
from sieve.runtime import Run
from sieve.spec import Extension, Matching, Param, Site, suggestion

extension = Extension("envelope", "RFC 5228 section 5.4")
dsn_extension = Extension("envelope-dsn", "RFC 6009 section 4", implies=("envelope",))
deliver_by_extension = Extension("envelope-deliverby", "RFC 6009 section 6", implies=("envelope",))
deliver_by_extension.tag("zone", "envelope", param=date.ZONE)

PARTS: dict[str, Extension] = {
    **dict.fromkeys(("from", "to", "auth", "orig_to"), extension),
    **dict.fromkeys(("notify", "orcpt", "ret", "envid"), dsn_extension),
    **dict.fromkeys(("bytimeabsolute", "bytimerelative", "bymode", "bytrace"), deliver_by_extension),
}
"""The parts of an envelope, and which extension has them.

A host tells ``bytimeabsolute`` as in RFC 3339, and ``notify`` as one value for each event.
"""


def _count(values: Sequence[str]) -> int:
    """The null reverse-path is no address."""
    return sum(map(bool, values))


@extension.values(Param("envelope-part", "texts"), traits=["addresses"], matching=Matching(count=_count))
def envelope(run: Run, parts: Sequence[str], *, part: str = "all", zone: str = "+0000") -> list[str]:
    """Addresses of the envelope, without source route; the null path is empty in every part of it. And its terms."""
    if run.is_imap_event:
        raise ScriptError("the envelope test is not possible in a script for IMAP events")  # RFC 6785 section 4.6
    part_of, separator = addresses.PARTS[part], run.host.subaddress_separator
    found: list[str | None] = []
    for name in map(str.lower, parts):
        for text in run.host.envelope(name):
            if PARTS.get(name) is not extension:
                found.append(_in_zone(run, text, zone) if name == "bytimeabsolute" else text)
            else:
                path = addresses.without_route(text)
                found.append(part_of(path, separator) if path else "")
    return [value for value in found if value is not None]


def _in_zone(run: Run, text: str, zone: str) -> str:
    seconds = moment(text)
    return text if seconds is None else "".join(date.read(run, (seconds, 0), "iso8601", zone))


@extension.check("envelope")
def _parts(site: Site) -> None:
    names = site.use.arguments[0]
    for name in names if isinstance(names, tuple) else ():
        if isinstance(name, str):
            _part(site, name)


def _part(site: Site, name: str) -> None:
    known = PARTS.get(name.lower())
    if known is None or known.capability not in site.active:
        there = [part for part, owner in PARTS.items() if owner.capability in site.active]
        hint = suggestion(name.lower(), there) if known is None else f'add: require "{known.capability}";'
        message = f"envelope part '{name}' is not supported by the envelope test"
        site.report(message, "value" if known is None else "require", at=0, hint=hint)
    elif known is not extension and site.constant("part") not in (None, "all"):
        site.report(f"envelope part '{name}' is no address, it has no parts", "value", at="part")
