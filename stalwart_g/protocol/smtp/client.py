"""The client's side of SMTP and LMTP as a machine (RFC 5321, 2033, 2920, 3030, 3207, 3461, 4954). Does no I/O.

Each method that talks starts a ``Step``; its ``result`` is there once the server has answered. One loop drives all::

    def perform(stream: Stream, client: ClientMachine, step: Step[Result]) -> Result:
        while step.result is None:
            stream.send(client.data_to_send())
            stream.set_deadline(timeouts[client.stage])
            client.receive_data(stream.recv(65536))     # b"" when the server is gone
        return step.result

    perform(stream, client, client.greeting())          # -> Reply, and so for the next four
    perform(stream, client, client.hello())
    if client.offers("STARTTLS") and perform(stream, client, client.start_tls()).is_positive:
        stream.starttls(context)
        client.tls_started()
        perform(stream, client, client.hello())
    outcome = perform(stream, client, client.send(envelope, octets))    # -> Outcome: one Fate a recipient
    perform(stream, client, client.quit())

Nothing that a server sends raises. What is no reply, and a connection that ends, read as a ``421`` to everything that
is still unanswered; ``failure`` then tells which of them it was.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp import xtext
from stalwart_g.protocol.smtp.data import stuffed
from stalwart_g.protocol.smtp.response import BadReply, ReplyReader

RECIPIENTS_MAX = 100  # RFC 5321 section 4.5.3.1.8: what every server takes

Result = TypeVar("Result")
Dialogue = Generator[None, Reply, Result]

_LOST = Reply(421, "4.4.2", "Connection lost")
_NEEDS_SMTPUTF8 = Reply(550, "5.6.7", "The next server does not offer SMTPUTF8")
_NEEDS_BINARYMIME = Reply(554, "5.6.3", "The next server does not offer BINARYMIME")
_NEEDS_REQUIRETLS = Reply(550, "5.7.30", "The next server does not offer REQUIRETLS")
_TOO_BIG = Reply(552, "5.3.4", "The next server does not take messages of this size")
_NO_MECHANISM = Reply(454, "4.7.0", "The next server offers no mechanism that we know")
_NEXT_TIME = Reply(452, "4.5.3", "Over the recipients of one transaction")
_NOT_354 = Reply(451, "4.5.0", "The next server did not go on after DATA")


class Step(Generic[Result]):
    """Something that was begun; ``result`` is None until the server has said all."""

    def __init__(self) -> None:
        self.result: Result | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one recipient: the reply that decided it, and the stage in which it came."""

    reply: Reply
    stage: str  # mail, rcpt, data or final


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one transaction: ``fates`` are in the order of the envelope's recipients."""

    fates: tuple[Fate, ...]
    eight_bit_unannounced: bool = False  # 8-bit content went to a server without 8BITMIME


class ClientMachine:
    """One connection. ``stage`` names the reply that is awaited, ``failure`` why the connection is of no more use."""

    def __init__(self, hello_name: str, *, lmtp: bool = False) -> None:
        self.hello_name = hello_name
        self.lmtp = lmtp
        self.tls = False
        self.authenticated = False
        self.extensions: dict[str, str] = {}  # keyword to what follows it
        self.stage = "greeting"
        self.failure = ""  # connection, protocol, or closed: the server said 421
        self._closing: Reply | None = None  # the answer to everything from now on
        self._in = ReplyReader()
        self._out: list[bytes] = []
        self._dialogue: Dialogue[Any] | None = None
        self._step: Step[Any] | None = None

    # Bytes

    def receive_data(self, octets: bytes) -> None:
        """Take what the network brought; ``b""`` says that the server is gone."""
        if not octets:
            self._fail("connection", _LOST)
        else:
            try:
                self._in.feed(octets)
            except BadReply as error:
                self._fail("protocol", Reply(421, "4.5.0", f"Not understood: {error}"))
        self._advance()

    def data_to_send(self) -> bytes:
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    # What the server offers

    def offers(self, keyword: str) -> bool:
        return keyword in self.extensions

    @property
    def is_usable(self) -> bool:
        """Another step makes sense."""
        return self._closing is None

    @property
    def recipients_max(self) -> int:
        """Of one transaction (RFC 9422)."""
        return self._limit("RCPTMAX") or RECIPIENTS_MAX

    @property
    def messages_max(self) -> int | None:
        """Of this connection (RFC 9422); None where the server says nothing."""
        return self._limit("MAILMAX")

    # Steps

    def greeting(self) -> Step[Reply]:
        return self._start(self._reply("greeting"))

    def hello(self) -> Step[Reply]:
        """EHLO, then HELO where the server does not know it; LHLO on LMTP."""
        return self._start(self._hello())

    def start_tls(self) -> Step[Reply]:
        """After a 220, do the handshake, call ``tls_started``, and say hello again."""
        return self._start(self._ask(b"STARTTLS", "tls"))

    def tls_started(self) -> None:
        """What was said in clear text is forgotten; replies that were sent ahead are an attack (RFC 3207 section 6)."""
        if not self._in.is_empty:
            self._fail("protocol", Reply(421, "4.5.0", "Replies before the TLS handshake"))
        self.tls, self.extensions = True, {}

    def authenticate(self, login: str, password: str) -> Step[Reply]:
        """PLAIN or LOGIN (RFC 4954). Meant for connections with TLS; the caller judges that."""
        return self._start(self._authenticate(login, password))

    def send(self, envelope: Envelope, octets: bytes) -> Step[Outcome]:
        """One transaction. Recipients beyond ``recipients_max`` are answered with 452: send them in another one."""
        return self._start(self._send(envelope, octets))

    def reset(self) -> Step[Reply]:
        return self._start(self._ask(b"RSET", "mail"))

    def quit(self) -> Step[Reply]:
        return self._start(self._ask(b"QUIT", "quit"))

    # Dialogues: generators that write, and wait for replies with ``yield``

    def _hello(self) -> Dialogue[Reply]:
        name = self.hello_name.encode("ascii", "replace")
        reply = yield from self._ask((b"LHLO " if self.lmtp else b"EHLO ") + name, "ehlo")
        if reply.is_positive:
            self.extensions = _extensions(reply)
        elif reply.code in (500, 501, 502, 504) and not self.lmtp:
            self.extensions = {}
            reply = yield from self._ask(b"HELO " + name, "ehlo")
        return reply

    def _authenticate(self, login: str, password: str) -> Dialogue[Reply]:
        mechanisms = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in mechanisms:
            reply = yield from self._ask(b"AUTH PLAIN " + _base64(f"\0{login}\0{password}"), "auth")
        elif "LOGIN" in mechanisms:
            reply = yield from self._ask(b"AUTH LOGIN", "auth")
            for answer in (login, password):
                if reply.code == 334:
                    reply = yield from self._ask(_base64(answer), "auth")
        else:
            return _NO_MECHANISM
        self.authenticated = reply.code == 235
        return reply

    def _send(self, envelope: Envelope, octets: bytes) -> Dialogue[Outcome]:
        terms, recipients = envelope.parameters, envelope.recipients
        if obstacle := self._obstacle(envelope, octets):
            return Outcome((Fate(obstacle, "mail"),) * len(recipients))
        now, later = recipients[: self.recipients_max], recipients[self.recipients_max :]
        eight_bit = not octets.isascii()
        mail = self._mail_command(envelope, octets, eight_bit=eight_bit)
        commands = [self._rcpt_command(recipient) for recipient in now]
        if terms.body == "BINARYMIME":
            fates = yield from self._by_bdat(mail, commands, octets)
        elif self.offers("PIPELINING"):
            fates = yield from self._in_one_go(mail, commands, octets)
        else:
            fates = yield from self._one_by_one(mail, commands, octets)
        fates += [Fate(_NEXT_TIME, "rcpt") for _ in later]
        return Outcome(tuple(fates), eight_bit and not self.offers("8BITMIME"))

    def _in_one_go(self, mail: bytes, rcpts: Sequence[bytes], octets: bytes) -> Dialogue[list[Fate]]:
        """MAIL, all RCPTs and DATA in one round trip (RFC 2920)."""
        self._write(b"\r\n".join((mail, *rcpts, b"DATA", b"")))
        answer = yield from self._reply("mail")
        fates = []
        for _ in rcpts:
            reply = yield from self._reply("rcpt")
            fates.append(Fate(reply, "rcpt") if answer.is_positive else Fate(answer, "mail"))
        reply = yield from self._reply("data")
        if any(fate.reply.is_positive for fate in fates):
            return (yield from self._content(fates, reply, stuffed(octets)))
        if reply.code == 354:
            self._write(b".\r\n")
            yield from self._reply("final")
        else:
            yield from self._ask(b"RSET", "data")
        return fates

    def _one_by_one(self, mail: bytes, rcpts: Sequence[bytes], octets: bytes) -> Dialogue[list[Fate]]:
        fates = yield from self._envelope(mail, rcpts)
        if not any(fate.reply.is_positive for fate in fates):
            return fates
        reply = yield from self._ask(b"DATA", "data")
        return (yield from self._content(fates, reply, stuffed(octets)))

    def _by_bdat(self, mail: bytes, rcpts: Sequence[bytes], octets: bytes) -> Dialogue[list[Fate]]:
        fates = yield from self._envelope(mail, rcpts)
        if not any(fate.reply.is_positive for fate in fates):
            return fates
        self._write(b"BDAT %d LAST\r\n%b" % (len(octets), octets))
        return (yield from self._finals(fates))

    def _envelope(self, mail: bytes, rcpts: Sequence[bytes]) -> Dialogue[list[Fate]]:
        """MAIL and RCPTs, each after the answer to the one before; a transaction without recipients is reset."""
        answer = yield from self._ask(mail, "mail")
        if not answer.is_positive:
            return [Fate(answer, "mail") for _ in rcpts]
        fates = []
        for rcpt in rcpts:
            reply = yield from self._ask(rcpt, "rcpt")
            fates.append(Fate(reply, "rcpt"))
        if not any(fate.reply.is_positive for fate in fates):
            yield from self._ask(b"RSET", "rcpt")
        return fates

    def _content(self, fates: list[Fate], reply: Reply, wire: bytes) -> Dialogue[list[Fate]]:
        if reply.code != 354:
            refusal = reply if reply.code >= 400 else _NOT_354
            yield from self._ask(b"RSET", "data")
            return [Fate(refusal, "data") if fate.reply.is_positive else fate for fate in fates]
        self._write(wire)
        return (yield from self._finals(fates))

    def _finals(self, fates: list[Fate]) -> Dialogue[list[Fate]]:
        """One last reply for all recipients; on LMTP one for each (RFC 2033 section 4.2)."""
        last: Reply | None = None
        for index, fate in enumerate(fates):
            if fate.reply.is_positive:
                if last is None or self.lmtp:
                    last = yield from self._reply("final")
                fates[index] = Fate(last, "final")
        return fates

    # Commands

    def _obstacle(self, envelope: Envelope, octets: bytes) -> Reply | None:
        """Why this message cannot be sent to this server at all."""
        terms = envelope.parameters
        size = _number(self.extensions.get("SIZE", ""))
        obstacles = (
            (_needs_smtputf8(envelope, octets) and not self.offers("SMTPUTF8"), _NEEDS_SMTPUTF8),
            (
                terms.body == "BINARYMIME" and not (self.offers("BINARYMIME") and self.offers("CHUNKING")),
                _NEEDS_BINARYMIME,
            ),
            (terms.requiretls and not self.offers("REQUIRETLS"), _NEEDS_REQUIRETLS),
            (0 < size < len(octets), _TOO_BIG),
        )
        return next((reply for stands, reply in obstacles if stands), None)

    def _mail_command(self, envelope: Envelope, octets: bytes, *, eight_bit: bool) -> bytes:
        terms = envelope.parameters
        body = terms.body if terms.body == "BINARYMIME" else "8BITMIME" if eight_bit else ""
        parameters = (
            ("SIZE", f"SIZE={len(octets)}", True),
            ("8BITMIME", f"BODY={body}", body),
            ("SMTPUTF8", "SMTPUTF8", _needs_smtputf8(envelope, octets)),
            ("REQUIRETLS", "REQUIRETLS", terms.requiretls),
            ("DSN", f"RET={terms.ret}", terms.ret),
            ("DSN", f"ENVID={xtext.encode(terms.envid)}", terms.envid),
            ("DELIVERBY", f"BY={terms.by_seconds};{terms.by_mode}", _may_ask_by(terms)),
            ("MT-PRIORITY", f"MT-PRIORITY={terms.priority}", terms.priority is not None),
        )
        words = [text for keyword, text, wanted in parameters if wanted and self.offers(keyword)]
        return _line(" ".join((f"MAIL FROM:<{envelope.reverse_path}>", *words)))

    def _rcpt_command(self, recipient: Recipient) -> bytes:
        words = [f"RCPT TO:<{recipient.address}>"]
        if self.offers("DSN"):
            if recipient.notify:
                words.append(f"NOTIFY={','.join(recipient.notify)}")
            if recipient.orcpt:
                kind, _, original = recipient.orcpt.partition(";")
                words.append(f"ORCPT={kind};{xtext.encode(original)}")
        return _line(" ".join(words))

    # The machinery of steps

    def _ask(self, command: bytes, stage: str) -> Dialogue[Reply]:
        self._write(command + b"\r\n")
        return (yield from self._reply(stage))

    def _reply(self, stage: str) -> Dialogue[Reply]:
        """The next reply; once the server has closed, its last words are the answer to everything."""
        self.stage = stage
        if self._closing is None:
            reply = yield
            if reply.code == 421 and self._closing is None:
                self._fail("closed", reply)
            return reply
        return self._closing

    def _write(self, octets: bytes) -> None:
        if self._closing is None:
            self._out.append(octets)

    def _start(self, dialogue: Dialogue[Result]) -> Step[Result]:
        assert self._dialogue is None, "one step at a time"
        step: Step[Result] = Step()
        if unasked := self._in.next_reply():
            is_goodbye = unasked.code == 421
            self._fail("closed" if is_goodbye else "protocol", unasked if is_goodbye else _LOST)
        self._dialogue, self._step = dialogue, step
        self._resume(None)
        self._advance()
        return step

    def _advance(self) -> None:
        while self._dialogue is not None and (reply := self._in.next_reply() or self._closing):
            self._resume(reply)

    def _resume(self, reply: Reply | None) -> None:
        assert self._dialogue is not None
        assert self._step is not None
        try:
            self._dialogue.send(reply)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            self._dialogue, self._step.result = None, end.value

    def _fail(self, kind: str, reply: Reply) -> None:
        if self._closing is None:
            self.failure, self._closing = kind, reply

    def _limit(self, name: str) -> int | None:
        for word in self.extensions.get("LIMITS", "").upper().split():
            key, _, value = word.partition("=")
            if key == name:
                return _number(value) or None
        return None


def _extensions(reply: Reply) -> dict[str, str]:
    """The lines after the first; ``AUTH=`` is how some servers spell AUTH."""
    found: dict[str, str] = {}
    for line in reply.text.split("\n")[1:]:
        keyword, _, rest = line.replace("AUTH=", "AUTH ", 1).strip().partition(" ")
        if keyword:
            found[keyword.upper()] = f"{found.get(keyword.upper(), '')} {rest}".strip()
    return found


def _needs_smtputf8(envelope: Envelope, octets: bytes) -> bool:
    """Addresses need it; the header too, where the sender said that it might (RFC 6531 section 3.4)."""
    addresses = (envelope.reverse_path, *(recipient.address for recipient in envelope.recipients))
    if not all(address.is_ascii for address in addresses):
        return True
    return envelope.parameters.smtputf8 and not octets[: octets.find(b"\r\n\r\n")].isascii()


def _may_ask_by(terms: MailParameters) -> bool:
    """A time that is over is for our queue to report, not for the next server to refuse (RFC 2852 section 4.1)."""
    return terms.by_seconds is not None and (terms.by_seconds > 0 or terms.by_mode[:1] == "N")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0


def _base64(text: str) -> bytes:
    return b2a_base64(text.encode(), newline=False)


def _line(text: str) -> bytes:
    """Our side of the smuggling defence: an address cannot hold a line end, but should it, nothing follows it."""
    return text.replace("\r", "").replace("\n", "").encode()
