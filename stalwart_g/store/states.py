"""State strings: where a client is in the change log of one type of objects (SPEC-STORE section 1.13). Does no I/O.

``n``: nothing yet. ``s``: a change. ``r``: in the middle of an answer that was too long: from, to, items already sent.
The numbers are written in groups of 7 bits (LEB128), these in base 32.
"""

from __future__ import annotations

from dataclasses import dataclass

from stalwart_g.store.refusals import CannotCalculate

_ALPHABET = "abcdefghijklmnopqrstuvwxyz792013"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class State:
    """``sent`` items of what changed after ``since``, up to ``to``, are known; outside of an answer both are equal."""

    since: int
    to: int
    sent: int = 0

    def __str__(self) -> str:
        if self.since != self.to:
            return "r" + _text([self.since, self.to, self.sent])
        return "s" + _text([self.to]) if self.to else "n"


def at(change: int) -> State:
    return State(change, change)


def parse(text: str) -> State:
    """Raises: CannotCalculate"""
    if text == "n":
        return at(0)
    numbers = _numbers(text[1:]) if len(text) <= _LONGEST else []
    if text[:1] == "s" and len(numbers) == 1 and numbers[0]:
        return at(numbers[0])
    if text[:1] == "r" and len(numbers) == 3 and numbers[0] < numbers[1] and numbers[2]:
        return State(*numbers)
    raise CannotCalculate(f"{text[:_LONGEST]!r} is no state")


def _text(numbers: list[int]) -> str:
    octets = bytearray()
    for number in numbers:
        while number > 0x7F:
            octets.append(number & 0x7F | 0x80)
            number >>= 7
        octets.append(number)
    value, letters = int.from_bytes(octets, "big"), -(-len(octets) * 8 // 5)
    value <<= letters * 5 - len(octets) * 8
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(letters)))


def _numbers(text: str) -> list[int]:
    """Empty where they make no sense."""
    if not all(letter in _VALUES for letter in text):
        return []
    value, spare = 0, len(text) * 5 % 8
    for letter in text:
        value = value << 5 | _VALUES[letter]
    numbers, number, shift = [], 0, 0
    for octet in (value >> spare).to_bytes(len(text) * 5 // 8, "big"):
        number |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            numbers.append(number)
            number = shift = 0
    found = [] if shift else numbers
    return found if found and _text(found) == text else []
