"""editheader (RFC 5293): ``addheader`` and ``deleteheader``. What must not be changed stays, without an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sieve.errors import ScriptError
from sieve.extensions.base import field_name
from sieve.extensions.index import NUMBER
from sieve.matching import Match
from sieve.runtime import Run
from sieve.spec import Extension, Matching, Param, Site

extension = Extension("editheader", "RFC 5293")
extension.tag("last", "addheader")
extension.tag("index", "deleteheader", param=NUMBER)
extension.tag("last", "deleteheader", needs="index")

UNDELETABLE = frozenset(  # section 6; and what an action has written (RFC 5703 section 5)
    {"received", "auto-submitted", "original-subject", "original-from"}
)


@dataclass(frozen=True, slots=True)
class ProtectedHeader:
    """A question: must scripts not add fields of this name (in lower case), or not delete them? The answer is a bool.

    ``Subject`` is never protected, and nobody is asked; nor about what nobody may delete.
    """

    name: str
    deletes: bool


def _value(text: str) -> str:
    """The fault of a field value, or nothing. Line ends become blanks, other control characters nothing."""
    return f"value '{text[:40]}' of the header field is invalid: it has a NUL" if "\0" in text else ""


def _allowed(run: Run, name: str, *, deletes: bool) -> bool:
    name = name.lower()
    if deletes and name in UNDELETABLE:
        return False
    return name == "subject" or not run.host.ask(ProtectedHeader(name, deletes))


def _judged(name: str) -> None:
    if fault := field_name(name):
        raise ScriptError(fault)


_NAME = Param("field name", check=field_name)


@extension.command(_NAME, Param("value", check=_value))
def addheader(run: Run, name: str, value: str, *, last: bool = False) -> None:
    """Add a field above all others, or below them (section 4)."""
    _judged(name)
    if fault := _value(value):
        raise ScriptError(fault)
    octets = len(value.encode("utf-8", "replace"))
    if octets > run.limits.header_octets:
        raise ScriptError(f"value of header field '{name}' is too long ({octets} octets)")
    if _allowed(run, name, deletes=False):
        run.message.add_field(name, value, last=last)
        run.edited()
        _tell(run, f'added "{name}: {value}"')
    else:
        _tell(run, f'"{name}" may not be added')


@extension.command(_NAME, Param("value patterns", "texts", optional=True), matching=Matching())
def deleteheader(
    run: Run,
    name: str,
    patterns: Sequence[str] | None,
    *,
    match: Match,
    index: int | None = None,
    last: bool = False,
) -> None:
    """Delete fields of a name: all, or the one that ``:index`` counts; of these only what matches (section 5)."""
    _judged(name)
    if not _allowed(run, name, deletes=True):
        _tell(run, f'"{name}" may not be deleted')
        return
    keys = None if patterns is None else tuple(patterns)

    def doomed(value: str) -> bool:
        return keys is None or run.hit(match, (value,), keys) is not None

    count = run.message.delete_fields(name, index=index, last=last, where=doomed)
    if count:
        run.edited()
    _tell(run, f'deleted {count} of "{name}"')


def _tell(run: Run, text: str) -> None:
    if run.trace is not None:
        run.trace.note(text)


@extension.check("addheader")
def _short(site: Site) -> None:
    value = site.constant(1)
    if isinstance(value, str) and len(value.encode("utf-8", "replace")) > site.limits.header_octets:
        site.report(f"the value is too long (more than {site.limits.header_octets} octets)", "limit", at=1)


@extension.check("deleteheader")
def _no_count(site: Site) -> None:
    if site.use.match[0] == "count":
        site.report("match type ':count' cannot be used with the deleteheader command", "comparator")
