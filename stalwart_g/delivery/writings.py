"""The mails that a user's script writes: answers, notifications, reports (RFC 5230, RFC 5435, RFC 5965).

Nothing is sent here: the mails are returned, and enter the queue together with the outcome. That somebody was answered
is remembered before; a delivery that is tried again does not count for itself.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sieve.actions import FileInto
from sieve.extensions import dovecot_report
from sieve.extensions.dovecot_report import Report
from sieve.extensions.enotify import Notify, mailto
from sieve.extensions.letters import Writer
from sieve.extensions.vacation import Vacation, reply, silence
from sieve.message import Message, Overlay
from stalwart_g.delivery.facts import Subject
from stalwart_g.delivery.filing import Box
from stalwart_g.delivery.plan import Writing
from stalwart_g.delivery.settings import LocalSettings
from stalwart_g.model.address import NULL, Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.observe import maillog
from stalwart_g.store.memory import Thing


@dataclass(frozen=True, slots=True)
class Owner:
    """On whose behalf: the account's addresses, and its name for people."""

    account: str
    own: Sequence[str]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail for the queue, and where a copy of it is filed."""

    mail: NewMail
    fcc: FileInto | None = None


class Writings:
    """What one delivery to one account writes.

    Args:
        delivery: its name, the same however often it is tried.
    """

    def __init__(self, owner: Owner, subject: Subject, box: Box, settings: LocalSettings, delivery: str) -> None:
        self._owner, self._subject, self._box = owner, subject, box
        self._settings, self._delivery = settings, delivery

    def written(self, actions: Sequence[Writing], message: Overlay, now: float) -> list[Written]:
        """The mails of these actions; what is better not sent is left out, and the log says why.

        Raises:
            Deferred: the store does not answer.
        """
        found = []
        for number, action in enumerate(actions):
            writer = self._writer(number, now)
            if isinstance(action, Vacation):
                one = self._vacation(action, message, writer)
            elif isinstance(action, Notify):
                one = self._notify(action, message, writer)
            else:
                one = self._report(action, message.message, writer)
            if one is not None:
                to = [str(recipient.address) for recipient in one.mail.envelope.recipients]
                maillog.wrote(account=self._owner.account, action=action.name, to=to, message_id=one.mail.message_id)
                found.append(one)
        return found

    def _vacation(self, action: Vacation, message: Overlay, writer: Writer) -> Written | None:
        sender, settings = self._subject.reverse_path, self._settings
        about = silence.Circumstances(str(sender), self._owner.own, received_max=settings.received_max)
        if why := silence.reason(action, message, about):
            self._not_sent(action, why)
            return None
        seconds = self._period(action)
        thing = Thing("vacation", (str(sender).lower(), action.identity))
        if seconds and not self._box.claim(thing, seconds, delivery=self._delivery):
            self._not_sent(action, f"{sender} was answered already")
            return None
        octets = reply.compose(
            action,
            message,
            writer,
            to=str(sender),
            template=settings.vacation_template,
            default_subject=settings.vacation_subject,
        )
        return self._mail(octets, [str(sender)], writer, fcc=action.fcc)

    def _period(self, action: Vacation) -> float:
        settings = self._settings
        if action.seconds is None:
            return settings.vacation_seconds
        return min(max(action.seconds, settings.vacation_seconds_min), settings.vacation_seconds_max)

    def _notify(self, action: Notify, message: Overlay, writer: Writer) -> Written | None:
        if why := mailto.silence(message):
            self._not_sent(action, why)
            return None
        to = mailto.target_of(action).recipients
        if not to:
            self._not_sent(action, "its recipients are told already")
            return None
        octets = mailto.compose(action, message, writer)
        sender = Address.of(writer.own[0]) if self._subject.reverse_path else NULL
        return self._mail(octets, to, writer, sender=sender, fcc=action.fcc)

    def _report(self, action: Report, message: Message, writer: Writer) -> Written | None:
        if (message.root.type, message.root.subtype) == ("multipart", "report"):
            self._not_sent(action, "it is a report itself")
            return None
        sender = str(self._subject.reverse_path)
        octets = dovecot_report.compose(action, message, writer, sender=sender)
        return self._mail(octets, [action.address], writer)

    def _not_sent(self, action: Writing, why: str) -> None:
        maillog.not_written(
            account=self._owner.account, action=action.name, reason=why, message_id=self._subject.message_id
        )

    def _mail(
        self, octets: bytes, to: Sequence[str], writer: Writer, *, sender: Address = NULL, fcc: FileInto | None = None
    ) -> Written:
        """From the null path unless told otherwise; then nobody is told of what becomes of it (RFC 5230)."""
        recipients = tuple(Recipient(Address.of(each), () if sender else ("NEVER",)) for each in to)
        wide = not all(address.is_ascii for address in (sender, *(each.address for each in recipients)))
        parameters = MailParameters(smtputf8=wide, body="" if octets.isascii() else "8BITMIME")
        origin = Origin("reply", account=self._owner.account)
        mail = NewMail(Envelope(sender, parameters, recipients), octets, origin, message_id=writer.message_id)
        return Written(mail, fcc)

    def _writer(self, number: int, now: float) -> Writer:
        """Each mail has an id of its own, and the same one when it is written again."""
        mark = hashlib.sha256(f"{self._delivery}\0{number}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        zone = time.localtime(now).tm_gmtoff // 60
        return Writer(
            self._owner.own, self._owner.name, f"<{mark}@{self._settings.hostname}>", (now, zone), "stalwart_g"
        )
