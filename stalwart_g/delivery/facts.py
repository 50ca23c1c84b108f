"""Facts about a queued message, for the scripts of the stages route, retry, deliver and dsn (SPEC-SMTP section 8.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from stalwart_g.delivery.outcome import Result
from stalwart_g.directory.interface import Directory
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import MailParameters, Recipient
from stalwart_g.model.mail import Origin

Value = str | int | bool | float | Sequence[str]
Values = Mapping[str, Value | Callable[[], Value]]


class Subject(Struct, frozen=True):
    """The message that a script decides about. Times are unix seconds."""

    queue_id: str
    reverse_path: Address
    parameters: MailParameters
    origin: Origin
    notes: Mapping[str, str]
    message_id: str
    size_octets: int
    created: float


def of_subject(subject: Subject, now: float) -> Values:
    """What is the same for all recipients."""
    sender, terms, origin = subject.reverse_path, subject.parameters, subject.origin
    return {
        "now": int(now),
        "sender": str(sender),
        "sender.local": sender.local,
        "sender.domain": sender.domain,
        "sender.null": not sender,
        "mail.size": terms.size_octets or 0,
        "mail.body": terms.body,
        "mail.smtputf8": terms.smtputf8,
        "mail.requiretls": terms.requiretls,
        "mail.ret": terms.ret,
        "mail.envid": terms.envid,
        "mail.by": terms.by_seconds or 0,
        "mail.bymode": terms.by_mode,
        "mail.priority": terms.priority or 0,
        "mail.holduntil": int(terms.hold_until or 0),
        "mail.auth": terms.auth,
        "origin.kind": origin.kind,
        "origin.account": origin.account,
        "origin.listener": origin.listener,
        "auth.account": origin.account if origin.kind == "submission" else "",
        "client.ip": origin.ip,
        "helo.name": origin.helo,
        "listener": origin.listener,
        "msg.size": subject.size_octets,
        "msg.id": subject.message_id,
        "msg.age": int(now - subject.created),
    }


def of_recipient(recipient: Recipient, directory: Directory) -> Values:
    address = recipient.address
    return {
        "rcpt": str(address),
        "rcpt.local": address.local,
        "rcpt.detail": address.detail() or "",
        "rcpt.domain": address.domain,
        "rcpt.original": recipient.original,
        "rcpt.domain_local": lambda: directory.is_local_domain(address.domain),
        "rcpt.notify": recipient.notify,
        "rcpt.orcpt": recipient.orcpt,
    }


def of_attempt(outcome: Result) -> Values:
    """How the last attempt ended."""
    return {
        "attempt.stage": outcome.stage,
        "attempt.class": outcome.kind,
        "attempt.error": outcome.error,
        "attempt.code": outcome.code,
        "attempt.status": outcome.status,
        "attempt.text": outcome.text,
        "attempt.host": outcome.host,
        "attempt.mx": outcome.mx,
        "attempt.ip": outcome.ip,
        "attempt.tls": outcome.tls,
    }
