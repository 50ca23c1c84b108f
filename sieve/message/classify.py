"""Which parts a reader is shown, and which are attached (RFC 8621 section 4.1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Node(NamedTuple):
    """What has to be known of a part. Only a multipart has ``children`` here; ``number`` is its place in the list."""

    number: int
    type: str
    subtype: str
    disposition: str
    has_name: bool
    children: list[Node]


class BodyLists(NamedTuple):
    """Numbers of parts. ``text`` is to be shown where HTML is not wanted, ``html`` where it is."""

    text: list[int]
    html: list[int]
    attachments: list[int]


_MEDIA = frozenset(("image", "audio", "video"))


def body_lists(root: Node) -> BodyLists:
    lists = BodyLists([], [], [])
    _sort([root], "mixed", lists, _Open(text=True, html=True, in_alternative=False))
    return lists


class _Open(NamedTuple):
    """Which of the lists still take parts: inside an alternative, a part of one form closes the other list."""

    text: bool
    html: bool
    in_alternative: bool


def _sort(parts: Sequence[Node], container: str, lists: BodyLists, takes: _Open) -> None:
    texts, htmls = len(lists.text), len(lists.html)
    for place, part in enumerate(parts):
        if part.type == "multipart":
            inside = takes._replace(in_alternative=takes.in_alternative or part.subtype == "alternative")
            _sort(part.children, part.subtype, lists, inside)
        elif not _is_shown(part, place, container):
            lists.attachments.append(part.number)
        elif container == "alternative":
            _choose(part, lists, takes)
        else:
            takes = _narrowed(part, takes)
            _show(part, lists, takes)
    if container == "alternative" and takes.text and takes.html:
        _lend(lists, texts, htmls)


def _is_shown(part: Node, place: int, container: str) -> bool:
    """A body rather than an attachment; behind the first place, a name makes a text an attachment."""
    media = part.type in _MEDIA
    if part.disposition == "attachment" or not (media or (part.type == "text" and part.subtype in ("plain", "html"))):
        return False
    return place == 0 or (container != "related" and (media or not part.has_name))


def _choose(part: Node, lists: BodyLists, takes: _Open) -> None:
    """A direct child of an alternative."""
    if part.subtype == "plain" and part.type == "text":
        (lists.text if takes.text else lists.attachments).append(part.number)
    elif part.subtype == "html" and part.type == "text":
        (lists.html if takes.html else lists.attachments).append(part.number)
    else:
        lists.attachments.append(part.number)


def _narrowed(part: Node, takes: _Open) -> _Open:
    if takes.in_alternative and part.type == "text":
        return takes._replace(html=False) if part.subtype == "plain" else takes._replace(text=False)
    return takes


def _show(part: Node, lists: BodyLists, takes: _Open) -> None:
    if takes.text:
        lists.text.append(part.number)
    if takes.html:
        lists.html.append(part.number)
    if not (takes.text and takes.html) and part.type in _MEDIA:
        lists.attachments.append(part.number)


def _lend(lists: BodyLists, texts: int, htmls: int) -> None:
    """An alternative with one form only serves both lists."""
    if len(lists.text) == texts and len(lists.html) > htmls:
        lists.text.extend(lists.html[htmls:])
    elif len(lists.html) == htmls and len(lists.text) > texts:
        lists.html.extend(lists.text[texts:])
