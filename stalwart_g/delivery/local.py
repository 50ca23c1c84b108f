"""The courier to our own mailboxes: deliver stage, the user's script, and what both decided (SPEC-SMTP section 5.8).

Storing is exactly-once: the key is made of queue id, recipient and account, so an attempt repeated after a crash stores
nothing new. What a script sends on is not sent here but returned; it enters the queue together with the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sieve.message import Message, Overlay

import sieve
from sieve.actions import Keep
from stalwart_g.delivery import facts
from stalwart_g.delivery.facts import Subject
from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.host import DeliveryHost
from stalwart_g.delivery.outcome import Deferred, Delivered, Failed, Result, unfinished
from stalwart_g.delivery.plan import KEEP, Plan, Store, plan_of
from stalwart_g.delivery.scripts import Scripts
from stalwart_g.delivery.settings import LocalSettings
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
_JUNK = ("spam", "junk", "yes")
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
    """One letter at one door."""

    def __init__(self, courier: LocalCourier, letter: Letter, principal: Principal) -> None:
        self._courier, self._letter, self._account = courier, letter, principal.name
        self._quota_octets = principal.quota_octets
        self._own = principal.emails[0] if principal.emails else principal.name
        self._box = courier._filing.box(principal.name)

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
        is_junk = self._letter.subject.notes.get("spam.verdict", "").lower() in _JUNK
        return self._courier._settings.junk_mailbox if is_junk else INBOX

    def _run_users_script(self, message: Overlay, mailbox: str) -> tuple[Plan, Overlay]:
        """What the account's script decided; whatever goes wrong with it, the mail is in the inbox."""
        try:
            script = self._courier._scripts.active(self._account)
            if script is None:
                return Plan(stores=(Store(mailbox),)), message
            result = script.run(message, self._host())
        except (sieve.CompileError, OSError) as error:
            return self._script_failed(error), message
        if result.error is not None:
            return self._script_failed(result.error), message
        return plan_of(result.actions, mailbox), result.message

    def _script_failed(self, error: Exception) -> Plan:
        maillog.script_failed(account=self._account, error=str(error), message_id=self._letter.subject.message_id)
        return KEEP

    def _host(self) -> DeliveryHost:
        letter, subject, courier = self._letter, self._letter.subject, self._courier
        items = {
            **subject.notes,
            "client.ip": subject.origin.ip,
            "helo.name": subject.origin.helo,
            "auth": subject.parameters.auth,
            "auth.account": subject.origin.account,
            "rcpt.account": self._account,
        }
        return DeliveryHost(
            courier._settings.hostname,
            subject.reverse_path,
            letter.recipient,
            items,
            self._box.has,
            lambda location, name: courier._scripts.source(self._account, location, name),
            subject.created,
        )

    # Doing it

    def _carry_out(self, plan: Plan, message: Overlay, over_quota: str) -> Handled:
        if plan.refusal is not None:
            return Handled(Failed(code=550, status="5.7.1", text=plan.refusal, stage="deliver", error="reply"))
        octets = message.materialise() if message.edited else self._letter.octets
        if plan.stores:
            limit = self._quota_octets if over_quota in _FULL else 0
            if not self._store(plan.stores, octets, limit):
                return Handled(_FULL[over_quota])
        mails = tuple(self._sent_on(octets, address) for address in plan.redirects)
        return Handled(Delivered(text=_told(plan), stage="deliver"), mails)

    def _store(self, stores: tuple[Store, ...], octets: bytes, quota_octets: int) -> bool:
        """One message in all these mailboxes; False where there is no room for it."""
        subject, recipient = self._letter.subject, self._letter.recipient
        trace = f"Return-Path: <{subject.reverse_path}>\r\nDelivered-To: {self._own}\r\n".encode()
        return self._box.file(
            trace + octets,
            stores,
            key=f"{subject.queue_id}\0{recipient.address}\0{self._account}",
            received_at=self._courier._clock(),
            quota_octets=quota_octets,
            message_id=subject.message_id,
        )

    def _sent_on(self, octets: bytes, address: str) -> NewMail:
        """A redirected copy. Its sender stays, null or not; our mark in it finds loops (RFC 5228 section 4.2)."""
        subject = self._letter.subject
        parameters = replace(subject.parameters, size_octets=None, hold_until=None, by_seconds=None, by_mode="")
        to = Recipient(Address.of(address), self._letter.recipient.notify)
        return NewMail(
            Envelope(subject.reverse_path, parameters, (to,)),
            f"Delivered-To: {self._own}\r\n".encode() + octets,
            Origin("redirect", account=self._account, ip=subject.origin.ip, helo=subject.origin.helo),
            subject.notes,
            subject.message_id,
        )


def _not_now(error: errors.Deferred, stage: str) -> Deferred:
    return Deferred(status=error.enhanced_code, text=str(error), stage=stage, error="connect")


def _told(plan: Plan) -> str:
    """For log lines and confirmations."""
    stored = [f"stored in {store.mailbox}" for store in plan.stores]
    sent_on = [f"sent on to {address}" for address in plan.redirects]
    return ", ".join([*stored, *sent_on]) or "discarded"
