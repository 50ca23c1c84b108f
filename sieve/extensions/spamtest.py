"""spamtest, spamtestplus and virustest (RFC 5235): what the server's filters think of a mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sieve.message import Message
from sieve.runtime import Run
from sieve.spec import Extension, Matching

extension = Extension("spamtest", "RFC 5235")
plus_extension = Extension("spamtestplus", "RFC 5235", implies=("spamtest",))
virus_extension = Extension("virustest", "RFC 5235")
plus_extension.tag("percent", "spamtest")


@dataclass(frozen=True, slots=True)
class SpamScore:
    """A question: how sure is it that this is spam, from 0 to 100? The answer is a number; None: nobody has looked.

    ``message`` is as it came, for those whose filter leaves its mark in the header.
    """

    message: Message


@dataclass(frozen=True, slots=True)
class VirusState:
    """A question: 1 clean, 2 cured, 3 perhaps cured, 4 perhaps infected, 5 infected; None: nobody has looked."""

    message: Message


class _Untested(str):
    """The value of what nobody has looked at; it does not count."""

    __slots__ = ()


_UNTESTED = _Untested("0")


def _count(values: Sequence[str]) -> int:
    return sum(not isinstance(value, _Untested) for value in values)


@extension.values(matching=Matching(count=_count))
def spamtest(run: Run, *, percent: bool = False) -> Sequence[str]:
    """0 untested, 1 clean to 10 spam; with ``:percent`` 0 to 100 (sections 3.1 and 3.2)."""
    score = run.host.ask(SpamScore(run.message.message))
    if not isinstance(score, int | float):
        return (_UNTESTED,)
    score = min(max(score, 0), 100)
    return (str(int(score)) if percent else str(1 + int(score * 9 / 100)),)


@virus_extension.values(matching=Matching(count=_count))
def virustest(run: Run) -> Sequence[str]:
    """0 untested, 1 clean to 5 infected (section 3.3)."""
    state = run.host.ask(VirusState(run.message.message))
    return (str(min(max(state, 1), 5)),) if isinstance(state, int) else (_UNTESTED,)
