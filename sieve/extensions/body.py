"""body (RFC 5173): what the message says below its header."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

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
    elif part.type == "message":
        yield _header(part)
    elif part.type == "text":
        yield part.text
    else:
        yield part.content.decode("utf-8", "replace")


def outside_parts(part: Part) -> list[str]:
    """Preamble and epilogue of a multipart."""
    octets, start = part.body, part.body_offset
    if not part.children:
        return [octets.decode("utf-8", "replace")]
    before = octets[: part.children[0].header_offset - start]
    after = octets[part.children[-1].end_offset - start :]
    return [text.decode("utf-8", "replace") for text in (before, after)]


def _header(part: Part) -> str:
    """The header of an attached message."""
    inner = part.message
    if inner is None:
        return ""
    return "\r\n".join(f"{field.name}: {field.text}" for field in inner.fields)


_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)


def shown_text(part: Part) -> str:
    """The text that a reader sees: of HTML, what stands between the tags."""
    if part.subtype != "html":
        return part.text
    return html.unescape(_MARKUP.sub(" ", part.text))
