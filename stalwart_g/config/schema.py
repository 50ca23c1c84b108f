"""How the table of all keys is built up: a section fills one dataclass, a key one field of it.

The dataclass has the default, the key knows how it is read, and one line that explains it. The check, the settings
and the documented ``etc/config.toml`` all come from this one table (`keys`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from stalwart_g.config.kinds import Kind

OF_THE_FIELD = object()


@dataclass(frozen=True, slots=True)
class Key:
    """A key below its section.

    ``field`` is the field of the section's dataclass. ``shared``: may also stand under ``server``, for all listeners.
    ``default`` is for keys whose default the field does not have. ``example`` is shown where there is no default.
    ``aliases`` are other spellings, not documented.
    """

    name: str
    field: str
    kind: Kind[Any]
    doc: str
    required: bool = False
    shared: bool = False
    default: Any = OF_THE_FIELD
    example: Any = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A TOML table. A ``*`` in its name stands for an id.

    ``part``: the name of a table inside it, where that fills a dataclass of its own. ``variant``: only in tables of
    that ``type``. ``example``: an id for the documentation.
    """

    name: str
    settings: type
    doc: str
    keys: tuple[Key, ...]
    part: str = ""
    variant: str = ""
    example: str = ""

    def default(self, key: Key) -> Any:
        """What holds when the key is not there; None if nothing does (it is required, or derived from others)."""
        if key.default is not OF_THE_FIELD:
            return key.default
        for each in fields(self.settings):
            if each.name == key.field and each.default is not MISSING:
                return each.default
        return None


@dataclass
class Node:
    """A place in the tree of keys. ``variants`` has a tree for each ``type`` that the table may have."""

    children: dict[str, Node] = field(default_factory=dict)
    leaf: tuple[Section, Key] | None = None
    variants: dict[str, Node] = field(default_factory=dict)

    def child(self, name: str) -> Node | None:
        """The place below, by its own name or as an id."""
        return self.children.get(name) or self.children.get("*")

    def make(self, names: Sequence[str]) -> Node:
        node = self
        for name in names:
            node = node.children.setdefault(name, Node())
        return node


def tree_of(sections: Sequence[Section]) -> Node:
    """All keys by the names on their way."""
    root = Node()
    for section in sections:
        top = root.make(section.name.split("."))
        if section.variant:
            top = top.variants.setdefault(section.variant, Node())
        if section.part:
            top = top.make(section.part.split("."))
        for key in section.keys:
            for name in (key.name, *key.aliases):
                top.make(name.split(".")).leaf = (section, key)
                if key.shared:
                    root.make(f"server.{full_name(section, name)}".split(".")).leaf = (section, key)
    return root


def full_name(section: Section, name: str) -> str:
    """The key's name below the table that has the id."""
    return f"{section.part}.{name}" if section.part else name


def names_of(node: Node, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every table and key, for suggestions."""
    if prefix:
        yield prefix
    for name, child in node.children.items():
        yield from names_of(child, (*prefix, name))
    for variant in node.variants.values():
        for name, child in variant.children.items():
            yield from names_of(child, (*prefix, name))
