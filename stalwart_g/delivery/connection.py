"""One conversation with another server: the client machine over a stream, with deadlines (RFC 5321 section 4.5.3.2).

What goes wrong on the way to a usable connection is one exception, `Unusable`, with the outcome in it; once there is a
connection, nothing raises: a lost or silent server has answered 421 to everything.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import TypeVar

from stalwart_g.delivery.outcome import Deferred, Failed, unfinished
from stalwart_g.delivery.settings import Timeouts
from stalwart_g.delivery.targets import Target
from stalwart_g.green.errors import ConnectionLost, TimedOut, TlsFailed
from stalwart_g.green.stream import Stream, dial
from stalwart_g.model.envelope import Envelope
from stalwart_g.model.errors import MailError
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.client import ClientMachine, Fate, Step
from stalwart_g.protocol.smtp.client import Outcome as Fates

Result = TypeVar("Result")

_ERRORS = {"connection": "connect", "protocol": "protocol", "closed": "reply"}


class Unusable(MailError):
    """This host cannot be used now; ``outcome`` says why."""

    def __init__(self, outcome: Deferred | Failed) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


class ClearTextOnly(MailError):
    """The handshake failed where encryption was only a wish: try again without it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How to speak to a host; connections of equal terms are interchangeable.

    Attributes:
        tls_level: none, may, encrypt or verify.
        demanded: the TLS level comes from the sender (RFC 8689): failing it is final.
    """

    target: Target
    hello_name: str
    source_ip: str | None = None
    lmtp: bool = False
    implicit_tls: bool = False
    tls_level: str = "may"
    login: str = ""
    password: str = ""
    demanded: bool = False


class Connection:
    """An open conversation, ready for a transaction."""

    def __init__(self, terms: Terms, stream: Stream, timeouts: Timeouts) -> None:
        self.terms, self.started = terms, monotonic()
        self.transactions = 0
        self._stream, self._timeouts = stream, timeouts
        self._client = ClientMachine(terms.hello_name, lmtp=terms.lmtp)
        self._error = ""
        self.attempt_starts()

    def attempt_starts(self) -> None:
        """From here on the time of one attempt runs."""
        self._end = monotonic() + self._timeouts.total

    @property
    def host(self) -> str:
        """Its name."""
        return self.terms.target.host

    @property
    def tls_version(self) -> str:
        return self._stream.tls.version if self._stream.tls else ""

    @property
    def is_usable(self) -> bool:
        room = self._client.messages_max
        return self._client.is_usable and not self._stream.closed and (room is None or self.transactions < room)

    def error(self, reply: Reply) -> str:
        """Of what kind a negative reply is: the server's own word, or ours for the end of the conversation."""
        if reply.code != 421:
            return "reply"
        return self._error or _ERRORS.get(self._client.failure, "reply")

    def offers(self, keyword: str) -> bool:
        return self._client.offers(keyword)

    def send(self, envelope: Envelope, octets: bytes) -> Fates:
        """One transaction."""
        parameters = envelope.parameters
        if parameters.by_mode.startswith("R") and not self.offers("DELIVERBY"):
            refusal = Reply(
                550, "5.3.3", "The next server does not take mail with a deadline"
            )  # RFC 2852 section 4.1.4
            return Fates((Fate(refusal, "mail"),) * len(envelope.recipients))
        self.transactions += 1
        return self._perform(self._client.send(envelope, octets))

    def quit(self) -> None:
        """Take leave and close. Never raises."""
        if self._client.is_usable and not self._stream.closed:
            self.attempt_starts()
            self._perform(self._client.quit())
        self._stream.close()

    def close(self) -> None:
        self._stream.close()

    # The way to a usable connection

    def begin(self, context: Callable[[str], ssl.SSLContext]) -> None:
        """Greeting, EHLO, STARTTLS, AUTH as the terms say.

        Raises:
            Unusable, ClearTextOnly
        """
        if self.terms.implicit_tls:
            self._handshake(context)
        self._expect(self._client.greeting())
        self._expect(self._client.hello())
        if not self._client.tls and self.terms.tls_level != "none":
            self._start_tls(context)
        if self.terms.login:
            self._expect(self._client.authenticate(self.terms.login, self.terms.password))

    def _start_tls(self, context: Callable[[str], ssl.SSLContext]) -> None:
        reply = None
        if self._client.offers("STARTTLS"):
            reply = self._perform(self._client.start_tls())
        if reply is not None and reply.is_positive:
            self._handshake(context)
            self._expect(self._client.hello())
        elif self.terms.tls_level != "may":
            text = "The next server does not offer STARTTLS" if reply is None else f"STARTTLS was refused: {reply}"
            raise self._insecure(text, "30" if reply is None else "10")

    def _handshake(self, context: Callable[[str], ssl.SSLContext]) -> None:
        try:
            self._stream.starttls(
                context(self.terms.tls_level),
                server_side=False,
                server_hostname=self.terms.target.host.strip("[]"),
                timeout_seconds=self._timeouts.tls,
            )
        except (TlsFailed, TimedOut, ConnectionLost) as error:
            if self.terms.tls_level == "may" and not self.terms.implicit_tls:
                raise ClearTextOnly(str(error)) from None
            raise self._insecure(f"The TLS handshake failed: {error}", "10") from None
        self._client.tls_started()

    def _insecure(self, text: str, demanded_detail: str) -> Unusable:
        """The connection is not as safe as it must be. Temporary, unless it was the sender who asked for it."""
        reply, error = Reply(451, "4.7.10", text), "tls"
        if self.terms.demanded:
            reply, error = Reply(550, f"5.7.{demanded_detail}", text), "requiretls"
        return Unusable(unfinished(reply, stage="tls", error=error, host=self.host, ip=self.terms.target.ip))

    def _expect(self, step: Step[Reply]) -> None:
        """A refusal here is about us or about this host, not about the message: never final."""
        reply = self._perform(step)
        if not reply.is_positive:
            raise Unusable(self._deferred(reply, self._client.stage))

    def _deferred(self, reply: Reply, stage: str) -> Deferred:
        status = "4" + (reply.enhanced_code[1:] or ".0.0")
        return Deferred(
            code=reply.code, status=status, text=reply.text, stage=stage, error=self.error(reply), host=self.host,
            mx=self.host, ip=self.terms.target.ip, tls=self.tls_version,
        )  # fmt: skip

    def _perform(self, step: Step[Result]) -> Result:
        """Let client and server talk until the step has its result."""
        client, stream = self._client, self._stream
        while step.result is None:
            try:
                if octets := client.data_to_send():
                    stream.set_deadline(self._allowed("data" if client.stage == "final" else client.stage))
                    stream.send(octets)
                stream.set_deadline(self._allowed(client.stage))
                received = stream.recv(65536)
            except TimedOut:
                self._error, received = "timeout", b""
            except ConnectionLost:
                received = b""
            client.receive_data(received)
        return step.result

    def _allowed(self, stage: str) -> float:
        """Seconds for what is awaited now."""
        seconds = {"final": self._timeouts.data, "auth": self._timeouts.mail}.get(stage)
        if seconds is None:
            seconds = float(getattr(self._timeouts, stage))
        return max(0.001, min(seconds, self._end - monotonic()))


def connect(terms: Terms, timeouts: Timeouts, context: Callable[[str], ssl.SSLContext]) -> Connection:
    """A connection that is ready for a transaction; in clear text if encryption failed and was only a wish.

    Raises:
        Unusable
    """
    try:
        return _connect(terms, timeouts, context)
    except ClearTextOnly:
        return _connect(replace(terms, tls_level="none"), timeouts, context)


def _connect(terms: Terms, timeouts: Timeouts, context: Callable[[str], ssl.SSLContext]) -> Connection:
    target = terms.target
    try:
        stream = dial(target.ip, target.port, timeout_seconds=timeouts.connect, source_ip=terms.source_ip)
    except (ConnectionLost, TimedOut) as error:
        reply = Reply(451, "4.4.1", f"No connection to {target.host} [{target.ip}]: {error}")
        kind = "timeout" if isinstance(error, TimedOut) else "connect"
        raise Unusable(unfinished(reply, stage="connect", error=kind, host=target.host, ip=target.ip)) from None
    connection = Connection(terms, stream, timeouts)
    try:
        connection.begin(context)
    except BaseException:  # also when killed: nobody else would close it
        connection.close()
        raise
    return connection
