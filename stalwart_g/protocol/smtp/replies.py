"""Replies that the protocol itself demands, whoever the peer is (RFC 5321 section 4.2.4, RFC 3463)."""

from __future__ import annotations

from stalwart_g.model.errors import Violation
from stalwart_g.model.reply import Reply


class CommandError(Violation):
    """A command that is refused for its form or its place; ``reply`` says so to the client."""

    def __init__(self, reply: Reply, *, close: bool = False) -> None:
        super().__init__(str(reply))
        self.reply = reply
        self.close = close


def syntax(text: str) -> CommandError:
    """501: the verb is known, its argument is not what the verb takes."""
    return CommandError(Reply(501, "5.5.2", text))


def bad_parameter(text: str) -> CommandError:
    """501: a parameter with a value it cannot have, twice, or not offered here."""
    return CommandError(Reply(501, "5.5.4", text))


def out_of_order(text: str) -> CommandError:
    return CommandError(Reply(503, "5.5.1", text))


OK = Reply(250, "2.0.0", "Ok")
BYE = Reply(221, "2.0.0", "Bye")
START_INPUT = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
HELP = Reply(214, "2.0.0", "See RFC 5321; the extensions are those of the EHLO reply")
READY_FOR_TLS = Reply(220, "2.0.0", "Ready to start TLS")

UNKNOWN_COMMAND = Reply(500, "5.5.1", "Unknown command")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
BARE_NEWLINE = Reply(500, "5.5.2", "Lines end with CR LF, and hold neither CR nor LF")
NUL = Reply(500, "5.5.2", "NUL in a command")
LINE_TOO_LONG = Reply(500, "5.5.6", "Line too long")
NOT_UTF8 = Reply(501, "5.5.2", "Not UTF-8")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors")

HELLO_FIRST = out_of_order("Say hello first").reply
NESTED_MAIL = out_of_order("A transaction is open").reply
MAIL_FIRST = out_of_order("MAIL first").reply
RECIPIENT_FIRST = out_of_order("No valid recipient").reply
AUTHENTICATION_REQUIRED = Reply(530, "5.7.0", "Authentication required")
TLS_REQUIRED = Reply(530, "5.7.10", "REQUIRETLS needs TLS here too")
ENCRYPTION_NEEDED = Reply(538, "5.7.11", "Encryption required for this mechanism")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "Mechanism not offered")
CANCELLED = Reply(501, "5.7.0", "Authentication cancelled")
BAD_BASE64 = Reply(501, "5.5.2", "Invalid base64")
ALREADY_TLS = Reply(504, "5.7.4", "TLS is already active")
PLAINTEXT_AFTER_STARTTLS = Reply(554, "5.5.0", "Data after STARTTLS")

TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
TOO_MANY_MESSAGES = Reply(451, "4.4.5", "Too many messages in this session")
TOO_BIG = Reply(552, "5.3.4", "Message over the size limit")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "Address needs SMTPUTF8")
NEEDS_BDAT = Reply(503, "5.6.1", "BODY=BINARYMIME needs BDAT")
BARE_NEWLINE_IN_DATA = Reply(550, "5.6.11", "Bare CR or LF in the message")
NUL_IN_DATA = Reply(554, "5.6.0", "NUL in the message")
DATA_LINE_TOO_LONG = Reply(554, "5.6.0", "Line over 64 KiB in the message")
