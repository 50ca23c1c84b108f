"""duplicate (RFC 7352): has a mail been here before? What is tracked counts only when the script has ended well."""

from __future__ import annotations

from dataclasses import dataclass

from sieve.actions import Action
from sieve.extensions.base import field_name
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("duplicate", "RFC 7352")
extension.tag("handle", "duplicate", param=Param("handle"))
extension.tag("header", "duplicate", keyword="header", param=Param("header name", check=field_name))
extension.tag("uniqueid", "duplicate", keyword="unique_id", param=Param("unique id"))
extension.tag("seconds", "duplicate", param=Param("seconds", "number"))
extension.tag("last", "duplicate")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A question: was this id tracked before, and is that still remembered? The answer is a bool."""

    handle: str
    unique_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateMark(Action):
    """Remember an id, for so many seconds from now; None: as long as is usual."""

    name = "duplicate_mark"
    cancels_keep = False
    handle: str
    unique_id: str
    seconds: int | None = None

    def __str__(self) -> str:
        return f'duplicate_mark "{self.handle}" "{self.unique_id}"'


@extension.test()
def duplicate(
    run: Run,
    *,
    handle: str = "",
    header: str = "Message-ID",
    unique_id: str | None = None,
    seconds: int | None = None,
    last: bool = False,
) -> bool:
    """Was it there before? A message without the id is none, and is not tracked (section 3.1).

    With ``:last`` the time counts from the last that was seen, else from the first. What the same run tracks does not
    count for it.
    """
    identity = _first(run, header) if unique_id is None else unique_id
    if not identity or seconds == 0:
        return False
    found = bool(run.host.ask(Duplicate(handle, identity)))
    mark = DuplicateMark(handle=handle, unique_id=identity, seconds=seconds)
    if (last or not found) and mark not in run.actions:
        run.add(mark)
    return found


def _first(run: Run, name: str) -> str:
    fields = run.fields([name])
    return fields[0].text.strip() if fields else ""


@extension.check("duplicate")
def _one_source(site: Site) -> None:
    if {"header", "unique_id"} <= site.use.tags.keys():
        site.report("the duplicate test takes ':header' or ':uniqueid', not both", "tag", at="unique_id")
