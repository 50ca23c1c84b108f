"""What an outcome means for a recipient: over, again later, or given up (SPEC-SMTP sections 5.2, 5.9). Plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec import structs

from stalwart_g.delivery.outcome import Deferred, Delivered, Failed, Result
from stalwart_g.queue.entry import Entry, LastReply, RecipientRecord, State
from stalwart_g.queue.schedule import expires_at

EXPIRED = "5.4.7"


@dataclass(frozen=True, slots=True)
class Retry:
    """What the retry script said of an attempt that did not end well.

    Attributes:
        kind: temp or perm, where the script knows better than the reply; empty: as the reply says.
        wait_seconds: None: the ladder.
        expires_seconds: the age at which to give up; None: as it was.
        notify: tell the sender of the delay now.
        hints: for the next attempt (see `delivery.route`).
    """

    kind: str = ""
    wait_seconds: float | None = None
    give_up: bool = False
    expires_seconds: float | None = None
    notify: bool = False
    hints: Mapping[str, str] = field(default_factory=dict)


NO_ADVICE = Retry()


def settle(
    entry: Entry, recipient: RecipientRecord, outcome: Result, retry: Retry, now: float, ladder: Callable[[int], float]
) -> tuple[RecipientRecord, str]:
    """The recipient after an attempt.

    Args:
        ladder: seconds to wait after so many attempts.

    Returns:
        the record, and what there is to tell the sender: an action of RFC 3464, or nothing.
    """
    last = last_reply(outcome)
    if isinstance(outcome, Delivered):
        done = structs.replace(recipient, state=State.COMPLETED, last=last)
        return done, "" if outcome.passed_on else outcome.action
    is_final = isinstance(outcome, Failed) if not retry.kind else retry.kind == "perm"
    if is_final or retry.give_up:
        return structs.replace(recipient, state=State.FAILED, last=last), "failed"
    expires = recipient.expires if retry.expires_seconds is None else entry.first_due + retry.expires_seconds
    wait = ladder(recipient.attempts) if retry.wait_seconds is None else retry.wait_seconds
    waiting = structs.replace(
        recipient, state=State.SCHEDULED, due=now + max(1.0, wait), expires=expires, last=last, hints=dict(retry.hints)
    )
    if now >= expires_at(entry, waiting):
        return expired(waiting), "failed"
    return waiting, "delayed" if retry.notify else ""


def expired(recipient: RecipientRecord) -> RecipientRecord:
    """Its time is over: it fails with what was heard last."""
    last = recipient.last
    heard = f"; the last answer was: {last.code} {last.status} {last.text}" if last else ""
    failed = Failed(
        code=550, status=EXPIRED, text=f"Not delivered in time{heard}", stage=last.stage if last else "route",
        error=last.error if last else "", host=last.host if last else "",
    )  # fmt: skip
    return structs.replace(recipient, state=State.FAILED, last=last_reply(failed))


def postponed(recipient: RecipientRecord, due: float) -> RecipientRecord:
    """The attempt did not take place."""
    return structs.replace(recipient, state=State.SCHEDULED, due=due, attempts=recipient.attempts - 1)


def last_reply(outcome: Result) -> LastReply:
    return LastReply(
        kind=outcome.kind, code=outcome.code, status=outcome.status, text=outcome.text, stage=outcome.stage,
        error=outcome.error, host=outcome.host, mx=outcome.mx, ip=outcome.ip, tls=outcome.tls,
    )  # fmt: skip


def outcome_of(last: LastReply) -> Result:
    """The other way."""
    kind = {"temp": Deferred, "perm": Failed}.get(last.kind, Delivered)
    outcome = kind(
        code=last.code, status=last.status, text=last.text, stage=last.stage, error=last.error, host=last.host,
        mx=last.mx, ip=last.ip, tls=last.tls,
    )  # fmt: skip
    assert isinstance(outcome, Deferred | Delivered | Failed)
    return outcome
