"""One SMTP, submission or LMTP session: a method for each event, a policy stage behind most of them.

The machine judges form and order, a stage's script decides, and here the decision is carried out. An answer that cannot
be given for now (directory, state or store do not answer) is a 451; an error of ours is logged with its trace, and the
client gets a 421 that tells nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import structs

from stalwart_g.directory.interface import DirectoryUnavailable, Principal
from stalwart_g.green import tasks
from stalwart_g.green.errors import TlsFailed
from stalwart_g.green.stream import Stream
from stalwart_g.model.errors import Deferred
from stalwart_g.model.reply import Reply
from stalwart_g.observe import contextids, maillog
from stalwart_g.protocol.smtp.events import (
    Auth,
    Event,
    Expn,
    Hello,
    Mail,
    Message,
    MessageStarts,
    Misuse,
    Quit,
    Rcpt,
    Reset,
    StartTls,
    Vrfy,
)
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.limits import Limits
from stalwart_g.protocol.smtp.replies import READY_FOR_TLS
from stalwart_g.protocol.smtp.server import ServerMachine
from stalwart_g.services.smtp import facts
from stalwart_g.services.smtp.connection import INTERNAL_ERROR, Cancelled, Connection, Ended, guarded
from stalwart_g.services.smtp.context import Context
from stalwart_g.services.smtp.host import Host
from stalwart_g.services.smtp.offer import offer_of
from stalwart_g.services.smtp.sasl import MECHANISMS, Credentials, Malformed
from stalwart_g.services.smtp.settings import Settings
from stalwart_g.services.smtp.stages import Stages
from stalwart_g.services.smtp.transaction import Transaction

log = logging.getLogger(__name__)

_TRY_LATER = Reply(451, "4.3.0", "Not possible at the moment, try again later")
_AUTHENTICATED = Reply(235, "2.7.0", "Authenticated")
_WRONG_CREDENTIALS = Reply(535, "5.7.8", "Wrong login or password")
_AUTHENTICATION_UNAVAILABLE = Reply(454, "4.7.0", "Authentication is not possible at the moment")
_MALFORMED_RESPONSE = Reply(501, "5.5.2", "Not what the mechanism asks for")
_BANNED = Reply(421, "4.7.0", "Not now")
_NO_TLS = Reply(454, "4.7.0", "TLS is not available at the moment")
_TOO_MANY_FAILURES = Reply(421, "4.3.0", "Too many failures")
_CANNOT_VERIFY = Reply(252, "2.5.1", "Send a message, we shall see")
_CANNOT_LOOK = Reply(252, "2.4.3", "The directory does not answer, send a message")
_NO_EXPN = Reply(502, "5.7.0", "EXPN is not offered here")
_NOT_FOUND = Reply(550, "5.1.1", "Nobody here by that name")


class Session:
    """Serves one stream until it ends."""

    def __init__(self, stream: Stream, settings: Settings, host: Host) -> None:
        self.id = contextids.new_id()
        self._machine = machine = ServerMachine(
            settings.hostname, lmtp=settings.lmtp, lenient=settings.lenient, limits=_limits(settings)
        )
        machine.tls = stream.tls is not None
        machine.bare_newline = settings.bare_newline or "reject"
        self._settings, self._host, self._stream = settings, host, stream
        self._connection = Connection(stream, machine, settings)
        self._stages = Stages(host.policy, host.state, self.id)
        self._context = Context(self.id, settings, host, stream, machine, self._stages, host.clock())
        self._offer = _first_offer(settings)
        self._transaction: Transaction | None = None
        self._auth_failures = 0

    def handle(self) -> None:
        """Serve the stream until the session is over; raises nothing."""
        self._host.connections[self._stream.peer.ip] += 1
        try:
            with contextids.bound(session=self.id):
                self._converse()
        finally:
            self._give_back()

    def _converse(self) -> None:
        """From the first line in the log to the last."""
        peer, tls = self._stream.peer, self._stream.tls
        maillog.connected(
            listener=self._settings.listener, peer=peer.ip, port=peer.port, tls=tls.version if tls else ""
        )
        try:
            reason, last_words = guarded(self._serve)
        except Exception:
            log.exception("session=%s failed", self.id)
            reason, last_words = "error", INTERNAL_ERROR
        self._connection.end(last_words)
        machine = self._machine
        maillog.disconnected(
            reason=reason,
            seconds=self._connection.age_seconds,
            messages=machine.messages,
            errors=machine.errors,
            received=machine.received_octets,
        )

    def _give_back(self) -> None:
        """What the session has taken up, however it ends: its place among the client's connections, and slots."""
        connections, ip = self._host.connections, self._stream.peer.ip
        connections[ip] -= 1
        if not connections[ip]:
            del connections[ip]
        self._stages.close()

    def _serve(self) -> None:
        self._connect()
        while True:
            self._handle(self._connection.next_event())

    def _handle(self, event: Event) -> None:
        try:
            _HANDLERS[type(event)](self, event)
        except Deferred as error:
            maillog.unavailable(stage=type(event).__name__.lower(), error=str(error))
            if self._machine.awaits_answer:
                self._machine.reply(_TRY_LATER)

    # Before the first command, and hello

    def _connect(self) -> None:
        try:
            refusal = self._refusal()
        except Deferred as error:
            maillog.unavailable(stage="connect", error=str(error))
            refusal = INTERNAL_ERROR
        if refusal is not None:
            if refusal.is_transient:
                refusal = Reply(421, refusal.enhanced_code, refusal.text)
            self._machine.greet(refusal)

    def _refusal(self) -> Reply | None:
        """Greet the client, or say why it is not welcome."""
        settings, context = self._settings, self._context
        if context.is_banned():
            return _BANNED
        values = {**facts.of_connection(self._stream, settings, self.id), **context.client.facts()}
        decision = self._stages.run("connect", values, context.moment("connect"))
        params = decision.params
        context.ban(params)
        if decision.reply is not None:
            return decision.reply
        self._set_limits(params)
        if delay := context.delay_of(params):
            self._connection.wait_in_silence(delay)
        kind = "LMTP" if settings.lmtp else "ESMTP"
        self._machine.greet(Reply(220, "", f"{settings.hostname} {kind} {params.get('greeting') or settings.greeting}"))
        return None

    def _set_limits(self, params: Mapping[str, Any]) -> None:
        """A script may go below what the configuration allows, never above it."""
        settings = self._settings

        def lower(name: str, ceiling: float) -> float:
            wanted = params.get(name)
            return min(float(wanted), ceiling) if wanted else ceiling

        timeout = lower("timeout", settings.timeout_seconds)
        self._connection.limit_time(timeout, lower("duration", settings.duration_seconds))
        self._connection.transfer_octets = int(lower("transfer", settings.transfer_octets))
        self._machine.limits.errors = int(lower("errors.max", settings.errors_max))
        has_tls = self._host.tls is not None and bool(params.get("starttls", True))
        self._offer = structs.replace(self._offer, starttls=has_tls)

    def _hello(self, event: Hello) -> None:
        machine = self._machine
        self._forget_transaction()
        if machine.hello == event:
            machine.welcome(self._offer)
            return
        context, before = self._context, self._context.hello
        context.greet(event.name)
        values = {**facts.of_hello(event), **context.hello.facts()}
        decision = self._stages.run("ehlo", values, context.moment("ehlo"))
        if decision.reply is not None:
            context.hello = before
            if machine.hello is not None:
                self._stages.amend("ehlo", {**facts.of_hello(machine.hello), **before.facts()})
        if context.principal is not None:
            self._stages.amend("auth", facts.of_account(context.principal))
        if decision.reply is not None:
            machine.reply(decision.reply, close=decision.close)
            return
        self._take_offer(decision.params)
        machine.require_hello = bool(decision.params.get("ehlo.required", True))
        machine.require_authentication = bool(decision.params.get("auth.required", False))
        machine.welcome(self._offer)

    def _take_offer(self, params: Mapping[str, Any]) -> None:
        offer, ceiling = offer_of(params, self._offer, self._host.clock()), self._settings.size_octets
        size = min(int(params.get("size") or ceiling), ceiling)
        self._offer = offer if offer.size_octets == size else structs.replace(offer, size_octets=size)

    # TLS and authentication

    def _start_tls(self, _: StartTls) -> None:
        context = self._host.tls() if self._host.tls else None
        if context is None:
            self._machine.reply(_NO_TLS)
            return
        self._machine.reply(READY_FOR_TLS)
        self._connection.flush()
        try:
            info = self._stream.starttls(context, server_side=True, timeout_seconds=self._settings.tls_timeout_seconds)
        except TlsFailed as error:
            maillog.tls_failed(reason=str(error))
            raise Ended("tls failed") from None
        maillog.tls_started(version=info.version, cipher=info.cipher, sni=info.sni)
        self._machine.tls_started()
        self._stages.forget_from("ehlo")
        self._context.greet("")
        self._context.principal, self._machine.require_authentication = None, False
        self._forget_transaction()

    def _authenticate(self, event: Auth) -> None:
        try:
            credentials = MECHANISMS[event.mechanism](event.initial_response, self._connection.ask)
        except Cancelled:
            return
        except Malformed:
            self._machine.reply(_MALFORMED_RESPONSE)
            return
        try:
            principal = self._host.directory.authenticate(credentials.login, credentials.password)
        except DirectoryUnavailable as error:
            maillog.unavailable(stage="auth", error=str(error))
            self._machine.reply(_AUTHENTICATION_UNAVAILABLE)
            return
        self._judge_credentials(event.mechanism, credentials, principal)

    def _judge_credentials(self, mechanism: str, credentials: Credentials, principal: Principal | None) -> None:
        """The script has the last word on good credentials, and may not make bad ones good."""
        good = principal is not None and principal.active
        values = {
            **facts.of_credentials(
                mechanism, credentials.login, credentials.authorization_id, "ok" if good else "bad", self._auth_failures
            ),
            **facts.of_account(principal),
        }
        decision = self._stages.run("auth", values, self._context.moment("auth"))
        params: Mapping[str, Any] = decision.params
        self._context.ban(params)
        if good and credentials.wants_to_impersonate:
            may = bool(params.get("impersonate"))
            principal = self._host.directory.principal(credentials.authorization_id) if may else None
        if decision.reply is None and good and principal is not None:
            self._welcome_user(mechanism, credentials, principal, params)
            return
        self._auth_failures += 1
        maillog.not_authenticated(
            mechanism=mechanism, login=credentials.login, peer=self._stream.peer.ip, failures=self._auth_failures
        )
        tasks.sleep(float(params.get("auth.wait", self._settings.auth_wait_seconds)))
        if self._auth_failures > self._settings.auth_errors_max:
            self._machine.reply(_TOO_MANY_FAILURES)
        else:
            self._machine.reply(decision.reply or _WRONG_CREDENTIALS, close=decision.close)

    def _welcome_user(
        self, mechanism: str, credentials: Credentials, principal: Principal, params: Mapping[str, Any]
    ) -> None:
        maillog.authenticated(mechanism=mechanism, login=credentials.login, account=principal.name)
        self._context.principal = principal
        self._stages.amend("auth", facts.of_account(principal))
        self._machine.bare_newline = self._settings.bare_newline or "normalize"
        self._take_offer(params)
        self._machine.offer = self._offer
        self._machine.reply(_AUTHENTICATED)

    # Transactions

    def _mail(self, event: Mail) -> None:
        self._forget_transaction()
        transaction = Transaction(self._context, event)
        if transaction.begin():
            self._transaction = transaction

    def _rcpt(self, event: Rcpt) -> None:
        assert self._transaction is not None
        self._transaction.add(event.recipient)

    def _message_starts(self, _: MessageStarts) -> None:
        self._connection.message_begins()

    def _message(self, event: Message) -> None:
        assert self._transaction is not None
        self._connection.message_ended()
        try:
            self._transaction.receive(event)
        finally:
            self._forget_transaction()

    def _reset(self, _: Reset) -> None:
        self._forget_transaction()

    def _forget_transaction(self) -> None:
        if self._transaction is not None:
            self._transaction = None
            self._stages.end_transaction()

    # The rest

    def _misuse(self, event: Misuse) -> None:
        if not self._machine.in_transaction:
            self._connection.message_ended()
            self._forget_transaction()
        maillog.misused(reply=str(event.reply), line=event.line)

    def _quit(self, _: Quit) -> None:
        self._forget_transaction()
        self._connection.goodbye()

    def _vrfy(self, event: Vrfy) -> None:
        self._look_up(self._offer.vrfy, _CANNOT_VERIFY, lambda: self._host.directory.verify(event.text))

    def _expn(self, event: Expn) -> None:
        self._look_up(self._offer.expn, _NO_EXPN, lambda: self._host.directory.expand(event.text.strip("<>")))

    def _look_up(self, offered: bool, refusal: Reply, ask: Callable[[], tuple[str, ...]]) -> None:
        if not offered:
            self._machine.reply(refusal)
            return
        try:
            found = ask()
        except DirectoryUnavailable as error:
            maillog.unavailable(stage="vrfy", error=str(error))
            self._machine.reply(_CANNOT_LOOK)
            return
        self._machine.reply(
            Reply(250, "2.1.5", "\n".join(f"<{address}>" for address in found)) if found else _NOT_FOUND
        )


def _first_offer(settings: Settings) -> Extensions:
    """Before any script has spoken."""
    return Extensions(
        size_octets=settings.size_octets,
        recipients_max=settings.recipients_max,
        messages_max=settings.messages_max,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        line_octets=settings.command_octets,
        sasl_octets=settings.sasl_octets,
        size_octets=settings.size_octets,
        recipients=settings.recipients_max,
        messages=settings.messages_max,
        errors=settings.errors_max,
        idle_commands=settings.idle_commands_max,
    )


_HANDLERS: Mapping[type[Event], Callable[[Session, Any], None]] = {
    Hello: Session._hello,
    StartTls: Session._start_tls,
    Auth: Session._authenticate,
    Mail: Session._mail,
    Rcpt: Session._rcpt,
    MessageStarts: Session._message_starts,
    Message: Session._message,
    Reset: Session._reset,
    Misuse: Session._misuse,
    Quit: Session._quit,
    Vrfy: Session._vrfy,
    Expn: Session._expn,
}
