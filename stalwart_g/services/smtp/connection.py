"""The machine on its stream: waits for events, sends replies, and keeps the time and transfer limits of a session."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from stalwart_g.green import tasks
from stalwart_g.green.errors import ConnectionLost, Interrupted, TimedOut
from stalwart_g.green.stream import Stream
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.events import AuthResponse, Event
from stalwart_g.protocol.smtp.server import ServerMachine
from stalwart_g.services.smtp.settings import Settings

_READ_OCTETS = 65_536

SHUTTING_DOWN = Reply(421, "4.3.0", "Server is going down")
INTERNAL_ERROR = Reply(421, "4.3.0", "Internal error")
_IDLE = Reply(421, "4.4.2", "Timeout")
_SESSION_TOO_LONG = Reply(421, "4.3.2", "Session too long")
_TRANSFERRED_TOO_MUCH = Reply(421, "4.7.28", "Too much data in one session")
_TOO_SLOW = Reply(421, "4.4.2", "Message comes in too slowly")


class Ended(Exception):
    """The session is over; ``reply`` are our last words, if any, and ``reason`` is for the log."""

    def __init__(self, reason: str, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reason, self.reply = reason, reply


class Cancelled(Exception):
    """The client gave up the exchange of AUTH, or broke its form; it has its answer."""


class Connection:
    """One connection of a client, as its session sees it."""

    def __init__(self, stream: Stream, machine: ServerMachine, settings: Settings) -> None:
        self.stream, self.machine = stream, machine
        self.transfer_octets = settings.transfer_octets
        self._settings = settings
        self._begun = monotonic()
        self._message_begun = 0.0
        self._message_octets = 0
        self._goodbye = False
        self.limit_time(settings.timeout_seconds, settings.duration_seconds)

    def limit_time(self, timeout_seconds: float, duration_seconds: float) -> None:
        """How long to wait for the client, each time and in all."""
        self._timeout_seconds = timeout_seconds
        self._end = self._begun + duration_seconds
        self.stream.set_timeout(timeout_seconds)
        self.stream.set_deadline(max(0.0, self._end - monotonic()))

    @property
    def age_seconds(self) -> float:
        return monotonic() - self._begun

    def next_event(self) -> Event:
        """Wait for the next event; before that, all replies go out.

        Raises:
            Ended: the client is gone, or one of the limits is reached.
        """
        while (event := self.machine.next_event()) is None:
            self.flush()
            if self.machine.is_closing:
                raise Ended("closed")
            self._receive()
        return event

    def ask(self, challenge: bytes) -> bytes:
        """Send a SASL challenge and wait for the answer.

        Raises:
            Cancelled: there is none.
            Ended: as ``next_event``.
        """
        self.machine.challenge(challenge)
        event = self.next_event()
        if not isinstance(event, AuthResponse):
            raise Cancelled
        return event.octets

    def flush(self) -> None:
        """Send what the machine has to say; errors of the client make it wait."""
        pause = self.machine.pause_seconds
        octets = self.machine.data_to_send()
        if octets:
            if pause:
                tasks.sleep(pause)
            self.stream.send(octets)

    def wait_in_silence(self, seconds: float) -> None:
        """Let a client that talks before the greeting betray itself."""
        try:
            with self.stream.within(seconds):
                self.machine.receive_data(self.stream.recv(_READ_OCTETS))
        except TimedOut:
            return  # it waited, as it should

    def message_begins(self) -> None:
        """From now on the client must keep up a least speed."""
        self._message_begun, self._message_octets = monotonic(), self.machine.received_octets
        self.stream.set_timeout(self._settings.data_timeout_seconds)

    def message_ended(self) -> None:
        self.stream.set_timeout(self._timeout_seconds)

    def goodbye(self) -> None:
        """The client has said its last words."""
        self._goodbye = True

    def end(self, reply: Reply | None) -> None:
        """Say the last words without waiting, and close.

        After QUIT nothing more can come in that would cost the client our last reply, so nobody waits for it. TLS has
        its own last words.
        """
        if reply is not None:
            self.machine.close(reply)
        self.stream.send_now(self.machine.data_to_send())
        self.stream.close(0.0 if self._goodbye and not self.machine.tls else self._settings.linger_seconds)

    def _receive(self) -> None:
        machine = self.machine
        try:
            octets = self.stream.recv(_READ_OCTETS, interruptible=not machine.in_message)
        except TimedOut:
            over = monotonic() >= self._end
            raise Ended("timeout", _SESSION_TOO_LONG if over else _IDLE) from None
        except Interrupted:
            raise Ended("shutdown", SHUTTING_DOWN) from None
        if not octets:
            raise Ended("lost in a message" if machine.in_message else "lost")
        machine.receive_data(octets)
        if machine.received_octets > self.transfer_octets:
            raise Ended("transfer limit", _TRANSFERRED_TOO_MUCH)
        if machine.in_message and self._is_too_slow():
            raise Ended("too slow", _TOO_SLOW)

    def _is_too_slow(self) -> bool:
        """Not before the first period is over, then by the average."""
        periods = (monotonic() - self._message_begun) / self._settings.data_timeout_seconds
        octets = self.machine.received_octets - self._message_octets
        return periods > 1 and octets < periods * self._settings.data_minimum_octets


def guarded(run: Callable[[], None]) -> tuple[str, Reply | None]:
    """Run a session: the reason for its end, and our last words."""
    try:
        run()
    except Ended as end:
        return end.reason, end.reply
    except ConnectionLost:
        return "lost", None
    except TimedOut:
        return "timeout", _IDLE
    return "closed", None
