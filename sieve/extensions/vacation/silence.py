"""When not to answer a mail (RFC 5230 sections 4.5 and 4.6, RFC 3834 section 2). Pure: what was answered before, the
host remembers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sieve import addresses
from sieve.extensions import letters
from sieve.extensions.vacation import Vacation
from sieve.message import Mailbox, Message, Overlay

_ROBOTS = re.compile(
    r"mailer-daemon|listserv|majordomo|(?:.*[-_.])?no-?_?reply|do-?not-?reply"
    r"|owner-.*|.*-(?:request|owner|bounces?)",
    re.IGNORECASE,
)
_TO = ("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")
_LIST = frozenset({
    *("list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "list-subscribe", "list-archive"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of the mail beside itself.

    Attributes:
        sender: the reverse-path, empty for the null one.
        own: all addresses of the account, that to which the mail came too.
        separator: between an address and its detail; empty: there are none.
        check_recipient: only answer what was addressed to one of them.
    """

    sender: str
    own: Sequence[str]
    separator: str = "+"
    received_max: int = 50
    check_recipient: bool = True


def reason(vacation: Vacation, message: Message | Overlay, about: Circumstances) -> str:
    """Why it is not answered; empty: it may be."""
    own = {_plain(each, about.separator) for each in (*about.own, *vacation.addresses)}
    if not about.sender:
        return "it has no sender"
    if _plain(about.sender, about.separator) in own:
        return "it is from the account itself"
    if _ROBOTS.fullmatch(addresses.local_part(about.sender)):
        return f"{about.sender} is no person"
    if fault := _automatic(message):
        return fault
    if len(letters.named(message, "Received")) > about.received_max:
        return "it has come too far"
    if about.check_recipient and not own & {_plain(to.address, about.separator) for to in _recipients(message)}:
        return "it is not addressed to the account"
    return ""


def _automatic(message: Message | Overlay) -> str:
    """What says that a program wrote it, or that it went to many."""
    if letters.is_automatic(message):
        return "it was submitted automatically"
    for field in message.fields:
        name, value = field.name.lower(), field.text.strip().lower()
        if name in _LIST:
            return f"it came over a mailing list ({field.name})"
        if name == "precedence" and value in ("bulk", "list", "junk"):
            return f"its precedence is {value}"
        if name == "x-auto-response-suppress" and {"all", "oof"} & set(re.split(r"[\s,;]+", value)):
            return "its sender wants no automatic answers"
    return ""


def _recipients(message: Message | Overlay) -> list[Mailbox]:
    return [mailbox for mailbox in letters.mailboxes(message, *_TO) if mailbox.address]


def _plain(address: str, separator: str) -> str:
    """An address without its detail, in lower case."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition(separator)[0] if separator else local}@{domain}".lower()
