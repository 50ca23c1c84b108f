"""HTML to a text with lines, and back. Looks at each character once, whatever is not closed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"  # a comment
    r"|<(script|style|title|template)\b.*?(?:</\1\b[^>]*>?|\Z)"  # what is never shown
    r"|<(/?[a-z][a-z0-9]*)([^<>]*)>?"  # a tag
    r"|<[!?/][^<>]*>?|[^<]+|<",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_SPACES = re.compile(r" {2,}")
_LINE_END = re.compile(r" ?\n ?")
_GAP = re.compile(r"\n{3,}")
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
     "footer", "form", "header", "hr", "html", "main", "nav", "section", "table", "tbody", "tfoot", "thead", "tr")
)  # fmt: skip
_PARAGRAPHS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"))
_SCHEMES = ("http:", "https:", "mailto:")


def to_text(markup: str) -> str:
    """What a reader sees, in lines; where links go stands behind them."""
    text = _LINE_END.sub("\n", _SPACES.sub(" ", "".join(_pieces(markup))))
    return _GAP.sub("\n\n", text).strip()


def _pieces(markup: str) -> Iterator[str]:
    link = ""
    for found in _TOKEN.finditer(markup):
        tag, text = found[2], found[0]
        if tag is not None:
            name = tag.lower()
            if name == "/a" and link:
                yield f" <{link}>"
            link = _target(found[3]) if name == "a" else "" if name == "/a" else link
            yield _gap(name)
        elif found[1] is None and not (text.startswith("<") and len(text) > 1):
            shown = html.unescape(_BLANKS.sub(" ", text))
            link = "" if link and link.removeprefix("mailto:") in shown else link
            yield shown


def _target(attributes: str) -> str:
    found = _LINK.search(attributes)
    link = html.unescape("".join(filter(None, found.groups()))).strip() if found else ""
    return link if link.lower().startswith(_SCHEMES) else ""


def _gap(tag: str) -> str:
    """What stands for a tag in the text."""
    name = tag.lstrip("/")
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _BLOCKS or tag == "br":
        return "\n"
    return {"li": "\n- ", "td": " ", "th": " "}.get(tag, "")


def to_html(text: str) -> str:
    """The same text, line by line."""
    return "<br>\r\n".join(html.escape(line, quote=False) for line in text.splitlines())
