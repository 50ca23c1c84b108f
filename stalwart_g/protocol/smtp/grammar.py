"""Command lines into commands (RFC 5321 section 4.1): each function reads what follows its verb."""

from __future__ import annotations

import binascii

from stalwart_g.model.address import NULL, Address
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp import replies
from stalwart_g.protocol.smtp.events import Auth, Hello, Mail, Rcpt
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.parameters import NO_TERMS, mail_terms, recipient
from stalwart_g.protocol.smtp.paths import hello_name, mailbox, split_path
from stalwart_g.protocol.smtp.replies import CommandError, syntax

_BAD_SENDER = Reply(501, "5.1.7", "Bad sender address")
_BAD_RECIPIENT = Reply(501, "5.1.3", "Bad recipient address")
_CHUNK_DIGITS = 20


def hello(verb: str, argument: str) -> Hello:
    """Read the name that a client gives itself.

    Raises:
        CommandError: 501, no host name and no address literal.
    """
    try:
        return Hello(verb, hello_name(argument.strip(" ")))
    except ValueError:
        raise syntax(f"Syntax: {verb} hostname") from None


def mail(argument: str, offer: Extensions, *, lenient: bool = False) -> Mail:
    """Read ``FROM:<reverse-path> [parameters]``.

    Raises:
        CommandError: for its form (501), its parameters (501, 555), or an address that needs SMTPUTF8 (553).
    """
    path, rest = _path(argument, "FROM:", lenient=lenient)
    terms = mail_terms(_parameters(rest), offer) if rest else NO_TERMS
    address = _mailbox(path, _BAD_SENDER) if path else NULL
    if not address.is_ascii and not terms.parameters.smtputf8:
        raise CommandError(replies.NEEDS_SMTPUTF8)
    return Mail(address, terms)


def rcpt(argument: str, offer: Extensions, hostname: str, *, lenient: bool = False) -> Rcpt:
    """Read ``TO:<forward-path> [parameters]``; a lone ``postmaster`` is the one of ``hostname``.

    Raises:
        CommandError: for its form or its parameters (501, 555). SMTPUTF8 is for the machine to judge: MAIL had it.
    """
    path, rest = _path(argument, "TO:", lenient=lenient)
    address = Address(path, hostname) if path.lower() == "postmaster" else _mailbox(path, _BAD_RECIPIENT)
    return Rcpt(recipient(address, _parameters(rest) if rest else "", offer))


def auth(argument: str) -> Auth:
    """Read ``mechanism [initial-response]`` (RFC 4954 section 4); a lone ``=`` is an empty response.

    Raises:
        CommandError: 501, no mechanism, more than two words, or no base64.
    """
    words = argument.split()
    if not 1 <= len(words) <= 2:
        raise syntax("Syntax: AUTH mechanism [initial-response]")
    response = None if len(words) == 1 else b"" if words[1] == "=" else from_base64(words[1])
    return Auth(words[0].upper(), response)


def from_base64(text: str) -> bytes:
    """Decode strictly.

    Raises:
        CommandError: 501, no base64.
    """
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        raise CommandError(replies.BAD_BASE64) from None


def to_base64(octets: bytes) -> str:
    return binascii.b2a_base64(octets, newline=False).decode()


def bdat(argument: str) -> tuple[int, bool]:
    """Read ``chunk-size [LAST]`` (RFC 3030 section 2): the size in octets, and whether it is the last chunk.

    Raises:
        CommandError: 501, and the end of the session: where the next command starts, nobody knows.
    """
    words = argument.upper().split()
    digits = words[0] if words else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > _CHUNK_DIGITS or words[1:] not in ([], ["LAST"]):
        raise CommandError(Reply(501, "5.5.4", "Syntax: BDAT chunk-size [LAST]"), close=True)
    return int(digits), len(words) == 2


def nothing(verb: str, argument: str) -> None:
    """For verbs without an argument.

    Raises:
        CommandError: 501, there is one.
    """
    if argument.strip(" "):
        raise syntax(f"{verb} takes no argument")


def something(verb: str, argument: str) -> str:
    """For verbs with any text as their argument.

    Raises:
        CommandError: 501, there is none.
    """
    text = argument.strip(" ")
    if not text:
        raise syntax(f"{verb} takes an argument")
    return text


def _path(argument: str, keyword: str, *, lenient: bool) -> tuple[str, str]:
    if argument[: len(keyword)].upper() == keyword:
        try:
            return split_path(argument[len(keyword) :], lenient=lenient)
        except ValueError:
            pass
    raise syntax(f"Syntax: {'MAIL' if keyword == 'FROM:' else 'RCPT'} {keyword}<address> [parameters]")


def _parameters(rest: str) -> str:
    if rest[0] != " ":
        raise syntax("A space parts path and parameters")
    return rest


def _mailbox(path: str, refusal: Reply) -> Address:
    try:
        return mailbox(path)
    except ValueError:
        raise CommandError(refusal) from None
