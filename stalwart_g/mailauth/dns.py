"""What the checks ask of the DNS, and answers that are in memory.

The resolver of ``green`` fits as it is. Whoever asks hands in all questions that do not depend on each other in one
call, so that they are on their way at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Question = tuple[str, str]
"""A name and a record type: ``("example.org", "TXT")``."""


class Answer(Protocol):
    """What a question came to."""

    @property
    def status(self) -> str:
        """``ok``, ``nxdomain`` (no such name), ``nodata`` (no such record), ``servfail`` or ``timeout``."""

    @property
    def records(self) -> tuple[str, ...]:
        """Text, as ``green.dns`` has it: strings of TXT joined, ``10 mx.example.org``, names without the last dot."""

    @property
    def temporary(self) -> bool:
        """Another time the answer may be a different one."""

    @property
    def secure(self) -> bool:
        """Vouched for by DNSSEC."""


class Dns(Protocol):
    """Answers questions, and waits for as long as that takes. No call raises: what goes wrong is a status."""

    def query_all(self, questions: Sequence[Question], /) -> Sequence[Answer]:
        """Ask several questions at the same time; answers in the same order."""


@dataclass(frozen=True, slots=True)
class Known:
    """An answer in memory."""

    status: str
    records: tuple[str, ...] = ()
    secure: bool = False

    @property
    def temporary(self) -> bool:
        return self.status in ("servfail", "timeout")


class Zone:
    """A DNS in memory: for tests, and to decide again with the answers of that time.

    Args:
        records: what is there; names in any case of letters, with or without the last dot.
        failing: names for which no server answers.
    """

    def __init__(self, records: Mapping[Question, Sequence[str]], failing: Collection[str] = ()) -> None:
        self._records = {(_plain(name), kind): tuple(values) for (name, kind), values in records.items()}
        self._names = {parent for name, _ in self._records for parent in _with_parents(name)}
        self._failing = {_plain(name) for name in failing}

    def query_all(self, questions: Sequence[Question], /) -> list[Known]:
        return [self._answer(_plain(name), kind) for name, kind in questions]

    def _answer(self, name: str, kind: str) -> Known:
        if name in self._failing:
            return Known("timeout")
        found = self._records.get((name, kind))
        if found:
            return Known("ok", found)
        return Known("nodata" if name in self._names else "nxdomain")


def _plain(name: str) -> str:
    return name.removesuffix(".").lower()


def _with_parents(name: str) -> list[str]:
    """A name that has no records exists as well when there are names below it (RFC 8020)."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]
