"""The mails that scripts have written, in a world in memory: answers, notifications, reports; and what is tracked."""

from __future__ import annotations

from collections.abc import Iterable

from sieve import addresses
from sieve.actions import FileInto
from sieve.extensions import dovecot_report
from sieve.extensions.dovecot_report import Report
from sieve.extensions.duplicate import DuplicateMark
from sieve.extensions.enotify import Notify, mailto
from sieve.extensions.letters import Writer
from sieve.extensions.vacation import Vacation, reply, silence
from sieve.message import parse
from sieve.testing.settings import Settings
from sieve.testing.world import INBOX, Sent, Stored, World

POSTMASTER = "postmaster@example.com"
_WEEK = 7 * 86400


def vacation(action: Vacation, octets: bytes, world: World, settings: Settings) -> Iterable[Sent]:
    message, sender = parse(octets), world.parts["from"]
    circumstances = silence.Circumstances(
        sender, _own(world, settings), settings.separator, check_recipient=_checks_recipient(world)
    )
    if silence.reason(action, message, circumstances) or world.known.is_answered(sender, action.identity, world.clock):
        return []
    seconds = _WEEK if action.seconds is None else action.seconds
    shortest = world.known.seconds("sieve_vacation_min_period", 0)
    world.known.answered[sender, action.identity] = world.clock[0] + max(seconds, shortest)
    written = reply.compose(
        action,
        message,
        _writer(world, settings),
        to=sender,
        template=world.known.text("sieve_vacation_default_subject_template", "Auto: %$"),
        default_subject=world.known.text("sieve_vacation_default_subject", "Automated reply"),
    )
    return _sent(world, action.fcc, written, (sender,), _vacation_sender(world))


def _checks_recipient(world: World) -> bool:
    known = world.known
    return known.flag("sieve_vacation_check_recipient", not known.flag("sieve_vacation_dont_check_recipient", False))


def _vacation_sender(world: World) -> str:
    return world.parts["to"] if world.known.flag("sieve_vacation_send_from_recipient", False) else ""


def notify(action: Notify, octets: bytes, world: World, settings: Settings) -> Iterable[Sent]:
    message = parse(octets)
    if action.method != "mailto" or mailto.silence(message):
        return []
    recipients = mailto.target_of(action).recipients
    if not recipients:
        return []
    written = mailto.compose(action, message, _writer(world, settings))
    return _sent(world, action.fcc, written, recipients, _notify_sender(action, world, settings))


def _notify_sender(action: Notify, world: World, settings: Settings) -> str:
    """Null for a mail that came from nobody; else whom a setting names, or the author, or the postmaster."""
    if not world.parts["from"]:
        return ""
    rule = world.known.text("sieve_notify_mailto_envelope_from", "")
    named = {
        "sender": world.parts["from"],
        "recipient": world.parts["to"],
        "orig_recipient": world.parts["orig_to"],
        "user_email": settings.user_email or world.parts["to"],
    }
    author = addresses.mailbox(action.sender) if action.sender else None
    return named.get(rule) or (rule.strip("<>") if rule.startswith("<") else author or POSTMASTER)


def report(action: Report, octets: bytes, world: World, settings: Settings) -> Iterable[Sent]:
    written = dovecot_report.compose(action, parse(octets), _writer(world, settings), sender=world.parts["from"])
    return [Sent("", action.address, written)]


def duplicate_mark(action: DuplicateMark, octets: bytes, world: World, settings: Settings) -> Iterable[Sent]:
    if world.known.remembers:
        world.known.seen.add((action.handle, action.unique_id))
    return []


def _sent(world: World, fcc: FileInto | None, written: bytes, recipients: Iterable[str], sender: str) -> Iterable[Sent]:
    """The mails; and a copy filed, in the inbox where there is no such mailbox."""
    if fcc is not None:
        name = world.known.mailbox_of(fcc)
        if fcc.create:
            world.create(name)
        world.mailbox(name if world.mailbox_exists(name) else INBOX).append(Stored(written, fcc.flags))
    return [Sent(sender, recipient, written) for recipient in recipients]


def _own(world: World, settings: Settings) -> list[str]:
    given = [settings.user_email, world.parts["to"]]
    if world.known.flag("sieve_vacation_use_original_recipient", False):
        given.append(world.parts["orig_to"])
    return list(dict.fromkeys(filter(None, given)))


def _writer(world: World, settings: Settings) -> Writer:
    """As test suites expect it, a script may write in anybody's name."""
    message_id = f"<{len(world.outbox)}@{world.items['host']}>"
    return Writer(_own(world, settings), "", message_id, world.clock, is_free=True)
