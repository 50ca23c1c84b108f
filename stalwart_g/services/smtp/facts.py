"""The facts of each stage of a session (SPEC-SMTP section 8.4): plain values, or functions that find out when asked.

A stage's facts sit on top of those of the stages before it. What changes while a session goes on (TLS, errors, time) is
given anew at each stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from sieve.message import Message
from stalwart_g.directory.interface import Directory, Principal
from stalwart_g.green.dns import Resolver
from stalwart_g.green.stream import Stream
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import MailParameters, Recipient
from stalwart_g.protocol.smtp.events import Hello
from stalwart_g.protocol.smtp.server import ServerMachine
from stalwart_g.services.smtp.host import Host
from stalwart_g.services.smtp.lookups import RecipientLookup, is_owned, mx_status, subnet
from stalwart_g.services.smtp.settings import Settings

Value = str | int | bool | float | Sequence[str]
Values = Mapping[str, Value | Callable[[], Value]]


class World(Struct, frozen=True):
    """Whom lazy facts ask, and for whom: ``account`` is empty for strangers."""

    directory: Directory
    resolver: Resolver
    account: str = ""

    def is_owned(self, address: Address) -> bool:
        return is_owned(self.directory, address, self.account)


def of_connection(stream: Stream, settings: Settings, session_id: str) -> Values:
    """What is known before the first word, and does not change."""
    return {
        "client.ip": stream.peer.ip,
        "client.port": stream.peer.port,
        "client.subnet": lambda: subnet(stream.peer.ip),
        "server.ip": stream.local.ip,
        "server.port": stream.local.port,
        "server.name": settings.hostname,
        "listener": settings.listener,
        "protocol": "lmtp" if settings.lmtp else "smtp",
        "session.id": session_id,
    }


def of_moment(stage: str, stream: Stream, machine: ServerMachine, host: Host, *, started: float) -> Values:
    """What may be different at each stage, and how busy we are. In one piece, as every command of a client needs it."""
    tls, ip, now = stream.tls, stream.peer.ip, host.clock()
    return {
        "stage": stage,
        "now": int(now),
        "tls.version": tls.version if tls else "",
        "tls.cipher": tls.cipher if tls else "",
        "tls.bits": tls.bits if tls else 0,
        "tls.sni": tls.sni if tls else "",
        "early_talk": machine.early_talk,
        "bad_pipelining": machine.bad_pipelining,
        "session.age": int(now - started),
        "session.errors": machine.errors,
        "session.messages": machine.messages,
        "client.conns": lambda: host.connections[ip],
        "queue.depth": lambda: len(host.spool),
        "disk.low": host.disk_is_low,
    }


def of_hello(hello: Hello) -> Values:
    return {
        "helo.name": hello.name,
        "helo.verb": hello.verb,
        "helo.literal": hello.is_literal,
        "helo.fqdn": not hello.is_literal and "." in hello.name,
    }


def of_credentials(mechanism: str, login: str, authorization_id: str, result: str, failures: int) -> Values:
    """Of the auth stage. ``result`` is ok, bad or error; the account itself is a fact of its own."""
    return {
        "auth.mechanism": mechanism,
        "auth.login": login,
        "auth.authzid": authorization_id,
        "auth.result": result,
        "auth.failures": failures,
    }


def of_account(principal: Principal | None) -> Values:
    return {
        "auth.account": principal.name if principal else "",
        "account.groups": principal.member_of if principal else (),
        "account.disabled": principal is not None and not principal.active,
    }


def of_sender(sender: Address, parameters: MailParameters, world: World) -> Values:
    return {
        "sender": str(sender),
        "sender.local": sender.local,
        "sender.domain": sender.domain,
        "sender.null": not sender,
        "sender.owned": lambda: world.is_owned(sender),
        "sender.mx": lambda: mx_status(world.resolver, sender.domain),
        "mail.size": parameters.size_octets or 0,
        "mail.body": parameters.body,
        "mail.smtputf8": parameters.smtputf8,
        "mail.requiretls": parameters.requiretls,
        "mail.ret": parameters.ret,
        "mail.envid": parameters.envid,
        "mail.by": parameters.by_seconds or 0,
        "mail.bymode": parameters.by_mode,
        "mail.priority": parameters.priority or 0,
        "mail.holduntil": int(parameters.hold_until or 0),
        "mail.auth": parameters.auth,
        "mail.solicit": parameters.solicit,
    }


def of_recipient(recipient: Recipient, found: RecipientLookup, *, count: int, refused: int) -> Values:
    address = recipient.address
    return {
        "rcpt": str(address),
        "rcpt.local": address.local,
        "rcpt.detail": address.detail() or "",
        "rcpt.domain": address.domain,
        "rcpt.original": recipient.original,
        "rcpt.domain_local": lambda: found.is_local,
        "rcpt.exists": lambda: found.exists,
        "rcpt.kind": lambda: found.kind,
        "rcpt.notify": recipient.notify,
        "rcpt.orcpt": recipient.orcpt,
        "rcpts.count": count,
        "rcpts.refused": refused,
    }


def of_message(message: Message, recipients: Sequence[str], world: World) -> Values:
    """``message`` is as received; the header is looked at when somebody asks."""

    def authors() -> list[Address]:
        return [
            Address(mailbox.local, mailbox.domain.lower()) for mailbox in message.addresses("From") if mailbox.address
        ]

    return {
        "msg.size": message.size,
        "msg.id": lambda: next(iter(message.message_ids("Message-ID")), ""),
        "msg.hops": lambda: message.names.count("received"),
        "msg.parse_error": lambda: any(problem.code != "charset" for problem in message.problems),
        "from": lambda: next((str(author) for author in authors()), ""),
        "from.domain": lambda: next((author.domain for author in authors()), ""),
        "from.count": lambda: len(authors()),
        "from.owned": lambda: bool(authors()) and all(world.is_owned(author) for author in authors()),
        "rcpts": recipients,
    }
