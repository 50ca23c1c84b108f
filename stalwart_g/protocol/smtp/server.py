"""The server's side of SMTP, submission and LMTP as a machine (RFC 5321, 2033, 2920, 3030, 3207, 4954). Does no I/O.

A session drives it::

    machine.greet(Reply(220, "", "mx.example.org ready"))
    while True:
        event = machine.next_event()
        if event is None:                               # all that came is worked off
            stream.send(machine.data_to_send())
            if machine.is_closing:
                break
            machine.receive_data(stream.recv(65536))
        elif isinstance(event, Rcpt):
            machine.reply(Reply(250, "2.1.5", "Ok"))    # one answer to each event of ``events.Asked``
        ...

The machine judges form and order, and answers by itself what is nobody's decision (NOOP, RSET, 354, every refusal of
form); the session judges all else. An answer of the session moves the state: a 2xx to MAIL opens the transaction, a
2xx to RCPT counts a recipient, a 235 means authenticated, 221 and 421 end the session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp import grammar, replies
from stalwart_g.protocol.smtp.data import Body, ChunkReceiver, DataReceiver, finish
from stalwart_g.protocol.smtp.events import (
    Asked,
    Auth,
    AuthResponse,
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
from stalwart_g.protocol.smtp.extensions import NO_EXTENSIONS, Extensions, capabilities
from stalwart_g.protocol.smtp.limits import Limits
from stalwart_g.protocol.smtp.lines import LineReader, text_of
from stalwart_g.protocol.smtp.parameters import NO_TERMS, MailTerms
from stalwart_g.protocol.smtp.replies import CommandError, bad_parameter, out_of_order

_OK = replies.OK.encode()
_START_INPUT = replies.START_INPUT.encode()
_MESSAGE_STARTS = MessageStarts()
_MUST_WAIT = frozenset({"DATA", "EHLO", "HELO", "LHLO", "STARTTLS", "AUTH", "QUIT"})


class ServerMachine:
    """One connection, from the greeting to the last reply.

    ``lenient`` (for old scripts on trusted listeners) takes bare LF after commands and paths without brackets.
    ``bare_newline`` is what happens to a message with bare CRs or LFs: ``reject``, ``normalize`` or ``allow``.
    """

    def __init__(
        self, hostname: str, *, lmtp: bool = False, lenient: bool = False, limits: Limits | None = None
    ) -> None:
        self.hostname = hostname
        self.lmtp = lmtp
        self.lenient = lenient
        self.limits = limits or Limits()
        self.bare_newline = "reject"
        self.require_hello = True
        self.require_authentication = False
        self.offer = NO_EXTENSIONS  # what was announced; the session may change it after AUTH
        self.hello: Hello | None = None
        self.tls = False
        self.authenticated = False
        self.early_talk = False  # the client spoke before the greeting
        self.bad_pipelining = False  # it did not wait where RFC 2920 says that it must
        self.errors = 0
        self.messages = 0
        self.recipients = 0  # of this transaction
        self.received_octets = 0
        self.pause_seconds = 0.0  # wait so long before the replies go out: the price of errors
        self.is_closing = False
        self._mail: Mail | None = None  # the open transaction
        self._body: Body | None = None  # of BDAT chunks, once the first has come
        self._body_failure: Reply | None = None  # the answer to all further chunks (RFC 3030 section 2)
        self._receiver: DataReceiver | ChunkReceiver | None = None
        self._pending: Asked | None = None
        self._in_auth = False
        self._greeted = False
        self._idle_commands = 0
        self._in = LineReader()
        self._out: list[bytes] = []

    # Bytes

    def receive_data(self, octets: bytes) -> None:
        """Take what the network brought; ``b""`` says that the client is gone."""
        if not octets:
            self.is_closing = True
            return
        self.early_talk |= not self._greeted
        self.received_octets += len(octets)
        self._in.feed(octets)

    def data_to_send(self) -> bytes:
        """All replies since the last call."""
        out = self._out
        self.pause_seconds = 0.0
        if len(out) == 1:
            return out.pop()
        octets = b"".join(out)
        out.clear()
        return octets

    # Events and answers

    def next_event(self) -> Event | None:
        """The next thing that concerns the session; None while there is none."""
        assert self._pending is None, f"{self._pending} is not answered"
        while not self.is_closing:
            if self._receiver is not None:
                rest = self._receiver.receive(self._in.take_rest())
                if rest is None:
                    return None
                self._in.feed(rest)
                event = self._received()
            else:
                limits = self.limits
                line = self._in.next_line(
                    limits.sasl_octets if self._in_auth else limits.line_octets, limits.sasl_octets
                )
                if line is None:
                    return None
                event = self._command(line)
            if event is not None:
                return event
        return None

    def greet(self, reply: Reply) -> None:
        """The first words. After a 5xx only QUIT is of use (RFC 5321 section 3.1), so the connection ends."""
        self._greeted = True
        self._write(reply, close=not reply.is_positive)

    def welcome(self, offer: Extensions) -> None:
        """Answer a Hello: the name is good, and this is what the client may use."""
        hello = self._pending
        assert isinstance(hello, Hello)
        self._pending = None
        self._forget_transaction()
        self.hello = hello
        self.limits.size_octets = offer.size_octets or self.limits.size_octets
        if not hello.is_extended:
            self.offer = replace(NO_EXTENSIONS, vrfy=offer.vrfy, expn=offer.expn)
            self._write(Reply(250, "", self.hostname))
            return
        self.offer = offer
        self._write(capabilities(self.hostname, offer, tls=self.tls, authenticated=self.authenticated))

    def challenge(self, octets: bytes) -> None:
        """Answer an Auth or AuthResponse: the mechanism wants to know more."""
        assert isinstance(self._pending, Auth | AuthResponse)
        self._pending = None
        self._in_auth = True
        self._write(Reply(334, "", grammar.to_base64(octets)))

    def tls_started(self) -> None:
        """To be called after the handshake: all that was said in clear text is forgotten (RFC 3207 section 4.2)."""
        self.tls = True
        self.hello, self.offer, self.authenticated = None, NO_EXTENSIONS, False
        self._in = LineReader()
        self._forget_transaction()

    def reply(self, reply: Reply, *, close: bool = False) -> None:
        """Answer the pending event. To a message on LMTP the reply is given once for each recipient (RFC 2033)."""
        pending, self._pending = self._pending, None
        assert pending is not None, "nothing to answer"
        if isinstance(pending, Message):
            self._end_of_message(reply, close=close)
            return
        self._settle(pending, reply)
        if reply.is_permanent:
            self._refuse(reply, close=close)
        else:
            self._write(reply, close=close)

    def reply_each(self, results: Sequence[Reply]) -> None:
        """Answer a message on LMTP: one reply a recipient, in the order of their RCPTs."""
        assert isinstance(self._pending, Message)
        assert self.lmtp
        assert len(results) == self.recipients
        self._pending = None
        self.messages += any(result.is_positive for result in results)
        self._forget_transaction()
        for result in results:
            self._write(result)

    def close(self, reply: Reply) -> None:
        """End the session with this reply, whatever is going on: shutdown, time out, a limit, an error of ours."""
        self._pending = None
        self._write(reply, close=True)

    @property
    def awaits_answer(self) -> bool:
        """The last event was one of ``events.Asked``, and is not answered yet."""
        return self._pending is not None

    @property
    def in_message(self) -> bool:
        """A message is coming in: the next octets are not commands."""
        return self._receiver is not None

    @property
    def in_transaction(self) -> bool:
        return self._mail is not None

    # Commands

    def _command(self, line: bytes) -> Event | None:
        shown, text = "", ""
        try:
            text = text_of(line, lenient=self.lenient)
            if self._in_auth:
                shown = "AUTH"  # secrets go no further than here
                return self._auth_response(text)
            verb, _, argument = text.partition(" ")
            handler = _VERBS.get(verb) or _VERBS.get(verb := verb.upper())
            if handler is None:
                raise CommandError(replies.UNKNOWN_COMMAND)
            if self._in.has_more and (verb in _MUST_WAIT or not self.offer.pipelining):
                self.bad_pipelining = True
            return handler(self, argument)
        except CommandError as error:
            self._in_auth = False
            return self._misuse(error.reply, shown or _without_secrets(text), close=error.close)

    def _on_hello(self, verb: str, argument: str) -> Hello:
        if self.lmtp and verb == "EHLO":
            raise CommandError(replies.UNKNOWN_COMMAND)
        if not self.lmtp and verb == "LHLO":
            raise CommandError(replies.NOT_IMPLEMENTED)
        if verb == "HELO" and (self.lmtp or self.hello):
            raise out_of_order("Not here, or not again")
        hello = grammar.hello(verb, argument)
        self._pending = hello
        return hello

    def _on_mail(self, argument: str) -> Mail:
        if self.hello is None and self.require_hello:
            raise CommandError(replies.HELLO_FIRST)
        if self._mail is not None:
            raise CommandError(replies.NESTED_MAIL)
        if self.require_authentication and not self.authenticated:
            raise CommandError(replies.AUTHENTICATION_REQUIRED)
        mail = grammar.mail(argument, self.offer, lenient=self.lenient)
        if mail.terms is not NO_TERMS:
            self._judge(mail.terms)
        self._pending = mail
        return mail

    def _judge(self, terms: MailTerms) -> None:
        """What is offered, and yet cannot be had to this extent, or not here."""
        parameters, offer = terms.parameters, self.offer
        if (parameters.size_octets or 0) > self.limits.size_octets:
            raise CommandError(replies.TOO_BIG)
        if parameters.requiretls and not self.tls:
            raise CommandError(replies.TLS_REQUIRED)
        if (terms.hold_for_seconds or 0) > offer.future_release_seconds:
            raise bad_parameter("HOLDFOR is over the maximum")
        if parameters.by_mode[:1] == "R" and (parameters.by_seconds or 0) < (offer.deliver_by_seconds or 0):
            raise bad_parameter("BY is under the minimum")
        if parameters.body == "BINARYMIME" and not offer.chunking:
            raise bad_parameter("BINARYMIME is not offered here")

    def _on_rcpt(self, argument: str) -> Rcpt:
        mail = self._mail
        if mail is None or self._body is not None:
            raise CommandError(replies.MAIL_FIRST)
        if self.recipients >= self.limits.recipients:
            raise CommandError(replies.TOO_MANY_RECIPIENTS)
        rcpt = grammar.rcpt(argument, self.offer, self.hostname, lenient=self.lenient)
        if not rcpt.recipient.address.is_ascii and not mail.terms.parameters.smtputf8:
            raise CommandError(replies.NEEDS_SMTPUTF8)
        self._pending = rcpt
        return rcpt

    def _on_data(self, argument: str) -> MessageStarts:
        grammar.nothing("DATA", argument)
        if self._body is not None:
            raise out_of_order("BDAT was begun, DATA cannot follow")
        if failure := self._no_message_now():
            raise CommandError(failure)
        assert self._mail is not None
        if self._mail.terms.parameters.body == "BINARYMIME":
            raise CommandError(replies.NEEDS_BDAT)
        self._receiver = DataReceiver(Body(self.limits.size_octets))
        self._send(_START_INPUT)
        return _MESSAGE_STARTS

    def _on_bdat(self, argument: str) -> MessageStarts | None:
        """The chunk is taken off the stream whatever the answer will be."""
        size_octets, last = grammar.bdat(argument)
        first = self._body is None
        if self._body is None:
            self._body_failure = self._no_message_now() if self.offer.chunking else replies.NOT_IMPLEMENTED
        body = self._body or Body(self.limits.size_octets)
        if self._mail is not None and self._body_failure is None:
            self._body = body
        self._receiver = ChunkReceiver(body, size_octets, last=last, failure=self._body_failure)
        return _MESSAGE_STARTS if first and self._body_failure is None else None

    def _no_message_now(self) -> Reply | None:
        if not self.recipients:
            return replies.RECIPIENT_FIRST
        return replies.TOO_MANY_MESSAGES if self.messages >= self.limits.messages else None

    def _on_rset(self, argument: str) -> Reset:
        grammar.nothing("RSET", argument)
        self._idle()
        self._forget_transaction()
        self._send(_OK)
        return Reset()

    def _on_noop(self, _: str) -> None:
        self._idle()
        self._send(_OK)

    def _on_help(self, _: str) -> None:
        self._idle()
        self._write(replies.HELP)

    def _on_quit(self, argument: str) -> Quit:
        grammar.nothing("QUIT", argument)
        self._write(replies.BYE)
        return Quit()

    def _on_vrfy(self, argument: str) -> Vrfy:
        self._idle()
        self._pending = event = Vrfy(grammar.something("VRFY", argument))
        return event

    def _on_expn(self, argument: str) -> Expn:
        self._idle()
        self._pending = event = Expn(grammar.something("EXPN", argument))
        return event

    def _on_starttls(self, argument: str) -> StartTls:
        grammar.nothing("STARTTLS", argument)
        if self.tls:
            raise CommandError(replies.ALREADY_TLS)
        if not self.offer.starttls:
            raise CommandError(replies.NOT_IMPLEMENTED)
        if self._in.has_more:
            raise CommandError(replies.PLAINTEXT_AFTER_STARTTLS, close=True)
        self._pending = event = StartTls()
        return event

    def _on_auth(self, argument: str) -> Auth:
        if self.hello is None or not self.hello.is_extended:
            raise CommandError(replies.HELLO_FIRST)
        if self.authenticated or self._mail is not None or not self.offer.mechanisms:
            raise out_of_order("AUTH is not possible here, or not now")
        mechanism = argument.partition(" ")[0].upper()
        if mechanism not in self.offer.mechanisms_for(tls=self.tls):
            hidden = mechanism in self.offer.mechanisms
            raise CommandError(replies.ENCRYPTION_NEEDED if hidden else replies.UNKNOWN_MECHANISM)
        self._pending = event = grammar.auth(argument)
        return event

    def _auth_response(self, text: str) -> AuthResponse:
        self._in_auth = False
        if text == "*":
            raise CommandError(replies.CANCELLED)
        self._pending = event = AuthResponse(grammar.from_base64(text))
        return event

    def _not_implemented(self, _: str) -> None:
        raise CommandError(replies.NOT_IMPLEMENTED)

    # Messages

    def _received(self) -> Event | None:
        """What stands at the end of data or of a chunk."""
        receiver, self._receiver = self._receiver, None
        assert receiver is not None
        if isinstance(receiver, ChunkReceiver):
            if receiver.failure:
                return self._chunk_refused(receiver.failure)
            if receiver.body.is_too_big:
                self._body_failure = replies.TOO_BIG
                return self._chunk_refused(replies.TOO_BIG, last=receiver.last)
            if not receiver.last:
                self._write(Reply(250, "2.6.0", f"{receiver.body.size_octets} octets received"))
                return None
        return self._message(receiver)

    def _chunk_refused(self, failure: Reply, *, last: bool = False) -> Misuse:
        """LAST ends the transaction, refused or not."""
        if last and self._mail is not None:
            self._end_of_message(failure)
            return Misuse(failure, "BDAT")
        return self._misuse(failure, "BDAT")

    def _message(self, receiver: DataReceiver | ChunkReceiver) -> Message | Misuse:
        assert self._mail is not None
        binary = self._mail.terms.parameters.body == "BINARYMIME"
        finished = finish(receiver.body, self.bare_newline, binary=binary, lenient=self.lenient)
        if finished.refusal:
            false_end = isinstance(receiver, DataReceiver) and receiver.false_end
            self._end_of_message(finished.refusal, close=false_end and self.bare_newline == "reject")
            return Misuse(finished.refusal, "end of data")
        self._pending = message = Message(finished.octets, finished.bare_newline, finished.long_line)
        return message

    def _end_of_message(self, reply: Reply, *, close: bool = False) -> None:
        count = self.recipients if self.lmtp else 1
        self.messages += reply.is_positive
        self._forget_transaction()
        for number in range(count, 0, -1):
            self._write(reply, close=close and number == 1)

    # State

    def _settle(self, event: Asked, reply: Reply) -> None:
        """What an answer means for the state."""
        match event:
            case Mail() if reply.is_positive:
                self._mail = event
            case Rcpt():
                self.recipients += reply.is_positive
            case Hello():
                self._forget_transaction()
            case Auth() | AuthResponse():
                self.authenticated = reply.code == 235

    def _forget_transaction(self) -> None:
        self._mail = self._body = self._body_failure = None
        self.recipients = 0

    def _idle(self) -> None:
        self._idle_commands += 1
        if self._idle_commands > self.limits.idle_commands:
            self._count_error()

    def _misuse(self, reply: Reply, text: str, *, close: bool = False) -> Misuse:
        self._refuse(reply, close=close)
        return Misuse(reply, text)

    def _refuse(self, reply: Reply, *, close: bool = False) -> None:
        if reply.is_permanent:
            self._count_error()
        self._write(reply, close=close)

    def _count_error(self) -> None:
        """From half of the limit each error costs a second; at the limit the session ends."""
        self.errors += 1
        if 2 * self.errors > self.limits.errors:
            self.pause_seconds += 1.0
        if self.errors >= self.limits.errors:
            self._write(replies.TOO_MANY_ERRORS)

    def _write(self, reply: Reply, *, close: bool = False) -> None:
        self._send(reply.encode())
        self.is_closing |= close or reply.closes

    def _send(self, octets: bytes) -> None:
        """Nothing follows the last words."""
        if not self.is_closing:
            self._out.append(octets)


def _without_secrets(text: str) -> str:
    return "AUTH" if text[:4].upper() == "AUTH" else text


_VERBS: dict[str, Callable[[ServerMachine, str], Event | None]] = {
    "EHLO": lambda machine, argument: machine._on_hello("EHLO", argument),
    "HELO": lambda machine, argument: machine._on_hello("HELO", argument),
    "LHLO": lambda machine, argument: machine._on_hello("LHLO", argument),
    "MAIL": ServerMachine._on_mail,
    "RCPT": ServerMachine._on_rcpt,
    "DATA": ServerMachine._on_data,
    "BDAT": ServerMachine._on_bdat,
    "RSET": ServerMachine._on_rset,
    "NOOP": ServerMachine._on_noop,
    "HELP": ServerMachine._on_help,
    "QUIT": ServerMachine._on_quit,
    "VRFY": ServerMachine._on_vrfy,
    "EXPN": ServerMachine._on_expn,
    "STARTTLS": ServerMachine._on_starttls,
    "AUTH": ServerMachine._on_auth,
    "ETRN": ServerMachine._not_implemented,
    "ATRN": ServerMachine._not_implemented,
    "BURL": ServerMachine._not_implemented,
}
