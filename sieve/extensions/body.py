"""body (RFC 5173): what the message says below its header."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from sieve.matching import lower
from sieve.message import Part
from sieve.runtime import Run
from sieve.spec import Extension, Matching, Param

extension = Extension("body", "RFC 5173")
extension.tag("raw", "body", keyword="types", value=None)
extension.tag("text", "body", keyword="types", value="text")
extension.tag("content", "body", keyword="types", param=Param("content types", "texts"))

_TYPE = re.compile(r"[^/\s]*(?:/[^/\s]+)?")


@extension.values(stable=True, matching=Matching(captures=False))
def body(run: Run, *, types: str | Sequence[str] | None = "text") -> list[str]:
    """The body as it came (``:raw``), the text of its text parts, or decoded parts of some types (section 5)."""
    if types is None:
        return [run.message.root.body.decode("utf-8", "replace")]
    if types == "text":
        return [shown_text(part) for part in run.message.parts if part.type == "text"]
    wanted = [each.lower() for each in types if _TYPE.fullmatch(each) and not each.startswith("/")]
    return [content for part in run.message.parts if _is_one_of(part, wanted) for content in _content(part)]


def _is_one_of(part: Part, types: Sequence[str]) -> bool:
    return any(wanted in ("", part.type, f"{part.type}/{part.subtype}") for wanted in types)


def _content(part: Part) -> Iterator[str]:
    if part.type == "multipart":
        yield from outside_parts(part)
    elif part.message is not None:
        yield "\r\n".join(f"{field.name}: {field.text}" for field in part.message.fields)
    elif part.type == "text":
        yield part.text
    else:
        yield part.content.decode("utf-8", "replace")


def outside_parts(part: Part) -> list[str]:
    """Preamble and epilogue of a multipart, without the lines that delimit its parts."""
    octets, start = part.body, part.body_offset
    if not part.children:
        return [octets.decode("utf-8", "replace")]
    before = octets[: part.children[0].header_offset - start].rstrip(b"\r\n").rpartition(b"\n")[0]
    after = octets[part.children[-1].end_offset - start :].lstrip(b"\r\n").partition(b"\n")[2]
    return [text.decode("utf-8", "replace") for text in (before, after)]


_TAG_NAME = re.compile(r"</?([a-z][a-z0-9]*)|<[!?/]")
_HIDDEN = frozenset({"script", "style", "title", "template"})
_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
})  # fmt: skip


def shown_text(part: Part) -> str:
    """The text that a reader sees: of HTML, what stands between the tags, with its blanks as a browser shows them."""
    if part.subtype != "html":
        return part.text
    return html.unescape(" ".join("".join(_between_tags(part.text)).split()))


def _between_tags(text: str) -> Iterator[str]:
    """Stretches of text; a blank for each tag that parts words. Looks at each character once."""
    folded, place = lower(text), 0
    while (start := text.find("<", place)) >= 0:
        yield text[place:start]
        tag = _TAG_NAME.match(folded, start)
        if tag is None:  # a sign like any other
            yield "<"
            place = start + 1
            continue
        name = tag[1] or ""
        end = _end_of_tag(folded, start, name)
        if end < 0:
            return
        yield "" if name in _INLINE else " "
        place = end
    yield text[place:]


def _end_of_tag(folded: str, start: int, name: str) -> int:
    """Behind a tag; behind all of a comment, and of an element that is never shown. -1 if it does not end."""
    if folded.startswith("<!--", start):
        end = folded.find("-->", start + 4)
        return end + 3 if end >= 0 else -1
    if name in _HIDDEN and not folded.startswith("</", start):
        start = folded.find(f"</{name}", start)
        if start < 0:
            return -1
    end = folded.find(">", start)
    return end + 1 if end >= 0 else -1
