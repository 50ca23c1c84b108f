"""A document held against the table of keys: what each section was told, and everything that is wrong."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from stalwart_g.config.document import Document
from stalwart_g.config.keys import SECTIONS, TREE
from stalwart_g.config.kinds import PATH
from stalwart_g.config.positions import Key as Place
from stalwart_g.config.schema import Key, Node, Section, full_name, names_of

Names = tuple[str, ...]
_FILE = "file://"
_ALIKE = 0.75


class Reading:
    """The values of a document, by section and id."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._values: dict[tuple[int, Names], dict[str, Any]] = defaultdict(dict)
        self._tables: dict[Names, str] = {}  # every table that is there, and its variant
        self._walk(TREE, document.values, (), ())

    def values(self, section: Section, *ids: str) -> dict[str, Any]:
        """What the section's table says, by field. Paths that it does not tell are filled in, below the home."""
        found = {**self._values[id(section), ()], **self._values[id(section), ids]}
        for key in section.keys:
            default = section.default(key)
            if key.kind is PATH and key.field not in found and isinstance(default, Path):
                found[key.field] = self.document.home / default
        return found

    def ids(self, name: str) -> list[str]:
        """The ids of all tables of a section with a ``*``, in their order."""
        prefix = tuple(name.split(".")[:-1])
        own = {names[: len(prefix) + 1][-1]: None for names in self._tables if names[:-1] == prefix}
        return list(own)

    def variant(self, *names: str) -> str:
        """The ``type`` of a table that has variants."""
        return self._tables.get(names, "")

    def check_required(self) -> None:
        """Report every key that must be there and is not."""
        for section in SECTIONS:
            for names in self._instances(section):
                told = self.values(section, *self._ids_in(section, names))
                for key in section.keys:
                    if key.required and key.field not in told and not self._is_there(names, section, key):
                        self.document.report(names, f"{'.'.join(names)}.{full_name(section, key.name)} is missing")

    def _is_there(self, names: Names, section: Section, key: Key) -> bool:
        """Was it told at all? A wrong value is reported already."""
        at: Any = self.document.values
        for name in (*names, *full_name(section, key.name).split(".")):
            at = at.get(name) if isinstance(at, dict) else None
        return at is not None

    def _instances(self, section: Section) -> Iterator[Names]:
        pattern = tuple(section.name.split("."))
        if "*" not in pattern:
            yield pattern
            return
        for names, variant in self._tables.items():
            fits = len(names) == len(pattern) and all(p in ("*", n) for p, n in zip(pattern, names, strict=True))
            if fits and variant == section.variant:
                yield names

    @staticmethod
    def _ids_in(section: Section, names: Names) -> Names:
        return tuple(name for part, name in zip(section.name.split("."), names, strict=True) if part == "*")

    def _walk(self, node: Node, table: Mapping[str, Any], names: Names, ids: Names) -> None:
        chosen = self._choose(node, table, names) if node.variants else node
        if chosen is None:
            return
        for name, value in table.items():
            place, child = (*names, name), chosen.child(name)
            if child is None:
                self._unknown(place, is_table=isinstance(value, dict))
            elif child.leaf:
                self._take(*child.leaf, value, place, ids)
            elif isinstance(value, dict):
                self._walk(child, value, place, ids if name in chosen.children else (*ids, name))
            else:
                self.document.report(place, f"{'.'.join(place)} is a table, not a value")
        if chosen is node:
            self._tables[names] = ""

    def _choose(self, node: Node, table: Mapping[str, Any], names: Names) -> Node | None:
        """The tree for the table's ``type``."""
        variant = table.get("type")
        if not isinstance(variant, str) or variant not in node.variants:
            wanted = " or ".join(f'"{name}"' for name in node.variants)
            told = f", not {variant!r}" if variant is not None else ""
            self.document.report((*names, "type"), f"{'.'.join(names)}.type must be {wanted}{told}")
            return None
        self._tables[names] = variant
        return node.variants[variant]

    def _take(self, section: Section, key: Key, value: Any, place: Place, ids: Names) -> None:
        document, dotted = self.document, ".".join(map(str, place))
        try:
            expanded = document.expand(place, value)
            if key.kind.is_secret:
                expanded = self._secret(expanded, place, literal=expanded == value)
            self._values[id(section), ids][key.field] = key.kind.read(expanded, document.home)
        except ValueError as error:
            document.report(place, f"{dotted}: {error}")

    def _secret(self, text: Any, place: Place, *, literal: bool) -> Any:
        """A secret may be in a file of its own; in this file, others must not be able to read it."""
        if isinstance(text, str) and text.startswith(_FILE):
            return read_secret(self.document.home / text.removeprefix(_FILE))
        file = self.document.place(place)[0]
        if literal and file.stat().st_mode & 0o077:
            dotted = ".".join(map(str, place))
            self.document.report(
                place, f"{dotted} can be read by others", "chmod 600 the file, or use !VARIABLE or file://", fatal=False
            )
        return text

    def _unknown(self, place: Names, *, is_table: bool) -> None:
        what = "table" if is_table else "key"
        near = suggestion(place)
        self.document.report(place, f"there is no {what} {'.'.join(place)}", f"did you mean {near}?" if near else "")


def read_secret(path: Path) -> str:
    """The first line of a file.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {getattr(error, 'strerror', 'not in UTF-8')}") from error


def suggestion(place: Names) -> str:
    """The key that was probably meant: one that is written alike, or one of the same name elsewhere."""
    known = [filled for names in names_of(TREE) if (filled := _filled(names, place)) and filled != place]
    near = max(known, key=lambda names: _likeness(names, place))
    if _likeness(near, place) >= _ALIKE:
        return ".".join(near)
    return next((".".join(names) for names in known if names[-1] == place[-1]), "")


def _likeness(one: Names, other: Names) -> float:
    """From 0 to 1, of what follows the tables that they have in common."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return difflib.SequenceMatcher(None, ".".join(one[same:]), ".".join(other[same:])).ratio()


def _filled(names: Names, place: Names) -> Names:
    """A known name with the ids of the place; none where the two do not go together."""
    filled = list(names)
    for number, name in enumerate(names):
        if name == "*":
            if number >= len(place) - 1 or filled[:number] != list(place[:number]):
                return ()
            filled[number] = place[number]
    return tuple(filled)
