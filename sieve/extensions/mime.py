"""mime (RFC 5703 section 4): ``header``, ``address`` and ``exists`` look at the part under way, or at the message.

With ``:anychild`` they look at all that is in it, too. ``:type`` and the like take a field apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sieve.message import HeaderField, Part
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("mime", "RFC 5703 section 4")
extension.tag("mime", "header", "address", "exists", stable=False)
extension.tag("anychild", "header", "address", "exists", needs="mime")
for _aspect in ("type", "subtype", "contenttype"):
    extension.tag(_aspect, "header", keyword="aspect", value=_aspect, needs="mime")
extension.tag("param", "header", keyword="aspect", param=Param("parameter names", "texts"), needs="mime")

Aspect = str | Sequence[str]  # the name of a tag, or those of parameters
_HEADER_OCTETS = 32  # of each part, for what it costs to look at it


def parts_looked_at(run: Run, *, anychild: bool = False) -> Sequence[Part]:
    """The part under way, or the message; with ``:anychild`` all below it too."""
    if not anychild:
        return [run.part]
    found = [*run.part.walk()]
    run.charge(_HEADER_OCTETS * len(found))
    return found


def fields_of_parts(
    run: Run, names: Sequence[str], index: int | None = None, *, last: bool = False, anychild: bool = False
) -> list[HeaderField]:
    """The fields of these names in all parts; or in each of them the one of ``:index``."""
    wanted = {name.lower() for name in names}
    found: list[HeaderField] = []
    for part in parts_looked_at(run, anychild=anychild):
        there = [field for field in part.fields if field.name.lower() in wanted]
        found += there if index is None else there[_place(len(there), index, last=last)]
    return found


def _place(count: int, index: int, *, last: bool) -> slice:
    place = count - index if last else index - 1
    return slice(place, place + 1) if place >= 0 else slice(0, 0)


def aspects(field: HeaderField, aspect: Aspect | None) -> Sequence[str]:
    """What a test compares of a field; of one that has no such aspect the empty text (section 4.1)."""
    if aspect is None:
        return [field.text]
    if not isinstance(aspect, str):
        return _parameters(field, aspect)
    known = _ASPECTS.get(field.name.lower(), {}).get(aspect)
    return [known(field.structured.value) if known else ""]


def _parameters(field: HeaderField, names: Sequence[str]) -> list[str]:
    """The values of parameters; one that is not there has none."""
    found = field.structured
    values = dict(found.parameters)
    if found.boundary:
        values["boundary"] = found.boundary.decode("utf-8", "replace")
    return [values[name] for name in map(str.lower, names) if name in values]


def _first(value: str) -> str:
    return value.partition("/")[0].strip()


def _second(value: str) -> str:
    return value.partition("/")[2].strip()


_ASPECTS: Mapping[str, Mapping[str, Callable[[str], str]]] = {
    "content-type": {"type": _first, "subtype": _second, "contenttype": lambda value: value.replace(" ", "")},
    "content-disposition": {"type": str, "contenttype": str},
}
