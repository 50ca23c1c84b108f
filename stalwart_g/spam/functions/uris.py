"""URIs taken apart (RFC 3986)."""

from __future__ import annotations

import re
from collections.abc import Callable

from stalwart_g.spam.functions.extension import extension

_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):"
    r"(?://(?P<authority>(?:(?P<user>[^/?#@]*)@)?(?P<host>\[[0-9A-Fa-f:.]*\]|[^/?#@:]*)(?::(?P<port>[0-9]*))?))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?"
)
_FORBIDDEN = re.compile(r"[^!-~]|[<>\"\\^`{|}]")

_PARTS: dict[str, Callable[[re.Match[str]], str]] = {
    "scheme": lambda uri: uri["scheme"].lower(),
    "host": lambda uri: _host(uri),
    "scheme_host": lambda uri: f"{uri['scheme'].lower()}://{_host(uri)}" if _host(uri) else "",
    "path": lambda uri: _path(uri),
    "port": lambda uri: uri["port"] or "",
    "query": lambda uri: uri["query"] or "",
    "path_query": lambda uri: _path(uri) + (f"?{uri['query']}" if uri["query"] is not None else ""),
    "authority": lambda uri: uri["authority"] or "",
}


def _host(uri: re.Match[str]) -> str:
    return (uri["host"] or "").lower()


def _path(uri: re.Match[str]) -> str:
    return uri["path"] or ("/" if uri["authority"] else "")


@extension.function(maps=True)
def uri_part(text: str, part: str) -> str:
    """scheme, host, scheme_host, path, port, query, path_query or authority; empty if it is no URI in ASCII."""
    uri = None if _FORBIDDEN.search(text) else _URI.fullmatch(text)
    read = _PARTS.get(part)
    return read(uri) if uri and read else ""
