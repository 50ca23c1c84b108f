"""Gets queued mail on its way: leases what is due, asks for routes, lets couriers deliver, writes the outcome down.

An attempt is durable before it starts, and what follows from its outcome (a report, a redirect) is written in the same
batch as the outcome itself, so that a crash at any moment neither loses nor doubles it. Where nothing follows, and the
attempt may be repeated (a local delivery knows what it has stored), the end of a message shares the next commit.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, repeat
from typing import TypeVar

from msgspec import structs

from sieve.message import parse
from stalwart_g.delivery.local import Letter, LocalCourier
from stalwart_g.delivery.outcome import Deferred, Delivered, Failed, Result
from stalwart_g.delivery.remote import RemoteCourier
from stalwart_g.delivery.route import Route
from stalwart_g.green import tasks
from stalwart_g.model import errors
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope
from stalwart_g.model.mail import SERVER_KINDS, NewMail
from stalwart_g.observe import contextids, maillog
from stalwart_g.queue.entry import Entry, RecipientRecord, State, members_of
from stalwart_g.queue.jobs import Job, Outcomes, Round
from stalwart_g.queue.lanes import Crew, Lane, Rest
from stalwart_g.queue.notices import Event
from stalwart_g.queue.reports import Reporter
from stalwart_g.queue.schedule import expires_at, notices_due, wait_seconds
from stalwart_g.queue.settings import Lane as LaneSettings
from stalwart_g.queue.settings import QueueSettings
from stalwart_g.queue.settle import NO_ADVICE, expired, outcome_of, postponed, settle
from stalwart_g.queue.spool import Lease, Spool, unattended
from stalwart_g.queue.stages import Held, Stages, subject_of

log = logging.getLogger(__name__)

T = TypeVar("T")

_LEASES_AT_A_TIME = 50
_SHORTEST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.01, 60.0
_FULL_LANE_SECONDS = 30.0
_FAILED_SECONDS = 300.0
_FORGET_SECONDS, _FORGET_AGAIN_SECONDS = 0.05, 1.0
_SAVE_AGAIN_SECONDS = (0.1, 1.0, 5.0, 30.0)
_RECIPIENTS_A_JOB = 100
_TO_ACCOUNT = Route("local")
_DISCARDED = Delivered(text="discarded", stage="route")
_PLANNERS = LaneSettings(workers=_LEASES_AT_A_TIME, per_destination=_LEASES_AT_A_TIME)


class Runner:
    """One spool's deliveries."""

    def __init__(
        self,
        spool: Spool,
        stages: Stages,
        local: LocalCourier,
        remote: RemoteCourier,
        settings: QueueSettings,
    ) -> None:
        self._spool, self._stages, self._local, self._remote = spool, stages, local, remote
        self._settings, self._clock = settings, spool.clock
        self._reporter = Reporter(stages, settings, spool.clock)
        self._crew = Crew("queue")
        self._planning = Lane("plan", _PLANNERS, self._crew, is_counted=False)
        self._lanes = {name: Lane(name, limits, self._crew) for name, limits in settings.lanes.items()}
        self._work, self._ended = tasks.Event(), tasks.Event()
        self._dice = random.Random()  # noqa: S311
        self._tasks: list[tasks.Task[None] | tasks.Repeated] = []

    def start(self) -> None:
        """Begin, with what is in the spool."""
        self._spool.on_work = self._work.set
        self._spool.on_lease, self._spool.eager_max = self._begin, self._settings.active_max // 2
        self._tasks = [
            tasks.spawn(self._dispatch, name="queue"),
            tasks.spawn(self._forget, name="queue ends"),
            tasks.every(self._settings.request_poll_seconds, self._spool.obey),
        ]

    def stop(self, grace_seconds: float = 10.0) -> None:
        """Begin nothing more; attempts that go on have so much time, then they count as broken off."""
        self._spool.on_lease, self._spool.eager_max = unattended, 0
        for task in self._tasks:
            task.cancel() if isinstance(task, tasks.Repeated) else task.kill()
        stopping = [tasks.spawn(lane.stop, grace_seconds) for lane in (self._planning, *self._lanes.values())]
        for task in stopping:
            task.join(grace_seconds + 1.0)
        self._crew.stop()
        self._forget_now()
        self._remote.close()

    # What is due

    def _dispatch(self) -> None:
        while True:
            self._work.clear()
            try:
                self._lease()
            except errors.Deferred as error:
                maillog.unavailable(stage="queue", error=str(error))
            wait = self._spool.next_due() - self._clock() if self._room() > 0 else _LONGEST_WAIT_SECONDS
            self._work.wait(min(max(wait, _SHORTEST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS))

    def _lease(self) -> None:
        while (room := self._room()) > 0 and (leases := self._spool.lease(min(room, _LEASES_AT_A_TIME))):
            for lease in leases:
                self._begin(lease)

    def _begin(self, lease: Lease) -> None:
        self._planning.put("", partial(self._plan, lease))

    def _room(self) -> int:
        return self._settings.active_max - self._spool.active

    # One message

    def _plan(self, lease: Lease) -> Rest | None:
        """Recipients whose time is over, notices that are due, and jobs for all others.

        The first job, which is mostly the only one, is returned, to be begun where it was planned.
        """
        attempts = Round(lease, self._stages.slots())
        jobs = self._guarded(lease, range(lease.entry.count), partial(self._jobs, attempts)) or []
        for job in jobs[1:]:
            self._hand_over(job)
        first = self._begun(jobs[0]) if jobs else None
        attempts.end()
        return first

    def _look_at_times(self, lease: Lease) -> None:
        """Ends and delays of the recipients that are not attempted now."""
        entry, now = lease.entry, self._clock()
        changes: dict[int, RecipientRecord] = {}
        events: list[Event] = []
        due = notices_due(entry, now, self._settings.schedule)
        for index in entry.in_state(State.SCHEDULED):
            recipient = entry.recipients[index]
            if recipient.attempts and now >= expires_at(entry, recipient):
                changes[index] = expired(recipient)
                events.append(Event(changes[index], "failed"))
                maillog.failed(**_told(entry, recipient), reply=_last(changes[index]))
            elif recipient.attempts and due > recipient.notices:
                changes[index] = structs.replace(recipient, notices=due)
                events.append(Event(changes[index], "delayed"))
        if changes or not entry.in_state(State.ATTEMPTING):
            self._save(lease, changes, self._reports(lease, events))

    def _jobs(self, attempts: Round) -> list[Job]:
        """The recipients to attempt, by equal routes; where the domain decides, also by domain."""
        lease, entry = attempts.lease, attempts.lease.entry
        attempted = entry.in_state(State.ATTEMPTING)
        if len(attempted) < entry.count:
            self._look_at_times(lease)
        groups: dict[tuple[Route, str], list[int]] = {}
        outcomes: dict[int, Result] = {}
        held: dict[int, RecipientRecord] = {}
        for index in attempted:
            recipient = entry.recipients[index]
            found = _TO_ACCOUNT if recipient.account else self._stages.route(entry, recipient, attempts.slots)
            if isinstance(found, Route):
                groups.setdefault((found, "" if found.is_fixed else recipient.domain), []).append(index)
            elif isinstance(found, Held):
                held[index] = _held(entry, recipient, found)
            else:
                outcomes[index] = found
        if held:
            self._save(lease, held)
        if outcomes:
            self._settle(lease, Outcomes(outcomes))
        return [
            Job(attempts, route, tuple(indexes[start : start + _RECIPIENTS_A_JOB]))
            for (route, _), indexes in groups.items()
            for start in range(0, len(indexes), _RECIPIENTS_A_JOB)
        ]

    def _begun(self, job: Job) -> Rest | None:
        """The attempt with a place in its lane, or nothing if it must wait for one."""
        lane, destination = self._place(job)
        begun = lane.begin(destination, partial(self._run, job), job.route.parallel_max)
        if begun is None:
            self._hand_over(job)
            return None
        job.round.begin()
        return begun

    def _hand_over(self, job: Job) -> None:
        lane, destination = self._place(job)
        if lane.is_full:
            self._give_back(job.lease, job.indexes, _FULL_LANE_SECONDS)
            return
        job.round.begin()
        lane.put(destination, partial(self._run, job), job.route.parallel_max)

    def _place(self, job: Job) -> tuple[Lane, str]:
        """The lane of a job, and its destination."""
        entry, route = job.lease.entry, job.route
        destination = route.kind if route.is_local else route.target or job.recipients[0].domain
        return self._lane(route.lane or entry.lane or _usual_lane(entry, route)), destination

    def _lane(self, name: str) -> Lane:
        if name not in self._lanes:
            self._lanes[name] = Lane(name, LaneSettings(), self._crew)
        return self._lanes[name]

    # One attempt

    def _run(self, job: Job) -> None:
        try:
            self._guarded(job.lease, job.indexes, partial(self._attempt, job))
        finally:
            job.round.end()

    def _attempt(self, job: Job) -> None:
        if job.route.is_nowhere:
            outcomes = Outcomes(dict.fromkeys(job.indexes, _DISCARDED))
        elif job.route.is_local:
            outcomes = self._deliver_here(job, self._spool.octets(job.lease))
        else:
            results = self._remote.deliver(job.route, self._envelope(job), self._spool.octets(job.lease))
            outcomes = Outcomes(dict(zip(job.indexes, results, strict=True)))
        self._settle(job.lease, outcomes, via=job.route)

    def _deliver_here(self, job: Job, octets: bytes) -> Outcomes:
        """Each account of each recipient; where an address has several, each becomes a recipient."""
        entry, message, subject = job.lease.entry, parse(octets), subject_of(job.lease.entry)
        outcomes = Outcomes({})
        for index in job.indexes:
            recipient = entry.recipients[index]
            accounts = (recipient.account,) if recipient.account else self._local.accounts(recipient.address)
            if isinstance(accounts, Deferred | Failed):
                outcomes.by_index[index] = _not_at_once(accounts, recipient)
                continue
            letter = Letter(subject, recipient.recipient, octets, message)
            handled = [self._local.deliver(letter, account) for account in accounts]
            outcomes.mails += [mail for each in handled for mail in each.mails]
            if len(accounts) == 1:
                outcomes.by_index[index] = handled[0].outcome
                continue
            outcomes.by_index[index] = Delivered(action="expanded", text=f"{len(accounts)} mailboxes", stage="route")
            outcomes.members += zip(members_of(recipient, accounts), (each.outcome for each in handled), strict=True)
        return outcomes

    def _envelope(self, job: Job) -> Envelope:
        """As the next server gets it: what is left of a deadline, and the sender as the route wants it."""
        entry = job.lease.entry
        envelope = entry.envelope(list(job.indexes))
        if job.route.rewrite_from and envelope.reverse_path:
            envelope = structs.replace(envelope, reverse_path=Address.of(job.route.rewrite_from))
        by_seconds = envelope.parameters.by_seconds
        if by_seconds is not None:
            left = by_seconds - int(self._clock() - entry.created)
            envelope = structs.replace(envelope, parameters=structs.replace(envelope.parameters, by_seconds=left))
        return envelope

    # What became of it

    def _settle(self, lease: Lease, outcomes: Outcomes, *, via: Route | None = None) -> None:
        known = [(lease.entry.recipients[index], outcome) for index, outcome in outcomes.by_index.items()]
        events = [self._after(lease.entry, *each, via) for each in [*known, *outcomes.members]]
        changed = [event.recipient for event in events]
        changes = dict(zip(outcomes.by_index, changed, strict=False))
        mails = [*self._reports(lease, events), *outcomes.mails]
        ends_here = via is not None and via.is_repeatable and not mails and not outcomes.members
        if ends_here and self._spool.finish(lease, changes):
            self._ended.set()
        else:
            self._save(lease, changes, mails, changed[len(changes) :])

    def _after(self, entry: Entry, recipient: RecipientRecord, outcome: Result, via: Route | None) -> Event:
        """One recipient after its attempt."""
        now = self._clock()
        retry = NO_ADVICE if isinstance(outcome, Delivered) else self._stages.retry(entry, recipient, outcome)
        after, action = settle(entry, recipient, outcome, retry, now, self._ladder)
        _log(entry, after, outcome, via, now)
        return Event(after, action)

    def _ladder(self, attempts: int) -> float:
        return wait_seconds(attempts, self._settings.schedule, self._dice)

    def _reports(self, lease: Lease, events: Sequence[Event]) -> list[NewMail]:
        return self._reporter.reports(lease.entry, events, lambda: self._spool.octets(lease))

    def _save(
        self,
        lease: Lease,
        changes: Mapping[int, RecipientRecord],
        mails: Sequence[NewMail] = (),
        added: Sequence[RecipientRecord] = (),
    ) -> None:
        """Until the store has it: forgetting an outcome would repeat what was done."""
        waits = chain(_SAVE_AGAIN_SECONDS, repeat(_SAVE_AGAIN_SECONDS[-1]))
        while True:
            try:
                numbers = self._spool.save(lease, changes, mails, added)
                break
            except errors.Deferred as error:
                maillog.unavailable(stage="queue", error=str(error))
                tasks.sleep(next(waits))
        for number, mail in zip(numbers, mails, strict=True):
            maillog.queued(
                id=number, kind=mail.origin.kind, sender=str(mail.envelope.reverse_path), size=len(mail.octets),
                recipients=[str(recipient.address) for recipient in mail.envelope.recipients],
            )  # fmt: skip

    def _forget(self) -> None:
        """Messages that have ended are forgotten together, unless the commit of a new one has taken them along."""
        while True:
            self._ended.wait()
            self._ended.clear()
            tasks.sleep(_FORGET_SECONDS)
            if not self._forget_now():
                tasks.sleep(_FORGET_AGAIN_SECONDS)
                self._ended.set()

    def _forget_now(self) -> bool:
        try:
            self._spool.forget()
        except errors.Deferred as error:
            maillog.unavailable(stage="queue", error=str(error))
            return False
        return True

    def _give_back(self, lease: Lease, indexes: Sequence[int], seconds: float) -> None:
        """The attempt does not take place now, and does not count."""
        due = self._clock() + seconds
        attempted = [index for index in indexes if lease.entry.recipients[index].state is State.ATTEMPTING]
        self._save(lease, {index: postponed(lease.entry.recipients[index], due) for index in attempted})

    def _guarded(self, lease: Lease, indexes: Sequence[int], step: Callable[[], T]) -> T | None:
        """Something that nobody foresaw costs time, but no mail."""
        entry = lease.entry
        with contextids.bound(queue=entry.queue_id, session=entry.origin.session):
            try:
                return step()
            except errors.Deferred as error:
                maillog.unavailable(stage="queue", error=str(error))
            except Exception:
                log.exception("queue=%s attempt broken off", entry.queue_id)
            self._give_back(lease, indexes, _FAILED_SECONDS)
            return None


def _usual_lane(entry: Entry, route: Route) -> str:
    if route.is_local or route.is_nowhere:
        return "local"
    return "report" if entry.origin.kind in SERVER_KINDS else "remote"


def _held(entry: Entry, recipient: RecipientRecord, held: Held) -> RecipientRecord:
    """Kept until a time, or until somebody releases it."""
    maillog.held(to=str(recipient), reason=held.reason, until=held.until)
    waiting = postponed(recipient, held.until or 0.0)
    if held.until is not None:
        return waiting
    entry.hold_reason = held.reason
    return structs.replace(waiting, state=State.HELD)


def _not_at_once(outcome: Deferred | Failed, recipient: RecipientRecord) -> Deferred | Failed:
    """An account that was there when the mail came in may be back in a moment: a first failure is none."""
    if isinstance(outcome, Deferred) or recipient.attempts > 1:
        return outcome
    return Deferred(code=450, status="4.1.1", text=outcome.text, stage=outcome.stage, error=outcome.error)


def _log(entry: Entry, recipient: RecipientRecord, outcome: Result, via: Route | None, now: float) -> None:
    """One line for each outcome."""
    values = _told(entry, recipient)
    reply = str(outcome.reply)
    if isinstance(outcome, Delivered):
        maillog.delivered(
            **values, via=str(via or ""), host=outcome.host, ip=outcome.ip, tls=outcome.tls, reply=reply,
            seconds=now - entry.created,
        )  # fmt: skip
    elif recipient.state is State.FAILED:
        maillog.failed(
            **values, reply=reply, stage=outcome.stage, error=outcome.error, host=outcome.host, ip=outcome.ip
        )
    else:
        maillog.deferred(
            **values, reply=reply, stage=outcome.stage, error=outcome.error, host=outcome.host, ip=outcome.ip,
            attempts=recipient.attempts, wait_seconds=recipient.due - now,
        )  # fmt: skip


def _told(entry: Entry, recipient: RecipientRecord) -> dict[str, str]:
    return {"sender": str(entry.reverse_path), "recipient": str(recipient), "account": recipient.account}


def _last(recipient: RecipientRecord) -> str:
    return str(outcome_of(recipient.last).reply) if recipient.last else ""
