"""reject and ereject (RFC 5429): refuse a mail, by a message of its own or rather within SMTP."""

from __future__ import annotations

from sieve.actions import Reject
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("reject", "RFC 5429 section 2.2")
ereject_extension = Extension("ereject", "RFC 5429 section 2.1")


@extension.command(Param("reason"))
def reject(run: Run, reason: str) -> None:
    run.add(Reject(reason=reason))


@ereject_extension.command(Param("reason"))
def ereject(run: Run, reason: str) -> None:
    run.add(Reject(reason=reason, extended=True))
