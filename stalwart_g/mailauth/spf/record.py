"""The record that says who may send for a domain (RFC 7208 sections 4.5 to 6 and 12)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from stalwart_g.mailauth.spf.macros import MacroError, MacroString, domain_spec, macro_string

Mechanism = Literal["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"]
TermResult = Literal["pass", "fail", "softfail", "neutral"]

_QUALIFIERS: dict[str, TermResult] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_WITH_DOMAIN: dict[str, Mechanism] = {"include": "include", "exists": "exists"}
_WITH_PREFIXES: dict[str, Mechanism] = {"a": "a", "mx": "mx"}
_NETWORKS: dict[str, Mechanism] = {"ip4": "ip4", "ip6": "ip6"}
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"([-+?~]?)([A-Za-z][A-Za-z0-9_.-]*)(.*)", re.DOTALL)
_PREFIXES = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?$", re.ASCII)
_PREFIX = re.compile(r"0|[1-9]\d{0,2}", re.ASCII)
_CACHED_CHARACTERS = 2048


class RecordError(ValueError):
    """The record breaks the grammar: the result is ``permerror``. The text names the term."""


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism, with the result that it stands for when it matches.

    Attributes:
        text: as it was written.
        target: the name that it is about; None: the domain itself.
        prefix4, prefix6: so many leading bits of an address must agree.
        network: of ip4 and ip6, as a number.
    """

    text: str
    result: TermResult
    mechanism: Mechanism
    target: MacroString | None = None
    prefix4: int = 32
    prefix6: int = 128
    network: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A record that keeps to the grammar."""

    text: str
    terms: tuple[Term, ...]
    redirect: MacroString | None = None
    explanation: MacroString | None = None


def is_record(text: str) -> bool:
    """Whether a TXT record is about SPF: its version says so."""
    return text[:6].lower() == "v=spf1" and text[6:7] in ("", " ")


def choose(texts: Iterable[str]) -> list[str]:
    """Those of a name's TXT records that are about SPF; there should be one."""
    return [text for text in texts if is_record(text)]


def parse(text: str) -> Record:
    """Read a record.

    Raises:
        RecordError
    """
    return _parse_cached(text) if len(text) <= _CACHED_CHARACTERS else _parse(text)


def _parse(text: str) -> Record:
    if not is_record(text):
        raise RecordError("no SPF record")
    terms: list[Term] = []
    modifiers: dict[str, MacroString] = {}
    for word in text[6:].split(" "):
        if word:
            try:
                _read_word(word, terms, modifiers)
            except (MacroError, RecordError) as error:
                raise RecordError(f"{error} in {word!r}") from None
    return Record(text, tuple(terms), modifiers.get("redirect"), modifiers.get("exp"))


_parse_cached = lru_cache(maxsize=2048)(_parse)


def _read_word(word: str, terms: list[Term], modifiers: dict[str, MacroString]) -> None:
    if modifier := _MODIFIER.fullmatch(word):
        name, value = modifier[1].lower(), modifier[2]
        if name not in ("redirect", "exp"):
            macro_string(value)
        elif name in modifiers:
            raise RecordError("second of its kind")
        else:
            modifiers[name] = domain_spec(value)
    elif directive := _DIRECTIVE.fullmatch(word):
        terms.append(_term(word, _QUALIFIERS[directive[1] or "+"], directive[2].lower(), directive[3]))
    else:
        raise RecordError("no mechanism")


def _term(word: str, result: TermResult, name: str, rest: str) -> Term:
    if name == "all":
        return Term(word, result, "all") if not rest else _refuse("nothing may follow")
    if name in _WITH_DOMAIN:
        return Term(word, result, _WITH_DOMAIN[name], domain_spec(_argument(rest)))
    if name == "ptr":
        return Term(word, result, "ptr", domain_spec(_argument(rest)) if rest else None)
    if name in _WITH_PREFIXES:
        return _address_term(word, result, _WITH_PREFIXES[name], rest)
    if name in _NETWORKS:
        return _network_term(word, result, _NETWORKS[name], _argument(rest))
    raise RecordError("unknown mechanism")


def _refuse(problem: str) -> Term:
    raise RecordError(problem)


def _argument(rest: str) -> str:
    if not rest.startswith(":"):
        raise RecordError("no argument")
    return rest[1:]


def _address_term(word: str, result: TermResult, name: Mechanism, rest: str) -> Term:
    prefixes = _PREFIXES.search(rest)
    assert prefixes is not None  # it matches the empty text as well
    prefix4, prefix6 = int(prefixes[1] or 32), int(prefixes[2] or 128)
    if prefix4 > 32 or prefix6 > 128:
        raise RecordError("prefix too long")
    rest = rest[: prefixes.start()]
    return Term(word, result, name, domain_spec(_argument(rest)) if rest else None, prefix4, prefix6)


def _network_term(word: str, result: TermResult, name: Mechanism, text: str) -> Term:
    address, slash, prefix = text.partition("/")
    bits = 32 if name == "ip4" else 128
    if slash and (not _PREFIX.fullmatch(prefix) or int(prefix) > bits):
        raise RecordError("no prefix length")
    length = int(prefix) if slash else bits
    try:
        if "%" in address:
            raise RecordError("no address")
        number = int(IPv4Address(address)) if name == "ip4" else int(IPv6Address(address))
    except ValueError:
        raise RecordError("no address") from None
    return Term(word, result, name, None, length, length, number >> (bits - length))
