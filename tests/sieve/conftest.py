"""A world in a few lines: a message, a host that answers from dictionaries, and one function that runs a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from sieve import USER, Dialect, Host, Result, compile_text
from sieve.message import parse

MESSAGE = b"""From: Ann <ann@example.org>\r
To: Bob <bob+lists@example.net>, carol@example.com\r
Subject: [ops] Disk full on web-1\r
Date: Mon, 20 Jul 2009 13:55:41 +0200\r
Received: from c by d; Tue, 21 Jul 2009 10:00:00 +0000\r
Received: from b by c; Mon, 20 Jul 2009 23:30:00 -0700\r
X-Empty:\r
\r
The disk is full.\r
"""


class DictHost(Host):
    """Answers from what the test gave it."""

    def __init__(
        self,
        *,
        items: Mapping[str, str | Sequence[str]] | None = None,
        envelope: Mapping[str, Sequence[str]] | None = None,
        mailboxes: Sequence[str] = (),
        scripts: Mapping[tuple[str, str], str] | None = None,
        cpu: Sequence[float] = (),
    ) -> None:
        self.items, self.parts, self.mailboxes = items or {}, envelope or {}, mailboxes
        self.scripts, self.cpu = scripts or {}, list(cpu)
        self.breaths = 0

    def environment(self, name: str) -> str | Sequence[str] | None:
        return self.items.get(name)

    def envelope(self, part: str) -> Sequence[str]:
        return self.parts.get(part, ())

    def mailbox_exists(self, name: str) -> bool:
        return name in self.mailboxes

    def now(self) -> tuple[float, int]:
        return 1248097000.0, 60

    def include(self, location: str, name: str) -> tuple[str, str] | None:
        source = self.scripts.get((location, name))
        return None if source is None else (f"{location}/{name}", source)

    def cpu_seconds(self) -> float:
        return self.cpu.pop(0) if self.cpu else 0.0

    def breathe(self) -> None:
        self.breaths += 1


Decide = Callable[..., Result]


@pytest.fixture
def decide() -> Decide:
    """Run a script in both variants, which must agree, and return the result of the traced one."""

    def run(source: str, octets: bytes = MESSAGE, dialect: Dialect = USER, **world: object) -> Result:
        script = compile_text(source, "test", dialect)
        plain = script.run(parse(octets), DictHost(**world))  # type: ignore[arg-type]
        traced = script.run(parse(octets), DictHost(**world), traced=True)  # type: ignore[arg-type]
        assert (plain.actions, str(plain.error)) == (traced.actions, str(traced.error))
        return traced

    return run


@pytest.fixture
def holds(decide: Decide) -> Callable[..., bool]:
    """Is a test true? ``holds(test, requires, before)``: what is required, and commands before it."""

    def run(test: str, *requires: str, before: str = "", **more: object) -> bool:
        needed = "".join(f'require "{name}";' for name in requires)
        result = decide(f"{needed}{before} if {test} {{ discard; }}", **more)
        assert result.error is None
        return [action.name for action in result.actions] == ["discard"]

    return run
