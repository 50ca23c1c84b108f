"""The scripts of the queue: route, retry and dsn, asked about one entry (SPEC-SMTP sections 8.2 to 8.5).

A script that fails never costs a message: it is routed and retried later, and its sender is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stalwart_g.delivery import facts
from stalwart_g.delivery.facts import Subject, Values
from stalwart_g.delivery.outcome import Deferred, Failed, unfinished
from stalwart_g.delivery.route import BadRoute, Route, route_of
from stalwart_g.directory.interface import Directory
from stalwart_g.green.dns import Mx, Resolver
from stalwart_g.green.state import State
from stalwart_g.policy.decision import Decision
from stalwart_g.policy.engine import PolicyEngine
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.slots import Slots
from stalwart_g.queue.entry import Entry, RecipientRecord
from stalwart_g.queue.notices import Event, kind_of
from stalwart_g.queue.schedule import expires_at
from stalwart_g.queue.settle import NO_ADVICE, Retry, outcome_of

log = logging.getLogger(__name__)

_HINTS = ("via", "tls.level", "skip.host")


@dataclass(frozen=True, slots=True)
class Held:
    """The route script wants the recipient kept: until somebody releases it, or until a time."""

    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class ReportAdvice:
    """What the dsn script said: nothing at all when ``send`` is false."""

    send: bool = True
    ret: str = ""
    to: str = ""


def subject_of(entry: Entry) -> Subject:
    """The entry, as facts are made of it."""
    return Subject(
        entry.queue_id, entry.reverse_path, entry.parameters, entry.origin, entry.notes, entry.message_id, entry.size,
        entry.created,
    )  # fmt: skip


class _Destination:
    """What the DNS says of a recipient's domain; asked once, when a script wants to know."""

    __slots__ = ("_domain", "_mx", "_resolver")

    def __init__(self, resolver: Resolver, domain: str) -> None:
        self._resolver, self._domain = resolver, domain
        self._mx: Mx | None = None

    def values(self) -> Values:
        return {"dest.mx": self._names, "dest.nullmx": self._is_null, "dest.secure": self._is_secure}

    def _names(self) -> tuple[str, ...]:
        return tuple(host.name for host in self._answer().hosts)

    def _is_null(self) -> bool:
        return self._answer().status == "null"

    def _is_secure(self) -> bool:
        return self._answer().secure

    def _answer(self) -> Mx:
        if self._mx is None:
            self._mx = self._resolver.mx(self._domain)
        return self._mx


class Stages:
    """Asks the policy."""

    def __init__(
        self,
        policy: PolicyEngine,
        directory: Directory,
        resolver: Resolver,
        state: State,
        clock: Callable[[], float],
    ) -> None:
        self._policy, self._directory, self._resolver = policy, directory, resolver
        self._state, self._clock = state, clock

    def slots(self) -> Slots:
        """For the slots that route scripts take; to be closed at the end of the attempt."""
        return Slots(self._state)

    def route(self, entry: Entry, recipient: RecipientRecord, slots: Slots) -> Route | Held | Deferred | Failed:
        """Where it goes in this attempt, or why it goes nowhere."""
        values = {**self._history(recipient), **_Destination(self._resolver, recipient.domain).values()}
        decision = self._run("route", entry, recipient, values, slots)
        if decision.error is not None:
            return Deferred(status="4.3.0", text="The route script failed", stage="route", error="script")
        if decision.reply is not None:
            return unfinished(decision.reply, stage="route")
        if decision.verdict == "hold":
            return Held(decision.hold_reason or "held by the route script", decision.hold_until)
        try:
            return route_of(decision.params, recipient.hints)
        except BadRoute as error:
            return Deferred(status="4.3.5", text=str(error), stage="route", error="script")

    def retry(self, entry: Entry, recipient: RecipientRecord, outcome: Deferred | Failed) -> Retry:
        """What follows from an attempt that did not end well."""
        values = {**facts.of_attempt(outcome), **self._counts(entry, recipient)}
        decision = self._run_safely("retry", entry, recipient, values)
        if decision is None:
            return NO_ADVICE
        params = decision.params
        return Retry(
            kind=str(params.get("class") or ""),
            wait_seconds=_positive(params.get("in")),
            give_up=bool(params.get("giveup")),
            expires_seconds=_positive(params.get("expires")),
            notify=bool(params.get("notify")),
            hints={name: str(params[name]) for name in _HINTS if params.get(name)},
        )

    def report(self, entry: Entry, events: Sequence[Event]) -> ReportAdvice:
        """Whether and how the sender is told."""
        values: Values = {"dsn.kind": kind_of(events), "dsn.recipients": len(events)}
        decision = self._run_safely("dsn", entry, None, values)
        if decision is None:
            return ReportAdvice()
        params = decision.params
        send = bool(params.get("send", True)) and decision.verdict != "discard"
        return ReportAdvice(send, str(params.get("ret") or ""), str(params.get("to") or ""))

    def _run(
        self,
        stage: str,
        entry: Entry,
        recipient: RecipientRecord | None,
        values: Values,
        slots: Slots | None = None,
    ) -> Decision:
        merged: dict[str, Any] = {**facts.of_subject(subject_of(entry), self._clock()), "stage": stage}
        if recipient is not None:
            merged |= facts.of_recipient(recipient.recipient, self._directory)
        merged |= values
        return self._policy.run(
            stage, Facts(merged), notes=entry.notes, slots=slots, session_id=entry.origin.session,
            queue_id=entry.queue_id,
        )  # fmt: skip

    def _run_safely(
        self, stage: str, entry: Entry, recipient: RecipientRecord | None, values: Values
    ) -> Decision | None:
        """For stages that come after an outcome: whatever goes wrong now must not make us forget that."""
        try:
            decision = self._run(stage, entry, recipient, values)
        except Exception:
            log.exception("queue=%s stage=%s failed", entry.queue_id, stage)
            return None
        return None if decision.error is not None else decision

    @staticmethod
    def _history(recipient: RecipientRecord) -> Mapping[str, Any]:
        """What the route stage knows of the attempt before."""
        last = (
            facts.of_attempt(outcome_of(recipient.last))
            if recipient.last
            else {"attempt.host": "", "attempt.error": ""}
        )
        return {**last, "attempt.count": recipient.attempts - 1}

    def _counts(self, entry: Entry, recipient: RecipientRecord) -> Mapping[str, Any]:
        return {
            "attempt.count": recipient.attempts,
            "attempt.age": int(self._clock() - entry.first_due),
            "rcpt.expires": int(expires_at(entry, recipient)),
            "notify.sent": recipient.notices,
        }


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
