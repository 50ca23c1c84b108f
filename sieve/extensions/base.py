"""RFC 5228's own tests and actions, which need no ``require``. Control commands and logic are the checker's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sieve import addresses
from sieve.actions import Discard, Keep, Redirect
from sieve.errors import ScriptError
from sieve.matching import CASEMAP, CONTAINS, IS, MATCHES, OCTET
from sieve.runtime import FIELDS, Run, Stop
from sieve.spec import Extension, Param

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


def _address(text: str) -> str:
    return "" if addresses.mailbox(text) else f"address '{text}' is invalid"


def _one_header(names: Sequence[str], **tags: object) -> Callable[[Run], list[str]] | None:
    """The usual case, one name and no ``:index``, without what the others need."""
    if len(names) != 1 or tags:
        return None
    name = names[0].lower()
    return lambda run: [field.text for field in run.views[FIELDS].get(name, ())]


_NAMES = Param("header names", "texts", check=field_name)


@extension.values(_NAMES, traits=["fields"], stable=True, prepare=_one_header)
def header(run: Run, names: Sequence[str], *, index: int | None = None, last: bool = False) -> list[str]:
    """Header fields, decoded, unfolded and trimmed (section 5.7)."""
    return [field.text for field in run.fields(names, index, last=last)]


@extension.values(Param("header list", "texts", check=_address_field), traits=["fields", "addresses"], stable=True)
def address(
    run: Run, names: Sequence[str], *, part: str = "all", index: int | None = None, last: bool = False
) -> list[str]:
    """Addresses in header fields, groups flattened (section 5.1).

    A text that is no address is one for ``:all`` only.
    """
    part_of, separator = addresses.PARTS[part], run.host.subaddress_separator
    texts = [text for field in run.fields(names, index, last=last) for text in run.addresses_of(field)]
    return [value for value in (part_of(text, separator) for text in texts) if value is not None]


@extension.test(_NAMES, stable=True)
def exists(run: Run, names: Sequence[str]) -> bool:
    """Are all of them there? (section 5.5)"""
    return all(run.fields([name]) for name in names)


@extension.test(Param("limit", "number"), stable=True, requires=["over"])
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


@extension.command(Param("address", check=_address))
def redirect(run: Run, address: str, *, copy: bool = False) -> None:
    """Send on (section 4.2). What is no address when it is known is an error."""
    to = addresses.mailbox(address)
    if to is None:
        raise ScriptError(f"redirect: address '{address}' is invalid")
    run.add(Redirect(address=to, copy=copy))


@extension.command()
def stop(run: Run) -> None:
    raise Stop
