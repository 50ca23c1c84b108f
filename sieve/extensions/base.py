"""RFC 5228's own tests and actions, which need no ``require``. Control commands and logic are the checker's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sieve import addresses
from sieve.actions import Discard, Keep, Redirect
from sieve.errors import ScriptError
from sieve.extensions import extlists, redirect_terms
from sieve.extensions.mime import Aspect, aspects, fields_of_parts, parts_looked_at
from sieve.matching import CASEMAP, CONTAINS, IS, MATCHES, OCTET
from sieve.message import HeaderField
from sieve.runtime import Run, Stop
from sieve.spec import Extension, Param, Site

extension = Extension("", "RFC 5228")

for match_type in (IS, CONTAINS, MATCHES):
    extension.match_type(match_type)
for comparator in (OCTET, CASEMAP):
    extension.comparator(comparator)
extension.tag("comparator", "matching", param=Param("comparator name", constant=True))
for part in ("all", "localpart", "domain"):
    extension.tag(part, "addresses", keyword="part", value=part)
extension.tag("over", "size", keyword="over", value=True)
extension.tag("under", "size", keyword="over", value=False)

_FIELD_NAME = re.compile(r"[!-9;-~]+")


def field_name(name: str) -> str:
    """The fault of a header field name (RFC 5322 section 2.2), or nothing."""
    return "" if _FIELD_NAME.fullmatch(name) else f"header field name '{name}' is invalid"


def _address_field(name: str) -> str:
    known = name.lower() in addresses.HEADERS
    return field_name(name) or ("" if known else f"header field '{name}' is not allowed in the address test")


def _one_header(names: Sequence[str], **tags: object) -> Callable[[Run], list[str]] | None:
    """The usual case, one name and no ``:index``, without what the others need."""
    if len(names) != 1 or tags:
        return None
    name = names[0]
    return lambda run: [field.text for field in run.message.named(name)]


_NAMES = Param("header names", "texts", check=field_name)


def _fields(
    run: Run, names: Sequence[str], index: int | None = None, *, last: bool = False, mime: bool = False, **where: bool
) -> Sequence[HeaderField]:
    """Those of the message; with ``:mime`` those of a part, or of several (RFC 5703)."""
    return fields_of_parts(run, names, index, last=last, **where) if mime else run.fields(names, index, last=last)


@extension.values(_NAMES, traits=["fields"], stable=True, prepare=_one_header)
def header(run: Run, names: Sequence[str], *, aspect: Aspect | None = None, **which: Any) -> list[str]:
    """Header fields, decoded, unfolded and trimmed (section 5.7)."""
    return [text for field in _fields(run, names, **which) for text in aspects(field, aspect)]


def _of_one_header(names: Sequence[str], *, part: str = "all", **tags: object) -> Callable[[Run], list[str]] | None:
    if len(names) != 1 or tags:
        return None
    name = names[0]
    return lambda run: _parts(run, run.message.named(name), part)


def _parts(run: Run, fields: Sequence[HeaderField], part: str) -> list[str]:
    part_of, separator, raw = addresses.PARTS[part], run.host.subaddress_separator, part == "all"
    texts = [part_of(text, separator) for field in fields for text in run.addresses_of(field, raw=raw)]
    return [text for text in texts if text is not None]


_LIST = Param("header list", "texts", check=_address_field)


@extension.values(_LIST, traits=["fields", "addresses"], stable=True, prepare=_of_one_header)
def address(run: Run, names: Sequence[str], *, part: str = "all", **which: Any) -> list[str]:
    """Addresses in header fields, groups flattened (section 5.1).

    A text that is no address is one for ``:all`` only.
    """
    return _parts(run, _fields(run, names, **which), part)


@extension.test(_NAMES)  # this one and size are so quick that keeping the answer would cost more
def exists(run: Run, names: Sequence[str], *, mime: bool = False, **where: bool) -> bool:
    """Are all of them there (section 5.5), in the message or in one of its parts?"""
    wanted = {name.lower() for name in names}
    if not mime:
        return wanted <= run.there()
    return any(wanted <= {field.name.lower() for field in part.fields} for part in parts_looked_at(run, **where))


@extension.test(Param("limit", "number"), requires=["over"])
def size(run: Run, limit: int, *, over: bool) -> bool:
    """More, or less, than so many octets; exactly as many is neither (section 5.9)."""
    octets = run.message.size
    return octets > limit if over else octets < limit


@extension.command()
def keep(run: Run, *, flags: Sequence[str] | None = None) -> None:
    run.add(Keep(flags=run.flags_for(flags)))


@extension.command()
def discard(run: Run) -> None:
    run.add(Discard())


@extension.command(Param("address"))
def redirect(run: Run, address: str, *, copy: bool = False, external: bool = False, **terms: Any) -> None:
    """Send on (section 4.2), on the ``terms`` of RFC 6009. What is no address when it is known is an error."""
    to = extlists.known(run, address) if external else addresses.mailbox(address)
    if to is None:
        raise ScriptError(f"redirect: address '{address}' is invalid")
    run.add(Redirect(address=to, copy=copy, external=external, **redirect_terms.of_tags(**terms)))


@extension.check("redirect")
def _sent_on(site: Site) -> None:
    address = None if site.use.tags.get("external") else site.constant(0)
    if address is not None and addresses.mailbox(address) is None:
        site.report(f"address '{address}' is invalid", "value", at=0)


@extension.command(traits=["ends"])
def stop(run: Run) -> None:
    raise Stop
