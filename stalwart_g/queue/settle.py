"""What an outcome means for a recipient: over, again later, or given up (SPEC-SMTP sections 5.2, 5.9). Plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
) -> str:
    """Write the outcome into the recipient.

    Args:
        ladder: seconds to wait after so many attempts.

    Returns:
        what there is to tell the sender: an action of RFC 3464, or nothing.
    """
    recipient.last = last_reply(outcome)
    if isinstance(outcome, Delivered):
        recipient.state = State.COMPLETED
        return "" if outcome.passed_on else outcome.action
    if retry.expires_seconds is not None:
        recipient.expires = entry.first_due + retry.expires_seconds
    is_final = isinstance(outcome, Failed) if not retry.kind else retry.kind == "perm"
    if is_final or retry.give_up:
        recipient.state = State.FAILED
        return "failed"
    wait = ladder(recipient.attempts) if retry.wait_seconds is None else retry.wait_seconds
    recipient.state, recipient.due = State.SCHEDULED, now + max(1.0, wait)
    recipient.hints = dict(retry.hints)
    if now >= expires_at(entry, recipient):
        expire(recipient)
        return "failed"
    return "delayed" if retry.notify else ""


def expire(recipient: RecipientRecord) -> None:
    """Its time is over: it fails with what was heard last."""
    last = recipient.last
    heard = f"; the last answer was: {last.code} {last.status} {last.text}" if last else ""
    recipient.state = State.FAILED
    recipient.last = last_reply(
        Failed(
            code=550, status=EXPIRED, text=f"Not delivered in time{heard}", stage=last.stage if last else "route",
            error=last.error if last else "", host=last.host if last else "",
        )
    )  # fmt: skip


def postpone(recipient: RecipientRecord, due: float) -> None:
    """The attempt did not take place."""
    recipient.state, recipient.due = State.SCHEDULED, due
    recipient.attempts -= 1


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
