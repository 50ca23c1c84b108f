"""vacation (RFC 5230) and vacation-seconds (RFC 6131): answer that one is away. Here the action; ``silence`` says when
it is better not to answer, ``reply`` writes the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sieve import addresses as syntax
from sieve.actions import Action, FileInto
from sieve.errors import ScriptError
from sieve.extensions.fcc import copy_in
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("vacation", "RFC 5230")
seconds_extension = Extension("vacation-seconds", "RFC 6131", implies=("vacation",))

_DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacation(Action):
    """Answer the sender, once in a while.

    Attributes:
        reason: the text; with ``mime`` a whole MIME entity.
        subject: None: made from that of the mail.
        sender: who the answer shall be from; empty: the owner of the script.
        addresses: more addresses of the owner.
        seconds: no second answer to the same sender for so long; None: as long as is usual; 0: always answer.
        fcc: where a copy of what is sent goes.
    """

    name = "vacation"
    excludes = frozenset({"vacation"})
    cancels_keep = False
    for_imap_events = False
    reason: str
    subject: str | None = None
    sender: str = ""
    addresses: tuple[str, ...] = ()
    mime: bool = False
    handle: str = ""
    seconds: int | None = None
    fcc: FileInto | None = None

    def __str__(self) -> str:
        return f'vacation "{self.reason}"'

    @property
    def identity(self) -> str:
        """What tells one answer from another: the handle, or all that a reader sees of it (section 4.2)."""
        if self.handle:
            return f"handle:{self.handle}"
        shown = repr((self.reason, self.subject, self.sender, self.mime))
        return f"hash:{hashlib.sha256(shown.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _sender(text: str) -> str:
    return "" if syntax.mailbox(text) else f"the :from address '{text}' is invalid"


def _own(text: str) -> str:
    return "" if syntax.mailbox(text) else f"address '{text}' is invalid"


extension.tag("days", "vacation", param=Param("days", "number"))
extension.tag("subject", "vacation", param=Param("subject"))
extension.tag("from", "vacation", keyword="sender", param=Param("address", check=_sender))
extension.tag("addresses", "vacation", param=Param("addresses", "texts", check=_own))
extension.tag("mime", "vacation")
extension.tag("handle", "vacation", param=Param("handle"))
seconds_extension.tag("seconds", "vacation", param=Param("seconds", "number"))


@extension.command(Param("reason"), traits=["fcc"])
def vacation(
    run: Run,
    reason: str,
    *,
    days: int | None = None,
    seconds: int | None = None,
    subject: str | None = None,
    sender: str = "",
    addresses: Sequence[str] = (),
    mime: bool = False,
    handle: str = "",
    fcc: str | None = None,
    **copy: Any,
) -> None:
    """Answer, and go on: the mail is kept as it would be without (section 4.7). A second one is an error."""
    if sender and (fault := _sender(sender)):
        raise ScriptError(f"vacation: {fault}")
    run.add(
        Vacation(
            reason=reason,
            subject=subject,
            sender=sender,
            addresses=tuple(filter(None, map(syntax.mailbox, addresses))),
            mime=mime,
            handle=handle,
            seconds=max(days, 1) * _DAY if days is not None else seconds,
            fcc=copy_in(fcc, **copy),
        )
    )


@seconds_extension.check("vacation")
def _one_period(site: Site) -> None:
    if {"days", "seconds"} <= site.use.tags.keys():
        site.report("the vacation command takes ':days' or ':seconds', not both", "tag", at="seconds")
