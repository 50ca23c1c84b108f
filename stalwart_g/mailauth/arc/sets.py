"""The sets that hops added to a message: ARC-Authentication-Results, -Message-Signature, -Seal (RFC 8617 section 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim import signature
from stalwart_g.mailauth.dkim.outcome import Unusable
from stalwart_g.mailauth.dkim.signature import Signature
from stalwart_g.model.errors import Violation

RESULTS, MESSAGE, SEAL = "arc-authentication-results", "arc-message-signature", "arc-seal"
NAMES = (RESULTS, MESSAGE, SEAL)
MAX_SETS = 50
_INSTANCE = re.compile(rb"\s*i\s*=\s*(\d{1,3})\s*(?:;|\Z)")
_TAG = re.compile(rb"(?:\A|;)\s*i\s*=\s*(\d{1,3})\s*(?:;|\Z)")


class ChainBroken(Violation):
    """The sets make no chain, or one of them does not hold."""


@dataclass(frozen=True, slots=True)
class Seal:
    """ARC-Seal. ``chain``: what the hop found before it: ``none``, ``pass`` or ``fail`` (cv=)."""

    algorithm: str
    value: bytes
    domain: str
    selector: str
    chain: str


@dataclass(frozen=True, slots=True)
class ArcSet:
    """What one hop added. Numbers are those of the fields in the message."""

    results_number: int
    message_number: int
    message: Signature
    seal_number: int
    seal: Seal

    @property
    def numbers(self) -> tuple[int, int, int]:
        """In the order in which seals cover them."""
        return self.results_number, self.message_number, self.seal_number


def count(content: Content) -> int:
    """How many fields there are of the kind that has most of them."""
    return max(len(content.numbers(name)) for name in NAMES)


def collect(content: Content) -> list[ArcSet]:
    """All sets, the oldest first.

    Raises:
        ChainBroken: they are not complete, or one cannot be used.
    """
    by_kind = [_by_instance(content, name) for name in NAMES]
    amount = len(by_kind[0])
    if amount > MAX_SETS:
        raise ChainBroken("too many sets")
    if any(sorted(numbers) != list(range(1, amount + 1)) for numbers in by_kind):
        raise ChainBroken("a set is not complete")
    return [_set(content, *(numbers[instance] for numbers in by_kind)) for instance in range(1, amount + 1)]


def _by_instance(content: Content, name: str) -> dict[int, int]:
    find = _INSTANCE.match if name == RESULTS else _TAG.search
    numbers: dict[int, int] = {}
    for number in content.numbers(name):
        found = find(content.fields[number].partition(b":")[2])
        if found is None:
            raise ChainBroken("a field without instance")
        instance = int(found[1])
        if instance in numbers:
            raise ChainBroken("an instance twice")
        numbers[instance] = number
    return numbers


def _set(content: Content, results_number: int, message_number: int, seal_number: int) -> ArcSet:
    try:
        message = _message(content.fields[message_number])
        seal = _seal(content.fields[seal_number])
    except Unusable as error:
        raise ChainBroken(error.reason) from error
    return ArcSet(results_number, message_number, message, seal_number, seal)


def _message(field: bytes) -> Signature:
    """ARC-Message-Signature (section 4.1.2): as DKIM-Signature, but for v= and i=."""
    found = signature.field_tags(field)
    domain = signature.domain_of(found)
    message = signature.read(found, domain, f"@{domain}")
    if SEAL in message.headers:
        raise Unusable("a message signature covers a seal")
    return message


def _seal(field: bytes) -> Seal:
    """ARC-Seal (section 4.1.3)."""
    found = signature.field_tags(field)
    if "h" in found:
        raise Unusable("a seal that names fields")
    return Seal(
        algorithm=signature.algorithm_of(found),
        value=signature.base64_of(found, "b"),
        domain=signature.domain_of(found),
        selector=signature.selector_of(found),
        chain=signature.required(found, "cv").lower(),
    )
