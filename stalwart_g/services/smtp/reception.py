"""An accepted message as the queue gets it: the script's edits, the fields that were missing, and our trace on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sieve.message import Message
from stalwart_g.mailauth import results, spf
from stalwart_g.model.envelope import Envelope
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.policy.decision import Decision
from stalwart_g.services.smtp import headers
from stalwart_g.services.smtp.authentication import MessageCheck
from stalwart_g.services.smtp.context import Context


def find_out(check: MessageCheck, params: Mapping[str, Any]) -> None:
    """Run the methods whose results are to be written down; this asks the DNS. Without a word nothing runs for that."""
    if params.get("add.results"):
        check.find_out()
    elif params.get("add.spf"):
        check.sender.find_out()


def new_mail(context: Context, envelope: Envelope, check: MessageCheck, decision: Decision) -> NewMail:
    """What `Spool.enqueue` takes, made of what came in and what was decided about it."""
    message, edits = check.message, decision.edits
    params: Mapping[str, Any] = decision.params
    octets = edits.materialise() if edits is not None and edits.edited else message.octets
    if "authentication-results" in message.names:
        octets = results.without_results_of(octets, context.settings.hostname)
    message_id = next(iter(message.message_ids("Message-ID")), "")
    additions, message_id = _missing_fields(context, message, message_id, params)
    if additions:
        octets = headers.at_end_of_header(octets, additions)
    if params.get("add.received", True):
        octets = _received(context, envelope, hide_client=bool(params.get("received.hide_client"))) + octets
    octets = _findings(context, check, params, utf8=envelope.parameters.smtputf8) + octets
    return NewMail(
        envelope=envelope,
        octets=octets,
        origin=_origin(context),
        notes=context.stages.transaction_notes,
        message_id=message_id,
        hold_reason=decision.hold_reason if decision.verdict == "hold" else "",
        hold_until=decision.hold_until,
        priority=int(params.get("priority") or 0),
        lane=str(params.get("queue") or ""),
    )


def _findings(context: Context, check: MessageCheck, params: Mapping[str, Any], *, utf8: bool) -> bytes:
    """Authentication-Results and Received-SPF: what was found out, unless the script does not want it."""
    hostname, sender, fields = context.settings.hostname, check.sender, b""
    found = check.results() if params.get("add.results", True) else []
    if context.principal is not None and params.get("add.results"):
        found.append(results.Result("auth", "pass", (("smtp", "auth", context.principal.name),)))
    if found:
        fields += headers.field("Authentication-Results", results.words(hostname, found, utf8=utf8))
    if sender.is_known and params.get("add.spf", True):
        fields += headers.field("Received-SPF", spf.received_spf(sender.spf, hostname, utf8=utf8))
    return fields


def _missing_fields(
    context: Context, message: Message, message_id: str, params: Mapping[str, Any]
) -> tuple[bytes, str]:
    """A Date and a Message-ID, for users' mail or where the script wants it so (RFC 6409 section 8)."""
    now, fields, is_users = context.host.clock(), b"", context.principal is not None
    if params.get("add.date", is_users) and not message.raw_header("Date"):
        fields += headers.field("Date", [headers.date(now)])
    if params.get("add.msgid", is_users) and not message.raw_header("Message-ID"):
        message_id = headers.new_message_id(context.settings.hostname, now)
        fields += headers.field("Message-ID", [message_id])
    return fields, message_id


def _received(context: Context, envelope: Envelope, *, hide_client: bool) -> bytes:
    machine, tls = context.machine, context.stream.tls
    hello, recipients = machine.hello, envelope.recipients
    protocol = headers.transmission(
        verb=hello.verb if hello else "HELO",
        tls=machine.tls,
        authenticated=machine.authenticated,
        utf8=envelope.parameters.smtputf8,
    )
    trace = headers.Trace(
        helo=hello.name if hello else "",
        ip=context.stream.peer.ip,
        by=context.settings.hostname,
        protocol=protocol,
        id=context.trace_id,
        now=context.host.clock(),
        ptr=context.client.known_name,
        tls=f"{tls.version} {tls.cipher}" if tls else "",
        recipient=str(recipients[0].address) if len(recipients) == 1 else "",
    )
    return headers.received(trace, hide_client=hide_client)


def _origin(context: Context) -> Origin:
    hello = context.machine.hello
    return Origin(
        "submission" if context.principal else "smtp",
        context.settings.listener,
        context.account,
        context.stream.peer.ip,
        hello.name if hello else "",
        context.id,
    )
