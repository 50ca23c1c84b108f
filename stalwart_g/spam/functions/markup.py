"""HTML as a flat list of tokens, read in one pass: nothing in it can make that slow or fail.

A text is ``_text``, a tag ``<name attribute="value"`` without its end, a closing one ``</name``, a comment
``<!--...--``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from sieve.coercion import Array, Typed, array_of, text_of
from stalwart_g.spam.functions.extension import extension

_SPACE = re.compile(r"\s+")
_OPENING = re.compile(r"<[A-Za-z/!?]")
_RAW = frozenset({"script", "style"})
_CLOSING = {name: re.compile(rf"</{name}(?![a-z])", re.IGNORECASE) for name in _RAW}
_VALUE = re.compile(r"""=\s*(["'])""")
_QUOTED = re.compile(r'"[^"]*"?|[^"]+')
_ATTRIBUTE = re.compile(r"""([^\s="'<>/]+)(?:\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^\s"'>]+)))?""")
_NAME = re.compile(r"</?[a-z][^\s/>]*")
_SIZE = re.compile(r"\s*([0-9]{1,9})(?:\.[0-9]*)?\s*(%|px)?")
_BLANK_LINES = re.compile(r" *\n\s*")
_BREAKS = frozenset({"br", "hr", "p", "/p", "/div", "/tr", "/li", "/h1", "/h2", "/h3", "/h4", "/h5", "/h6"})
_HIDDEN = frozenset({"head", "script", "style", "title"})


def html_tokens(text: str) -> Iterator[str]:
    """The tokens in their order; texts with single blanks, none at their end, none at the start of the page."""
    first = True
    for token in _scanned(text):
        if token[0] == "<":
            yield token
        elif shown := _SPACE.sub(" ", html.unescape(token[1:])).rstrip():
            yield f"_{shown.lstrip() if first else shown}"
        first = False


def _scanned(text: str) -> Iterator[str]:
    """The tokens, texts as they are."""
    at, raw = 0, ""
    while at < len(text):
        opening = _next_tag(text, at) if not raw else _end_of_raw(text, at, raw)
        if opening > at:
            yield f"_{text[at:opening]}"
        if opening >= len(text):
            return
        stop = _tag_end(text, opening)
        token = _tag(text[opening:stop])
        yield token
        name = _NAME.match(token)
        raw = name[0][1:] if name and name[0][1:] in _RAW else ""
        at = stop + 1


def _next_tag(text: str, at: int) -> int:
    """Where the next ``<`` is that begins a tag; a lone one is text."""
    found = _OPENING.search(text, at)
    return found.start() if found else len(text)


def _end_of_raw(text: str, at: int, name: str) -> int:
    """Where a script or style sheet ends: in it, nothing else is a tag."""
    found = _CLOSING[name].search(text, at)
    return found.start() if found else len(text)


def _tag_end(text: str, at: int) -> int:
    """The place of the ``>`` of a tag, which may have others in quotes; the end of the text if there is none."""
    if text.startswith("<!--", at):
        close = text.find("-->", at + 4)
        return close + 2 if close >= 0 else len(text)
    place = at + 1
    while (close := text.find(">", place)) >= 0:
        found = _VALUE.search(text, place, close)
        closing = text.find(found[1], found.end()) if found else -1
        if closing < 0:
            return close
        place = closing + 1
    return len(text)


def _tag(text: str) -> str:
    """In lower case and with single blanks, but for what is in double quotes."""
    if text.startswith("<!--"):
        return text
    pieces = _QUOTED.findall(text)
    return "".join(each if each[0] == '"' else _SPACE.sub(" ", each.lower()) for each in pieces).rstrip()


def _tokens(markup: Typed) -> Sequence[str]:
    """Tokens as they are; or those of a text."""
    return [text_of(token) for token in markup] if isinstance(markup, tuple) else list(html_tokens(text_of(markup)))


def _name(token: str) -> str:
    found = _NAME.match(token)
    return found[0][1:] if found else ""


def _attributes(token: str) -> Iterator[tuple[str, str]]:
    found = _NAME.match(token)
    for name, *values in _ATTRIBUTE.findall(token[found.end() :] if found else ""):
        yield name.lower(), html.unescape("".join(values))


@extension.function()
def html_to_text(markup: Typed) -> str:
    """What a reader sees: without tags, comments and the head; line breaks where the page has them."""
    shown: list[str] = []
    hidden = ""
    for token in _tokens(markup) if isinstance(markup, tuple) else _scanned(text_of(markup)):
        name = _name(token)
        if hidden:
            hidden = "" if name == f"/{hidden}" else hidden
        elif name in _HIDDEN:
            hidden = name
        elif name in _BREAKS:
            shown.append("\n")
        elif token.startswith("_"):
            shown.append(_SPACE.sub(" ", html.unescape(token[1:])))
    return _BLANK_LINES.sub("\n", "".join(shown)).strip()


@extension.function()
def html_has_tag(markup: Typed, name: str) -> bool:
    """Is there a tag of that name?"""
    return any(_name(token) == name.lower() for token in _tokens(markup))


@extension.function()
def html_attr(token: str, name: str) -> str:
    """The value of an attribute of one tag; empty if it is not there."""
    return next((value for attribute, value in _attributes(token) if attribute == name.lower()), "")


@extension.function()
def html_attrs(markup: Typed, tag: str, names: Typed) -> Array:
    """The values of one or several attributes in all tags of a name; of every tag if that is empty."""
    wanted = {text_of(name).lower() for name in array_of(names)}
    return tuple(
        value
        for token in _tokens(markup)
        if token.startswith("<") and (not tag or _name(token) == tag.lower())
        for name, value in _attributes(token)
        if name in wanted
    )


@extension.function()
def html_attr_size(token: str, name: str, base: int) -> Typed:
    """An attribute in pixels, where ``n%`` is a part of the base; empty if it is no size."""
    found = _SIZE.match(html_attr(token, name))
    if not found:
        return ""
    size = int(found[1])
    return base * size // 100 if found[2] == "%" else size
