"""The courier to our own mailboxes: deliver stage, the user's script, and what both decided (SPEC-SMTP section 5.8).

Storing is exactly-once: the key is made of queue id, recipient and account, so an attempt repeated after a crash stores
nothing new. What a script sends on is not sent here but returned; it enters the queue together with the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec import structs

import sieve
from sieve.actions import DeliverBy, Keep, Redirect
from sieve.message import Message, Overlay
from stalwart_g.delivery import facts
from stalwart_g.delivery.answers import SPAM, Answers, duplicate, lists_of
from stalwart_g.delivery.facts import Subject
from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.host import DeliveryHost
from stalwart_g.delivery.outcome import Deferred, Delivered, Failed, Result, unfinished
from stalwart_g.delivery.plan import KEEP, Plan, Store, once, plan_of
from stalwart_g.delivery.scripts import Scripts
from stalwart_g.delivery.settings import LocalSettings
from stalwart_g.delivery.writings import Owner, Writings
from stalwart_g.directory.interface import Directory, Principal
from stalwart_g.model import errors
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.model.mailbox import INBOX
from stalwart_g.observe import maillog
from stalwart_g.policy.decision import Decision
from stalwart_g.policy.engine import PolicyEngine
from stalwart_g.policy.facts import Facts

_UNKNOWN = "No such mailbox here"
_LOOP = Failed(code=554, status="5.4.6", text="Mail loop", stage="deliver", error="reply")
_FULL: dict[str, Deferred | Failed] = {
    "temp": Deferred(code=452, status="4.2.2", text="Mailbox full", stage="deliver", error="quota"),
    "perm": Failed(code=552, status="5.2.2", text="Mailbox full", stage="deliver", error="quota"),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One message for one recipient. ``octets`` is as queued, ``message`` the same, parsed."""

    subject: Subject
    recipient: Recipient
    octets: bytes
    message: Message


@dataclass(frozen=True, slots=True)
class Handled:
    """The outcome, and mails that enter the queue with it."""

    outcome: Result
    mails: tuple[NewMail, ...] = ()


class LocalCourier:
    """Delivers to the accounts of the directory."""

    def __init__(
        self,
        directory: Directory,
        filing: Filing,
        policy: PolicyEngine,
        scripts: Scripts,
        settings: LocalSettings,
        clock: Callable[[], float],
    ) -> None:
        self._directory, self._filing, self._policy = directory, filing, policy
        self._scripts, self._settings, self._clock = scripts, settings, clock
        self._lists = lists_of(settings)
        self._limits = replace(
            sieve.USER_LIMITS, redirects=settings.redirects_max, notifications=settings.notifications_max
        )

    def accounts(self, address: Address) -> tuple[str, ...] | Deferred | Failed:
        """Whose mailboxes an address means; each has a fate of its own."""
        try:
            resolution = self._directory.resolve(address)
        except errors.Deferred as error:
            return _not_now(error, "route")
        if resolution is None or not resolution.accounts:
            return Failed(status="5.1.1", text=_UNKNOWN, stage="route", error="reply")
        return resolution.accounts

    def deliver(self, letter: Letter, account: str) -> Handled:
        """One message into one account."""
        try:
            principal = self._directory.principal(account)
            if principal is None:
                return Handled(Failed(status="5.1.1", text=_UNKNOWN, stage="deliver", error="reply"))
            return _Visit(self, letter, principal).deliver()
        except errors.Deferred as error:
            return Handled(_not_now(error, "deliver"))


class _Visit:
    """One letter at one door. ``_key`` names the delivery: the same however often it is tried."""

    def __init__(self, courier: LocalCourier, letter: Letter, principal: Principal) -> None:
        self._courier, self._letter, self._account = courier, letter, principal.name
        self._principal, self._quota_octets = principal, principal.quota_octets
        self._own = principal.emails[0] if principal.emails else principal.name
        self._box = courier._filing.box(principal.name)
        self._key = f"{letter.subject.queue_id}\0{letter.recipient.address}\0{principal.name}"

    def deliver(self) -> Handled:
        if self._is_loop():
            return Handled(_LOOP)
        decision = self._decide()
        if decision.reply is not None:
            return Handled(unfinished(decision.reply, stage="deliver"))
        plan, message = (
            (Plan(), Overlay(self._letter.message)) if decision.verdict == "discard" else self._plan(decision)
        )
        return self._carry_out(plan, message, str(decision.params.get("over_quota") or "temp"))

    def _is_loop(self) -> bool:
        """It has been here before, or everywhere (RFC 9228, RFC 5321 section 6.3)."""
        message = self._letter.message
        if len(message.raw_header("Received")) > self._courier._settings.received_max:
            return True
        return self._own.lower() in (value.strip().lower() for value in message.header("Delivered-To"))

    # What to do with it

    def _decide(self) -> Decision:
        """The administrator's script."""
        courier, letter, subject = self._courier, self._letter, self._letter.subject
        values: facts.Values = {
            **facts.of_subject(subject, courier._clock()),
            **facts.of_recipient(letter.recipient, courier._directory),
            "stage": "deliver",
            "rcpt.account": self._account,
            "quota.used": self._box.used_octets,
            "quota.limit": self._quota_octets,
            "spam.score": subject.notes.get("spam.score", ""),
            "spam.verdict": subject.notes.get("spam.verdict", ""),
            "delivered_to.loop": False,
        }
        return courier._policy.run(
            "deliver", Facts(values), message=letter.message, notes=subject.notes, session_id=subject.origin.session,
            queue_id=subject.queue_id,
        )  # fmt: skip

    def _plan(self, decision: Decision) -> tuple[Plan, Overlay]:
        """Both scripts: the user's runs where the administrator's keeps the message, explicitly or not."""
        message = decision.edits if decision.edits is not None else Overlay(self._letter.message)
        mailbox = str(decision.params.get("mailbox") or self._usual_mailbox())
        others = [action for action in decision.actions if not isinstance(action, Keep)]
        if others and len(others) == len(decision.actions):
            return plan_of(others, mailbox), message
        users = Plan(stores=(Store(mailbox),))
        if decision.params.get("run_user_script", True):
            users, message = self._run_users_script(message, mailbox)
        return plan_of(others, mailbox) | users, message

    def _usual_mailbox(self) -> str:
        """Where mail goes that nobody has filed."""
        is_junk = self._letter.subject.notes.get("spam.verdict", "").lower() in SPAM
        return self._courier._settings.junk_mailbox if is_junk else INBOX

    def _run_users_script(self, message: Overlay, mailbox: str) -> tuple[Plan, Overlay]:
        """What the account's script decided; whatever goes wrong with it, the mail is in the inbox."""
        try:
            script = self._courier._scripts.active(self._account)
            if script is None:
                return Plan(stores=(Store(mailbox),)), message
            result = script.run(message, self._host(mailbox), limits=self._courier._limits)
        except (sieve.CompileError, OSError) as error:
            return self._script_failed(error), message
        if result.error is not None:
            return self._script_failed(result.error), message
        return plan_of(result.actions, mailbox), result.message

    def _script_failed(self, error: Exception) -> Plan:
        maillog.script_failed(account=self._account, error=str(error), message_id=self._letter.subject.message_id)
        return KEEP

    def _host(self, mailbox: str) -> DeliveryHost:
        letter, subject, courier = self._letter, self._letter.subject, self._courier
        items = {
            **subject.notes,
            "client.ip": subject.origin.ip,
            "helo.name": subject.origin.helo,
            "auth": subject.parameters.auth,
            "auth.account": subject.origin.account,
            "rcpt.account": self._account,
            "mailbox": mailbox,
        }
        return DeliveryHost(
            courier._settings.hostname,
            subject.reverse_path,
            letter.recipient,
            items,
            self._box.has,
            lambda location, name: courier._scripts.source(self._account, location, name),
            subject.created,
            parameters=subject.parameters,
            ask=Answers(self._box, subject.notes, courier._settings, self._key),
        )

    # Doing it

    def _carry_out(self, plan: Plan, message: Overlay, over_quota: str) -> Handled:
        if plan.refusal is not None:
            refused = Failed(code=550, status="5.7.1", text=plan.refusal, stage="deliver", error="reply")
            return Handled(refused, self._write(plan, message))
        octets = message.materialise() if message.edited else self._letter.octets
        plan = self._reachable(plan)
        if plan.stores:
            limit = self._quota_octets if over_quota in _FULL else 0
            if not self._store(plan.stores, octets, limit):
                return Handled(_FULL[over_quota])
        onwards = message.to_redirect if message.edited else octets
        mails = (*(self._sent_on(onwards, redirect) for redirect in plan.redirects), *self._write(plan, message))
        self._remember(plan)
        return Handled(Delivered(text=_told(plan), stage="deliver"), mails)

    def _reachable(self, plan: Plan) -> Plan:
        """Lists become their members. What would only come back to the account, or goes to nobody, is kept."""
        own = {address.lower() for address in self._addresses()}
        wanted = [replace(each, address=to, external=False) for each in plan.redirects for to in self._members(each)]
        others = [each for each in wanted if each.address.lower() not in own]
        is_kept = len(others) < len(wanted) or (plan.redirects and not wanted)
        stores = plan.stores or ((Store(),) if is_kept else ())
        return replace(plan, redirects=once(others), stores=stores)

    def _addresses(self) -> tuple[str, ...]:
        """All addresses of the account, that to which the mail came too."""
        recipient = self._letter.recipient
        known = (*self._principal.emails, str(recipient.address), recipient.original)
        return tuple(dict.fromkeys(each for each in known if "@" in each)) or (self._own,)

    def _members(self, redirect: Redirect) -> tuple[str, ...]:
        """Whom a redirect goes to: an address, or those of an external list."""
        return self._courier._lists.get(redirect.address, ()) if redirect.external else (redirect.address,)

    def _write(self, plan: Plan, message: Overlay) -> tuple[NewMail, ...]:
        """The mails of the script itself; their copies are filed."""
        courier = self._courier
        owner = Owner(self._account, self._addresses(), self._principal.description)
        writings = Writings(owner, self._letter.subject, self._box, courier._settings, self._key)
        written = writings.written(plan.writings, message, courier._clock())
        for number, one in enumerate(written):
            if one.fcc is not None:
                self._file_copy(one.mail, Store.of(one.fcc), f"{self._key}\0fcc\0{number}")
        return tuple(one.mail for one in written)

    def _file_copy(self, mail: NewMail, store: Store, key: str) -> None:
        """A copy of what is sent (RFC 8580). One for which there is no room is not filed, and that stops nothing."""
        filed = self._box.file(
            mail.octets,
            [store],
            key=key,
            received_at=self._courier._clock(),
            quota_octets=self._quota_octets,
            message_id=mail.message_id,
        )
        if not filed:
            maillog.not_written(
                account=self._account, action="fcc", reason="the mailbox is full", message_id=mail.message_id
            )

    def _remember(self, plan: Plan) -> None:
        """Which mails were seen (RFC 7352)."""
        settings = self._courier._settings
        for mark in plan.marks:
            seconds = settings.duplicate_seconds if mark.seconds is None else mark.seconds
            thing = duplicate(mark.handle, mark.unique_id)
            self._box.claim(thing, min(seconds, settings.duplicate_seconds_max), delivery=self._key, renew=True)

    def _store(self, stores: tuple[Store, ...], octets: bytes, quota_octets: int) -> bool:
        """One message in all these mailboxes; False where there is no room for it."""
        subject = self._letter.subject
        trace = f"Return-Path: <{subject.reverse_path}>\r\nDelivered-To: {self._own}\r\n".encode()
        return self._box.file(
            trace + octets,
            stores,
            key=self._key,
            received_at=self._courier._clock(),
            quota_octets=quota_octets,
            message_id=subject.message_id,
        )

    def _sent_on(self, octets: bytes, redirect: Redirect) -> NewMail:
        """A redirected copy. Its sender stays, null or not; our mark in it finds loops (RFC 5228 section 4.2).

        What the script does not say of its terms is as it was, but a deadline was that of this delivery (RFC 6009).
        """
        subject = self._letter.subject
        seconds, mode = _deadline(redirect.deliver_by, self._courier._clock())
        parameters = structs.replace(
            subject.parameters,
            size_octets=None,
            hold_until=None,
            by_seconds=seconds,
            by_mode=mode,
            ret=redirect.ret or subject.parameters.ret,
        )
        to = Recipient(Address.of(redirect.address), redirect.notify or self._letter.recipient.notify)
        return NewMail(
            Envelope(subject.reverse_path, parameters, (to,)),
            f"Delivered-To: {self._own}\r\n".encode() + octets,
            Origin("redirect", account=self._account, ip=subject.origin.ip, helo=subject.origin.helo),
            subject.notes,
            subject.message_id,
        )


def _not_now(error: errors.Deferred, stage: str) -> Deferred:
    return Deferred(status=error.enhanced_code, text=str(error), stage=stage, error="connect")


def _deadline(by: DeliverBy | None, now: float) -> tuple[int | None, str]:
    """Seconds from now on, and a mode as in RFC 2852 section 4. One that is over is one second."""
    if by is None:
        return None, ""
    seconds = by.seconds if by.seconds is not None else int((by.time or now) - now)
    return max(seconds, 1), by.mode + ("T" if by.trace else "")


def _told(plan: Plan) -> str:
    """For log lines and confirmations."""
    stored = [f"stored in {store.mailbox}" for store in plan.stores]
    sent_on = [f"sent on to {redirect.address}" for redirect in plan.redirects]
    return ", ".join([*stored, *sent_on]) or "discarded"
