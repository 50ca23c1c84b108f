"""From events to the report that tells the sender: the wishes of the sender, the dsn script, the composition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stalwart_g.delivery.dsn import compose
from stalwart_g.model import errors
from stalwart_g.model.address import NULL, Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.observe import contextids, maillog
from stalwart_g.queue.entry import Entry
from stalwart_g.queue.notices import Event, is_double_bounce, kind_of, report, to_tell
from stalwart_g.queue.settings import QueueSettings
from stalwart_g.queue.stages import Stages


class Reporter:
    """Writes delivery reports; nothing is sent here."""

    def __init__(self, stages: Stages, settings: QueueSettings, clock: Callable[[], float]) -> None:
        self._stages, self._settings, self._clock = stages, settings, clock

    def reports(self, entry: Entry, events: Sequence[Event], octets: Callable[[], bytes]) -> list[NewMail]:
        """The mails that follow from what happened to recipients of a message: at most one report.

        Args:
            octets: reads the message; without it a report has no original.
        """
        if is_double_bounce(entry, events):
            return self._double_bounce(entry, [event for event in events if event.action == "failed"], octets)
        told = to_tell(entry, events)
        if not told:
            return []
        advice, about = self._stages.report(entry, told), [str(event.recipient) for event in told]
        if not advice.send:
            maillog.not_bounced(reason="script", recipients=about)
            return []
        to = Address.of(advice.to) if "@" in advice.to else entry.reverse_path
        maillog.bounced(to=str(to), kind=kind_of(told), recipients=about)
        written = report(
            entry, told, _or_nothing(octets), now=self._clock(), message_id=self._new_message_id(), to=to,
            ret=advice.ret or entry.parameters.ret,
        )  # fmt: skip
        return [compose(written, self._settings.report)]

    def _double_bounce(self, entry: Entry, events: Sequence[Event], octets: Callable[[], bytes]) -> list[NewMail]:
        """A report that cannot be delivered is never reported; it may be kept, or shown to the postmaster."""
        recipients = tuple(event.recipient.recipient for event in events)
        maillog.not_bounced(reason="double bounce", recipients=[str(recipient.address) for recipient in recipients])
        what = self._settings.double_bounce
        postmaster = Address("postmaster", self._settings.report.hostname)
        if what == "drop" or any(recipient.address == postmaster for recipient in recipients):
            return []
        to = (Recipient(postmaster, ("NEVER",)),) if what == "postmaster" else recipients
        return [
            NewMail(
                Envelope(NULL, entry.parameters, to), _or_nothing(octets), Origin("dsn"), message_id=entry.message_id,
                hold_reason="double bounce" if what == "hold" else "",
            )
        ]  # fmt: skip

    def _new_message_id(self) -> str:
        return f"<{contextids.new_id()}@{self._settings.report.hostname}>"


def _or_nothing(octets: Callable[[], bytes]) -> bytes:
    try:
        return octets()
    except errors.Deferred as error:
        maillog.unavailable(stage="dsn", error=str(error))
        return b""
