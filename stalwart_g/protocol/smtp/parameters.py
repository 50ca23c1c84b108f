"""Parameters of MAIL and RCPT: a table from keyword to value, field, and the extension that allows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct

from stalwart_g.model.address import Address
from stalwart_g.model.envelope import MailParameters, Recipient
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp import xtext
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.replies import CommandError, bad_parameter

_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})
_BY = re.compile(r"(-?[0-9]{1,9});([NR]T?)", re.IGNORECASE)
_SOLICIT = re.compile(r"[A-Za-z0-9.:_,-]{1,1000}")
_NO_PARAMETERS = MailParameters()

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One keyword. ``read`` turns its value into fields, or raises ValueError."""

    read: Callable[[str], Fields]
    offered: Callable[[Extensions], object]
    needs_value: bool = True
    refusal_code: int = 501  # RFC 5321 section 4.1.1.11 has 555 for what no extension of ours knows


class MailTerms(Struct, frozen=True):
    """What MAIL asked for. HOLDFOR counts from now, and only the session knows the time."""

    parameters: MailParameters = _NO_PARAMETERS
    hold_for_seconds: int | None = None


NO_TERMS = MailTerms()


def mail_terms(text: str, offer: Extensions) -> MailTerms:
    """Read the parameters of MAIL.

    Raises:
        CommandError: unknown (555), not offered, doubled or malformed (501).
    """
    fields = _fields(text, MAIL, offer)
    if not fields:
        return NO_TERMS
    hold_for = fields.pop("hold_for_seconds", None)
    if hold_for is not None and "hold_until" in fields:
        raise bad_parameter("HOLDFOR and HOLDUNTIL exclude each other")
    return MailTerms(MailParameters(**fields), hold_for)


def recipient(address: Address, text: str, offer: Extensions) -> Recipient:
    """A recipient with the parameters of its RCPT.

    Raises:
        CommandError: as ``mail_terms``.
    """
    return Recipient(address, **_fields(text, RCPT, offer)) if text else Recipient(address)


def _fields(text: str, table: Mapping[str, Parameter], offer: Extensions) -> Fields:
    fields: Fields = {}
    seen = set()
    for word in text.split():
        keyword, equals, value = word.partition("=")
        keyword = keyword.upper()
        parameter = table.get(keyword)
        if parameter is None:
            raise CommandError(Reply(555, "5.5.4", f"Unknown parameter {keyword}"))
        if not parameter.offered(offer):
            raise CommandError(Reply(parameter.refusal_code, "5.5.4", f"{keyword} is not offered here"))
        if keyword in seen:
            raise bad_parameter(f"{keyword} is given twice")
        seen.add(keyword)
        try:
            if bool(equals) != parameter.needs_value:
                raise ValueError("value")
            fields |= parameter.read(value)
        except ValueError:
            raise bad_parameter(f"Invalid value for {keyword}") from None
    return fields


def _number(text: str, digits: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > digits:
        raise ValueError(text)
    return int(text)


def _size(value: str) -> Fields:
    return {"size_octets": _number(value, 20)}


def _one_of(field: str, *words: str) -> Callable[[str], Fields]:
    def read(value: str) -> Fields:
        if (word := value.upper()) not in words:
            raise ValueError(value)
        return {field: word}

    return read


def _flag(field: str) -> Callable[[str], Fields]:
    return lambda _: {field: True}


def _envid(value: str) -> Fields:
    if not 1 <= len(value) <= 100:
        raise ValueError(value)
    return {"envid": xtext.decode(value)}


def _by(value: str) -> Fields:
    """RFC 2852: a time that is over makes sense for N (tell me) only, not for R (return)."""
    match = _BY.fullmatch(value)
    if not match or (int(match[1]) <= 0 and match[2][0] in "rR"):
        raise ValueError(value)
    return {"by_seconds": int(match[1]), "by_mode": match[2].upper()}


def _hold_until(value: str) -> Fields:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a date-time of RFC 3339 has a zone")
    return {"hold_until": moment.timestamp()}


def _priority(value: str) -> Fields:
    sign, digits = (-1, value[1:]) if value.startswith("-") else (1, value)
    if (number := _number(digits, 1)) > 9:
        raise ValueError(value)
    return {"priority": sign * number}


def _auth(value: str) -> Fields:
    return {"auth": xtext.decode(value)}


def _solicit(value: str) -> Fields:
    if not _SOLICIT.fullmatch(value):
        raise ValueError(value)
    return {"solicit": value}


def _notify(value: str) -> Fields:
    words = tuple(dict.fromkeys(value.upper().split(",")))
    if words != ("NEVER",) and not _NOTIFY.issuperset(words):
        raise ValueError(value)
    return {"notify": words}


def _orcpt(value: str) -> Fields:
    kind, semicolon, address = value.partition(";")
    kind = kind.lower()
    if not semicolon or not address or len(value) > 500 or kind not in ("rfc822", "utf-8"):
        raise ValueError(value)
    plain = xtext.decode_utf8_address(address) if kind == "utf-8" else xtext.decode(address)
    return {"orcpt": f"{kind};{plain}"}


MAIL: Mapping[str, Parameter] = {
    "SIZE": Parameter(_size, lambda offer: offer.esmtp, refusal_code=555),
    "BODY": Parameter(_one_of("body", "7BIT", "8BITMIME", "BINARYMIME"), lambda offer: offer.esmtp, refusal_code=555),
    "SMTPUTF8": Parameter(_flag("smtputf8"), lambda offer: offer.smtputf8, needs_value=False, refusal_code=555),
    "RET": Parameter(_one_of("ret", "FULL", "HDRS"), lambda offer: offer.dsn),
    "ENVID": Parameter(_envid, lambda offer: offer.dsn),
    "REQUIRETLS": Parameter(_flag("requiretls"), lambda offer: offer.requiretls, needs_value=False),
    "BY": Parameter(_by, lambda offer: offer.deliver_by_seconds is not None),
    "HOLDFOR": Parameter(
        lambda value: {"hold_for_seconds": _number(value, 9)}, lambda offer: offer.future_release_seconds
    ),
    "HOLDUNTIL": Parameter(_hold_until, lambda offer: offer.future_release_seconds),
    "MT-PRIORITY": Parameter(_priority, lambda offer: offer.mt_priority),
    "AUTH": Parameter(_auth, lambda offer: offer.mechanisms, refusal_code=555),
    "SOLICIT": Parameter(_solicit, lambda offer: offer.no_soliciting is not None, refusal_code=555),
}

RCPT: Mapping[str, Parameter] = {
    "NOTIFY": Parameter(_notify, lambda offer: offer.dsn),
    "ORCPT": Parameter(_orcpt, lambda offer: offer.dsn),
}
