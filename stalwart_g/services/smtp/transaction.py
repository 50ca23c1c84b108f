"""One mail transaction: MAIL, RCPTs and the message, each with its stage's script, and the way into the queue."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from sieve import message as messages
from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.errors import Deferred
from stalwart_g.model.mail import NewMail
from stalwart_g.model.reply import Reply
from stalwart_g.observe import maillog
from stalwart_g.policy.decision import Decision
from stalwart_g.protocol.smtp.events import Mail, Message
from stalwart_g.services.smtp import facts
from stalwart_g.services.smtp.authentication import MessageCheck
from stalwart_g.services.smtp.context import Context
from stalwart_g.services.smtp.envelope import edited
from stalwart_g.services.smtp.lookups import RecipientLookup
from stalwart_g.services.smtp.reception import find_out, new_mail
from stalwart_g.spam.functions.domains import registrable

_SENDER_OK = Reply(250, "2.1.0", "Sender Ok")
_RECIPIENT_OK = Reply(250, "2.1.5", "Recipient Ok")
_RELAYING_DENIED = Reply(550, "5.7.1", "Relaying denied")
_TOO_MANY_FAILURES = Reply(421, "4.3.0", "Too many failures")
_BAD_HOLD = Reply(501, "5.5.4", "HOLDUNTIL is over, or over the maximum")
_NO_HEADER = Reply(554, "5.6.0", "No header section")
_LOOP = Reply(554, "5.4.6", "Too many Received fields, this looks like a loop")
_TOOK_TOO_LONG = Reply(451, "4.3.0", "Not decided in time, try again later")
_NO_SPACE = Reply(452, "4.3.1", "No space for more mail at the moment")
_NOT_QUEUED = Reply(451, "4.3.5", "Not queued, try again later")


class Transaction:
    """From MAIL to the end of data. Each method answers the machine's pending event, once."""

    def __init__(self, context: Context, mail: Mail) -> None:
        self.envelope = Envelope(mail.reverse_path, mail.terms.parameters)
        self._context, self._machine = context, context.machine
        self._sender = context.check_of(mail.reverse_path)
        self._hold_for_seconds = mail.terms.hold_for_seconds
        self._refused = 0
        context.transactions += 1

    # MAIL

    def begin(self) -> bool:
        """Answer MAIL; false when the transaction is refused."""
        context, machine = self._context, self._machine
        if context.host.disk_is_low():
            machine.reply(_NO_SPACE)
            return False
        if not self._resolve_hold():
            machine.reply(_BAD_HOLD)
            return False
        values = facts.of_sender(self.envelope.reverse_path, self.envelope.parameters, context.world)
        decision = context.stages.run("mail", {**values, **self._sender.facts()}, context.moment("mail"))
        if delay := context.delay_of(decision.params):
            tasks.sleep(delay)
        if decision.reply is not None:
            machine.reply(decision.reply, close=decision.close)
            return False
        self.envelope = edited(self.envelope, decision.envelope_edits)
        self._set_limits(decision)
        machine.reply(_SENDER_OK)
        return True

    def _resolve_hold(self) -> bool:
        """HOLDFOR and HOLDUNTIL both become a time; the machine has judged HOLDFOR already (RFC 4865)."""
        now, terms = self._context.host.clock(), self.envelope.parameters
        if self._hold_for_seconds is not None:
            self.envelope = replace(self.envelope, parameters=replace(terms, hold_until=now + self._hold_for_seconds))
        elif terms.hold_until is not None:
            return now < terms.hold_until <= now + self._machine.offer.future_release_seconds
        return True

    def _set_limits(self, decision: Decision) -> None:
        limits, settings = self._machine.limits, self._context.settings
        params: Mapping[str, Any] = decision.params
        limits.size_octets = min(int(params.get("size") or limits.size_octets), settings.size_octets)
        limits.recipients = min(int(params.get("rcpts.max") or settings.recipients_max), settings.recipients_ceiling)
        limits.messages = int(params.get("messages.max") or settings.messages_max)

    # RCPT

    def add(self, recipient: Recipient) -> None:
        """Answer RCPT. An address that is there already is welcome again, and counts once."""
        if self._has(recipient.address):
            self._machine.reply(_RECIPIENT_OK)
            return
        context, envelope = self._context, self.envelope
        found = RecipientLookup(context.host.directory, recipient.address)
        values = facts.of_recipient(recipient, found, count=len(envelope.recipients), refused=self._refused)
        decision = context.stages.run("rcpt", values, context.moment("rcpt"))
        if decision.reply is not None:
            self._refuse(decision.reply, decision)
        elif decision.verdict == "discard":
            maillog.discarded(stage="rcpt", sender=str(envelope.reverse_path), recipients=[str(recipient.address)])
            self._machine.reply(_RECIPIENT_OK)
        else:
            self._accept(recipient, found, decision)

    def _accept(self, recipient: Recipient, found: RecipientLookup, decision: Decision) -> None:
        """The interlock against open relays: whatever the script forgot, mail for other domains needs its word."""
        wanted: tuple[Recipient, ...] = (recipient,)
        if decision.envelope_edits:
            wanted = edited(Envelope(recipients=wanted), decision.envelope_edits).recipients
        if not decision.params.get("relay") and not all(self._is_local(each.address, found) for each in wanted):
            sender = str(self.envelope.reverse_path)
            maillog.refused(stage="rcpt", reply=str(_RELAYING_DENIED), sender=sender, recipient=str(recipient.address))
            self._refuse(_RELAYING_DENIED, decision)
            return
        for each in wanted:
            if not self._has(each.address):
                self.envelope = self.envelope.with_recipient(each)
        self._machine.reply(_RECIPIENT_OK)

    def _has(self, address: Address) -> bool:
        recipients = self.envelope.recipients
        return bool(recipients) and any(recipient.address == address for recipient in recipients)

    def _is_local(self, address: Address, found: RecipientLookup) -> bool:
        if address == found.address:
            return found.is_local
        return self._context.host.directory.is_local_domain(address.domain)

    def _refuse(self, reply: Reply, decision: Decision) -> None:
        """A final refusal costs the client time, and too many of them the session; a temporary one does not count."""
        context, settings = self._context, self._context.settings
        if reply.is_permanent:
            self._refused += 1
            context.rcpt_failures += 1
            given = "delay" in decision.params
            tasks.sleep(context.delay_of(decision.params) if given else settings.rcpt_wait_seconds)
        if context.rcpt_failures > settings.rcpt_errors_max:
            self._machine.reply(_TOO_MANY_FAILURES)
        else:
            self._machine.reply(reply, close=decision.close)

    # The message

    def receive(self, event: Message) -> None:
        """Answer the message: refuse it, throw it away, or keep it in the queue."""
        message = messages.parse(event.octets)
        if not message.names:
            self._refuse_message(_NO_HEADER)
        elif message.names.count("received") > self._context.settings.received_max:
            self._refuse_message(_LOOP)
        else:
            self._judge(event, message)

    def _judge(self, event: Message, message: messages.Message) -> None:
        context = self._context
        listed = context.settings.dmarc_organization == "suffixes"
        check = MessageCheck(self._sender, message, registrable if listed else None)
        values = {
            **check.facts(),
            **facts.of_message(message, [str(each.address) for each in self.envelope.recipients], context.world),
            "msg.longline": event.long_line,
            "msg.barenewline": event.bare_newline,
        }
        try:
            with tasks.timeout(context.settings.decision_seconds):
                decision = context.stages.run("data", values, context.moment("data"), message)
                if decision.verdict in ("accept", "hold"):
                    find_out(check, decision.params)
        except TimedOut:
            self._refuse_message(_TOOK_TOO_LONG)
            return
        self.envelope = edited(self.envelope, decision.envelope_edits)
        if decision.reply is not None:
            self._machine.reply(decision.reply, close=decision.close)
        elif decision.verdict == "discard" or not self.envelope.recipients:
            self._throw_away(message)
        else:
            self._enqueue(new_mail(context, self.envelope, check, decision))

    def _refuse_message(self, reply: Reply) -> None:
        maillog.refused(stage="data", reply=str(reply), sender=str(self.envelope.reverse_path))
        self._machine.reply(reply)

    def _throw_away(self, message: messages.Message) -> None:
        """The client cannot tell this from a message that was kept."""
        maillog.discarded(
            stage="data",
            sender=str(self.envelope.reverse_path),
            recipients=[str(each.address) for each in self.envelope.recipients],
            message_id=next(iter(message.message_ids("Message-ID")), ""),
        )
        self._machine.reply(_queued(secrets.token_hex(8)))

    def _enqueue(self, mail: NewMail) -> None:
        try:
            queue_id = self._context.host.spool.enqueue(mail)
        except Deferred as error:
            maillog.unavailable(stage="queue", error=str(error))
            self._machine.reply(_NO_SPACE if error.enhanced_code == "4.3.1" else _NOT_QUEUED)
            return
        maillog.received(
            queue=queue_id,
            sender=str(mail.envelope.reverse_path),
            recipients=[str(each.address) for each in mail.envelope.recipients],
            size=len(mail.octets),
            message_id=mail.message_id,
        )
        self._machine.reply(_queued(queue_id))


def _queued(queue_id: str) -> Reply:
    return Reply(250, "2.0.0", f"Queued id={queue_id}")
