"""The Received field taken apart (RFC 5321 section 4.4), and what Postfix, Exim, qmail and others write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from sieve.message import dates, words
from sieve.message.dates import Date


@dataclass(frozen=True, slots=True)
class Received:
    """One hop. What is not there is empty.

    Attributes:
        from_: the name that the client gave itself (HELO), or the literal without brackets.
        from_ip: the client's address; the one that the server saw, if both are there.
        from_ptr: the name that the server found for that address.
        by, by_ip: the server.
        with_: the protocol, as in ``ESMTPS``.
        id, via: as written.
        for_: the recipient without brackets.
        tls: version and cipher, as far as a comment tells.
        ident: the user that the client's host or an authentication named.
        date: None if there is none that can be read.
    """

    from_: str = ""
    from_ip: str = ""
    from_ptr: str = ""
    by: str = ""
    by_ip: str = ""
    with_: str = ""
    id: str = ""
    via: str = ""
    for_: str = ""
    tls: str = ""
    ident: str = ""
    date: Date | None = None


_CLAUSES = frozenset(("from", "by", "with", "id", "via", "for"))
_PIECE = re.compile(r"\((?:[^()\\]|\\.|\([^()]*\))*\)?|\[[^\[\]\s]*\]|\"(?:[^\"\\]|\\.)*\"|[^\s()]+")
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})(?:%\w+)?\](?::\d+)?", re.IGNORECASE)
_BARE_IP = re.compile(r"(?<![\w.:])(\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:])")
_HELO = re.compile(r"\b(?:helo|ehlo)[ =]\s*\[?([^\s\[\]()]+)", re.IGNORECASE)
_TLS = re.compile(r"(TLSv?1[._]?[0-3]?|SSLv[23])\b", re.IGNORECASE)
_CIPHER = re.compile(r"(?:cipher[ =]\s*|cipher=|TLS1[._]\d:|:)([A-Z][A-Z0-9_]+(?:[-_][A-Z0-9_]+)+)")
_IDENT = re.compile(
    r"(?:\bident[ =]\s*|authenticated sender:?\s*|\bauth=)([^\s()]+)|^\(([^\s@()\[\]]+)@\[?[\w.:-]", re.IGNORECASE
)
_HOST = re.compile(r"(?=[^.]*[.])[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")


def parse(octets: bytes) -> Received:
    """A raw field value. Nothing is refused; what is not understood is left out."""
    text = words.unfolded(octets)[:4000]
    trace, semicolon, when = text.rpartition(";")
    pieces = _PIECE.findall(trace if semicolon else text)
    clauses = _clauses(pieces)
    values = {name: next((piece for piece in found if piece[0] != "("), "") for name, found in clauses.items()}
    comments = [piece for found in clauses.values() for piece in found if piece[0] == "("]
    inside = " ".join(comments)
    client = _Client(clauses.get("from", ()))
    cipher = _CIPHER.search(inside)
    tls = _TLS.search(inside)
    return Received(
        from_=client.name,
        from_ip=client.ip,
        from_ptr=client.ptr,
        by=_bare(values.get("by", "")),
        by_ip=_first_ip(" ".join(clauses.get("by", ())[:2])),
        with_=values.get("with", ""),
        id=values.get("id", "").strip("<>"),
        via=values.get("via", ""),
        for_=values.get("for", "").strip("<>").rstrip(";"),
        tls=" ".join(each[1] for each in (tls, cipher) if each),
        ident=_ident(comments),
        date=dates.parse(when if semicolon else text),
    )


def _clauses(pieces: Sequence[str]) -> dict[str, list[str]]:
    """What follows each word of the grammar; the first of each counts."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for piece in pieces:
        word = piece.lower()
        if word in _CLAUSES and word not in found:
            current = found[word] = []
        else:
            current.append(piece)
    return found


def _bare(host: str) -> str:
    literal = _LITERAL.fullmatch(host)
    return literal[1] if literal else host.rstrip(".").strip("[]")


def _first_ip(text: str) -> str:
    for found in (*_LITERAL.finditer(text), *_BARE_IP.finditer(text)):
        try:
            return str(ip_address(found[1]))
        except ValueError:
            continue
    return ""


class _Client:
    """Of the from clause: the comment is what the server saw, the word before it what the client said."""

    def __init__(self, pieces: Sequence[str]) -> None:
        said = next((piece for piece in pieces if piece[0] != "("), "")
        comment = " ".join(piece for piece in pieces if piece[0] == "(")
        helo = _HELO.search(comment)
        self.ip = _first_ip(comment) or _first_ip(said)
        self.name = _bare(helo[1] if helo else said)
        self.ptr = self._found(comment, _bare(said) if helo else "")

    @staticmethod
    def _found(comment: str, said: str) -> str:
        """The name in front of the address, as in ``(name [ip])``; unknown is none."""
        if said and _HOST.fullmatch(said) and not _BARE_IP.fullmatch(said):
            return said
        first = comment[1:].split("[")[0].split("(")[0].split()
        name = first[0].rpartition("@")[2].rstrip(".)") if first else ""
        return name if _HOST.fullmatch(name) and not _BARE_IP.fullmatch(name) else ""


def _ident(comments: Sequence[str]) -> str:
    for comment in comments:
        found = _IDENT.search(comment)
        if found:
            return found[1] or found[2]
    return ""
