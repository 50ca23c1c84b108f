"""What a client said, as values: one class a command that needs a decision, and notices that need none.

An ``Asked`` event waits for exactly one answer of the session; a notice has been answered by the machine itself.
"""

from __future__ import annotations

from msgspec import Struct

from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Recipient
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.parameters import MailTerms


class Hello(Struct, frozen=True):
    """EHLO, HELO or LHLO; ``verb`` tells which."""

    verb: str
    name: str

    @property
    def is_literal(self) -> bool:
        return self.name.startswith("[")

    @property
    def is_extended(self) -> bool:
        return self.verb != "HELO"


class StartTls(Struct, frozen=True):
    """RFC 3207. Answered with ``replies.READY_FOR_TLS`` or a refusal; then comes the handshake."""


class Auth(Struct, frozen=True):
    """RFC 4954. ``initial_response`` is decoded; None where the client sent none."""

    mechanism: str
    initial_response: bytes | None


class AuthResponse(Struct, frozen=True):
    """The decoded answer to a challenge."""

    octets: bytes


class Mail(Struct, frozen=True):
    reverse_path: Address
    terms: MailTerms


class Rcpt(Struct, frozen=True):
    recipient: Recipient


class Message(Struct, frozen=True):
    """A whole message, by DATA or by BDAT; dots are un-stuffed."""

    octets: bytes
    bare_newline: bool = False  # it held bare CRs or LFs; they were normalised or allowed
    long_line: bool = False  # a line over 998 octets (RFC 5322 section 2.1.1)


class Vrfy(Struct, frozen=True):
    text: str


class Expn(Struct, frozen=True):
    text: str


class MessageStarts(Struct, frozen=True):
    """Notice: the client may send now, by DATA or by its first BDAT."""


class Reset(Struct, frozen=True):
    """Notice: the transaction is forgotten."""


class Quit(Struct, frozen=True):
    """Notice: the client is done."""


class Misuse(Struct, frozen=True):
    """Notice: a command or a message was refused for its form or its place. ``line`` is what was sent, for the log."""

    reply: Reply
    line: str


Asked = Hello | StartTls | Auth | AuthResponse | Mail | Rcpt | Message | Vrfy | Expn
Event = Asked | MessageStarts | Reset | Quit | Misuse
