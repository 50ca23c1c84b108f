"""``tokenize``: words, URIs, mail addresses and HTML tokens in a text. Each in one pass over it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sieve.coercion import Array
from stalwart_g.spam.functions.domains import is_public_suffix
from stalwart_g.spam.functions.extension import extension
from stalwart_g.spam.functions.markup import html_tokens

_CHUNK = re.compile(r"[^\s<>\"\u201c\u201d\u201e\u00ab\u00bb]+")
_SCHEME = re.compile(r"(?<![A-Za-z0-9+])([A-Za-z][A-Za-z0-9]{0,7}(?:\+[A-Za-z0-9]{1,8})?)://")
_AUTHORITY_END = re.compile(r"[/?#]")
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[\w-]+(?:\.[\w-]+)+")
_BARE = re.compile(r"([\w-]+(?:\.[\w-]+)+)\.?(?::[0-9]{1,5})?(?:[/?#].*)?")
_EMAIL = re.compile(r"(?<![\w!#$%&'*+/=?^`{|}~.-])([\w!#$%&'*+/=?^`{|}~.-]{1,64})@([\w-]+(?:\.[\w-]+)+)")
_QUAD = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})")
_BEFORE = "([{'*_~.,;:!?-=|`\u2018\u2019\u201a"
_BEHIND = ".,;:!?'*_~|`\u2018\u2019\u2026"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_CHUNK_MAXIMUM = 8192


def _is_host(host: str) -> bool:
    """A literal, four numbers, or a name in a domain that exists."""
    if host.startswith("[") or _QUAD.fullmatch(host):
        return True
    return host[0] != "-" and is_public_suffix(host.rpartition(".")[2].lower())


def _trimmed(text: str) -> str:
    """Without punctuation behind it, nor brackets that are not opened in it."""
    surplus = {close: text.count(close) - text.count(open_) for close, open_ in _PAIRS.items()}
    end = len(text)
    while end:
        last = text[end - 1]
        if last not in _BEHIND and surplus.get(last, 0) <= 0:
            break
        if last in surplus:
            surplus[last] -= 1
        end -= 1
    return text[:end]


def _with_scheme(chunk: str) -> str:
    found = _SCHEME.search(chunk)
    if not found:
        return ""
    authority = _AUTHORITY_END.split(chunk[found.end() :], maxsplit=1)[0]
    host = _HOST.match(authority.rpartition("@")[2])
    return _trimmed(chunk[found.start() :]) if host and _is_host(host[0]) else ""


def _emails(chunk: str) -> Iterator[str]:
    for found in _EMAIL.finditer(chunk):
        if is_public_suffix(found[2].rpartition(".")[2].lower()):
            yield f"{found[1].strip('.')}@{found[2]}"


def _bare(chunk: str) -> str:
    word = _trimmed(chunk.lstrip(_BEFORE))
    found = _BARE.fullmatch(word)
    return f"https://{word}" if found and _is_host(found[1]) else ""


def _chunks(text: str) -> Iterator[str]:
    return (found[0][:_CHUNK_MAXIMUM] for found in _CHUNK.finditer(text) if "." in found[0] or "[" in found[0])


def _uris(text: str) -> Iterator[str]:
    for chunk in _chunks(text):
        if "://" in chunk:
            uri = _with_scheme(chunk)
            if uri:
                yield uri
        elif "@" in chunk:
            yield from _emails(chunk)
        elif bare := _bare(chunk):
            yield bare


def _strict_uris(text: str) -> Iterator[str]:
    return (uri for chunk in _chunks(text) if "://" in chunk and (uri := _with_scheme(chunk)))


def _addresses(text: str) -> Iterator[str]:
    return (email for chunk in _chunks(text) if "@" in chunk for email in _emails(chunk))


def _words(text: str) -> Iterator[str]:
    return (word for word in text.split() if word.isalnum())


_KINDS: dict[str, Callable[[str], Iterator[str]]] = {
    "words": _words,
    "html": html_tokens,
    "uri": _uris,
    "url": _uris,
    "uri_strict": _strict_uris,
    "url_strict": _strict_uris,
    "email": _addresses,
}


@extension.function()
def tokenize(text: str, kind: str) -> Array:
    """The words, html tokens, uri (also without scheme, and mail addresses), uri_strict or email in a text."""
    find = _KINDS.get(kind)
    return tuple(find(text)) if find else ()
