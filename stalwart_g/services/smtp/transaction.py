"""One mail transaction: MAIL, RCPTs and the message, each with its stage's script, and the way into the queue."""

from __future__ import annotations

import secrets
from dataclasses import replace

import sieve.message

from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.errors import Deferred
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.model.reply import Reply
from stalwart_g.observe import maillog
from stalwart_g.policy.decision import Decision
from stalwart_g.protocol.smtp.events import Mail, Message
from stalwart_g.services.smtp import facts, headers
from stalwart_g.services.smtp.context import Context
from stalwart_g.services.smtp.envelope import edited_recipients, edited_sender
from stalwart_g.services.smtp.lookups import RecipientLookup

_SENDER_OK = Reply(250, "2.1.0", "Sender Ok")
_RECIPIENT_OK = Reply(250, "2.1.5", "Recipient Ok")
_RELAYING_DENIED = Reply(550, "5.7.1", "Relaying denied")
_TOO_MANY_FAILURES = Reply(421, "4.3.0", "Too many failures")
_TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
_BAD_HOLD = Reply(501, "5.5.4", "HOLDUNTIL is over, or over the maximum")
_NO_HEADER = Reply(554, "5.6.0", "No header section")
_LOOP = Reply(554, "5.4.6", "Too many Received fields, this looks like a loop")
_NOT_QUEUED = Reply(451, "4.3.5", "Not queued, try again later")
_TOOK_TOO_LONG = Reply(451, "4.3.0", "Not decided in time, try again later")
_NO_SPACE = Reply(452, "4.3.1", "No space for more mail at the moment")


class Transaction:
    """From MAIL to the end of data. Each method answers the machine's pending event, once."""

    def __init__(self, context: Context, mail: Mail) -> None:
        self._context = context
        self._machine = context.machine
        self._mail = mail
        self.sender = mail.reverse_path
        self.parameters = mail.terms.parameters
        self.recipients: list[Recipient] = []
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
        values = facts.of_sender(self.sender, self.parameters, context.world)
        decision = context.stages.run("mail", {**values, **context.moment("mail")})
        if delay := context.delay_of(decision.params):
            tasks.sleep(delay)
        if decision.reply is not None:
            machine.reply(decision.reply, close=decision.close)
            return False
        self.sender, self.parameters = edited_sender(self.sender, self.parameters, decision.envelope_edits)
        self._set_limits(decision)
        machine.reply(_SENDER_OK)
        return True

    def _resolve_hold(self) -> bool:
        """HOLDFOR and HOLDUNTIL both become a time; the machine has judged HOLDFOR already (RFC 4865)."""
        now, wanted = self._context.host.clock(), self.parameters.hold_until
        if self._mail.terms.hold_for_seconds is not None:
            self.parameters = replace(self.parameters, hold_until=now + self._mail.terms.hold_for_seconds)
        elif wanted is not None:
            return now < wanted <= now + self._machine.offer.future_release_seconds
        return True

    def _set_limits(self, decision: Decision) -> None:
        limits, settings, params = self._machine.limits, self._context.settings, decision.params
        if size := int(params.get("size") or 0):
            limits.size_octets = min(size, settings.size_octets)
        limits.recipients = min(int(params.get("rcpts.max") or settings.recipients_max), settings.recipients_ceiling)
        limits.messages = int(params.get("messages.max") or settings.messages_max)

    # RCPT

    def add(self, recipient: Recipient) -> None:
        """Answer RCPT. An address that is there already is welcome again, and counts once."""
        context, machine = self._context, self._machine
        if self._has(recipient.address):
            machine.reply(_RECIPIENT_OK)
            return
        found = RecipientLookup(context.host.directory, recipient.address)
        values = facts.of_recipient(recipient, found, count=len(self.recipients), refused=self._refused)
        decision = context.stages.run("rcpt", {**values, **context.moment("rcpt")})
        if decision.reply is not None:
            self._refuse(recipient, decision.reply, decision)
            return
        if decision.verdict == "discard":
            maillog.discarded(stage="rcpt", sender=str(self.sender), recipients=[str(recipient.address)])
            machine.reply(_RECIPIENT_OK)
            return
        wanted = edited_recipients((recipient,), decision.envelope_edits)
        if not decision.params.get("relay") and not all(
            self._is_local(each.address, recipient, found) for each in wanted
        ):
            maillog.refused(
                stage="rcpt", reply=str(_RELAYING_DENIED), sender=str(self.sender), recipient=str(recipient.address)
            )
            self._refuse(recipient, _RELAYING_DENIED, decision)
            return
        self.recipients += [each for each in wanted if not self._has(each.address)]
        machine.reply(_RECIPIENT_OK)

    def _has(self, address: Address) -> bool:
        return any(recipient.address == address for recipient in self.recipients)

    def _is_local(self, address: Address, asked: Recipient, found: RecipientLookup) -> bool:
        """The interlock against open relays: whatever the script forgot, strangers reach our own domains only."""
        if address == asked.address:
            return found.is_local
        return self._context.host.directory.is_local_domain(address.domain)

    def _refuse(self, recipient: Recipient, reply: Reply, decision: Decision) -> None:
        """A final refusal costs the client time, and too many of them the session; a temporary one does not count."""
        context, settings = self._context, self._context.settings
        if reply.is_permanent:
            self._refused += 1
            context.rcpt_failures += 1
            given = decision.params.get("delay")
            tasks.sleep(settings.rcpt_wait_seconds if given is None else context.delay_of(decision.params))
        if context.rcpt_failures > settings.rcpt_errors_max:
            self._machine.reply(_TOO_MANY_FAILURES)
        else:
            self._machine.reply(reply, close=decision.close)

    # The message

    def receive(self, event: Message) -> None:
        """Answer the message: refuse it, throw it away, or keep it in the queue."""
        context, machine = self._context, self._machine
        message = sieve.message.parse(event.octets)
        if not message.fields:
            self._refuse_message(_NO_HEADER)
            return
        if len(message.received) > context.settings.received_max:
            self._refuse_message(_LOOP)
            return
        values = {
            **facts.of_message(message, [str(recipient.address) for recipient in self.recipients], context.world),
            "msg.longline": event.long_line,
            "msg.barenewline": event.bare_newline,
            **context.moment("data"),
        }
        try:
            with tasks.timeout(context.settings.decision_seconds):
                decision = context.stages.run("data", values, message)
        except TimedOut:
            self._refuse_message(_TOOK_TOO_LONG)
            return
        if decision.reply is not None:
            machine.reply(decision.reply, close=decision.close)
        else:
            self._keep(message, decision)

    def _refuse_message(self, reply: Reply) -> None:
        maillog.refused(stage="data", reply=str(reply), sender=str(self.sender))
        self._machine.reply(reply)

    def _keep(self, message: sieve.message.Message, decision: Decision) -> None:
        """A message that is thrown away gets the same answer as one that is kept."""
        self.sender, self.parameters = edited_sender(self.sender, self.parameters, decision.envelope_edits)
        recipients = edited_recipients(tuple(self.recipients), decision.envelope_edits)
        ids = message.message_ids("Message-ID")
        trace_id = f"{self._context.id}.{self._context.transactions}"
        if decision.verdict == "discard" or not recipients:
            maillog.discarded(
                stage="data",
                sender=str(self.sender),
                recipients=[str(recipient.address) for recipient in self.recipients],
                message_id=ids[0] if ids else "",
            )
            self._machine.reply(_queued(secrets.token_hex(8)))
            return
        mail = self._new_mail(message, decision, recipients, trace_id)
        try:
            queue_id = self._context.host.spool.enqueue(mail)
        except Deferred as error:
            maillog.unavailable(stage="queue", error=str(error))
            self._machine.reply(_NO_SPACE if error.enhanced_code == "4.3.1" else _NOT_QUEUED)
            return
        maillog.received(
            queue=queue_id,
            sender=str(self.sender),
            recipients=[str(recipient.address) for recipient in recipients],
            size=len(mail.octets),
            message_id=mail.message_id,
        )
        self._machine.reply(_queued(queue_id))

    def _new_mail(
        self, message: sieve.message.Message, decision: Decision, recipients: tuple[Recipient, ...], trace_id: str
    ) -> NewMail:
        context, params = self._context, decision.params
        octets = (
            decision.edits.materialise() if decision.edits is not None and decision.edits.edited else message.octets
        )
        octets, message_id = self._completed(octets, message, decision)
        if params.get("add.received", True):
            octets = self._received(recipients, trace_id, hide_client=bool(params.get("received.hide_client"))) + octets
        hello = self._machine.hello
        return NewMail(
            envelope=Envelope(self.sender, self.parameters, recipients),
            octets=octets,
            origin=Origin(
                "submission" if context.principal else "smtp",
                context.settings.listener,
                context.account,
                context.stream.peer.ip,
                hello.name if hello else "",
                context.id,
            ),
            notes=context.stages.transaction_notes,
            message_id=message_id,
            hold_reason=decision.hold_reason if decision.verdict == "hold" else "",
            hold_until=decision.hold_until,
            priority=int(params.get("priority") or 0),
            lane=str(params.get("queue") or ""),
        )

    def _completed(self, octets: bytes, message: sieve.message.Message, decision: Decision) -> tuple[bytes, str]:
        """With a Date and a Message-ID, where the script wants them added and they are missing (RFC 6409 section 8)."""
        host, settings, params = self._context.host, self._context.settings, decision.params
        ids = message.message_ids("Message-ID")
        message_id, fields = (ids[0] if ids else ""), b""
        if params.get("add.date") and not message.raw_header("Date"):
            fields += headers.field("Date", [headers.date(host.clock())])
        if params.get("add.msgid") and not message.raw_header("Message-ID"):
            message_id = headers.new_message_id(settings.hostname, host.clock())
            fields += headers.field("Message-ID", [message_id])
        return (headers.at_end_of_header(octets, fields) if fields else octets), message_id

    def _received(self, recipients: tuple[Recipient, ...], trace_id: str, *, hide_client: bool) -> bytes:
        context, machine = self._context, self._machine
        hello, tls = machine.hello, context.stream.tls
        utf8 = self.parameters.smtputf8
        trace = headers.Trace(
            helo=hello.name if hello else "",
            ip=context.stream.peer.ip,
            by=context.settings.hostname,
            protocol=headers.transmission(
                verb=hello.verb if hello else "HELO", tls=machine.tls, authenticated=machine.authenticated, utf8=utf8
            ),
            id=trace_id,
            now=context.host.clock(),
            ptr=context.reverse.name if context.reverse.is_known else "",
            tls=f"{tls.version} {tls.cipher}" if tls else "",
            recipient=str(recipients[0].address) if len(recipients) == 1 else "",
        )
        return headers.received(trace, hide_client=hide_client)


def _queued(queue_id: str) -> Reply:
    return Reply(250, "2.0.0", f"Queued id={queue_id}")
