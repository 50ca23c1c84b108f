"""The courier to other servers: one attempt for recipients that share a route (SPEC-SMTP sections 5.4 to 5.7).

Host after host is tried for those recipients whose fate is still open. A host that cannot be reached, or that says
"later" before it has the message, passes them on to the next host; a final answer is never asked for twice.
"""

from __future__ import annotations

import random
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic

from msgspec import structs

from stalwart_g.delivery.connection import Connection, Terms, Unusable, connect
from stalwart_g.delivery.idle import IdleConnections
from stalwart_g.delivery.outcome import Deferred, Delivered, Failed, Result, status_of, unfinished
from stalwart_g.delivery.route import Route, stricter
from stalwart_g.delivery.settings import Relay, RemoteSettings, Timeouts
from stalwart_g.delivery.targets import Target, Targets
from stalwart_g.green.dns import Resolver
from stalwart_g.green.tls import opportunistic_context, verifying_context
from stalwart_g.model.envelope import Envelope
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.client import Fate

_AVOID_SECONDS = 60.0
_LATER = Reply(452, "4.5.3")  # more recipients than the server takes at a time: the same host, another transaction
_NOWHERE = Deferred(code=451, status="4.4.1", text="No host took the mail", stage="connect", error="connect")
_NEEDS_TLS = "5.7.30"  # what this host cannot do, the next one may (RFC 8689)


class RemoteCourier:
    """Delivers over SMTP and LMTP. Remembers hosts that did not answer, and keeps connections for the next mail."""

    def __init__(self, resolver: Resolver, settings: RemoteSettings) -> None:
        self._resolver, self.settings = resolver, settings
        self._idle = IdleConnections()
        self._avoided: dict[tuple[str, int], tuple[float, Deferred]] = {}
        self._contexts: dict[bool, ssl.SSLContext] = {}

    def deliver(self, route: Route, envelope: Envelope, octets: bytes) -> list[Result]:
        """One outcome for each recipient, in order. Where the domain decides, all recipients are of one domain."""
        attempt = _Attempt(envelope)
        relay = self._relay(route)
        if route.kind != "mx" and relay is None:
            return [_unknown_relay(route)] * len(envelope.recipients)
        targets = Targets(self._resolver, self.settings, route)
        for target in self._targets(targets, route, relay, envelope):
            if attempt.is_over:
                break
            self._try(attempt, self._terms(target, route, relay, envelope), self._timeouts(route), octets)
        return attempt.results(targets.failure or _NOWHERE)

    def close(self) -> None:
        """Take leave of all hosts."""
        self._idle.close()

    # Where

    def _relay(self, route: Route) -> Relay | None:
        return self.settings.relays.get(route.target) if route.kind in ("relay", "lmtp") else None

    def _targets(self, targets: Targets, route: Route, relay: Relay | None, envelope: Envelope) -> Iterator[Target]:
        if relay is not None:
            return targets.of_host(relay.address, relay.port)
        domain = route.target or envelope.recipients[0].address.domain
        return targets.of_domain(domain, authentic=envelope.parameters.requiretls)

    def _terms(self, target: Target, route: Route, relay: Relay | None, envelope: Envelope) -> Terms:
        demanded = envelope.parameters.requiretls
        terms = Terms(
            target,
            self.settings.hostname,
            self._source(target.ip),
            lmtp=route.kind == "lmtp",
            tls_level="verify" if demanded else route.tls_level,
            demanded=demanded,
        )
        return _relay_terms(terms, relay) if relay is not None else terms

    def _source(self, ip: str) -> str | None:
        own = self.settings.source_ipv6 if ":" in ip else self.settings.source_ipv4
        return random.choice(own) if own else None  # noqa: S311

    def _timeouts(self, route: Route) -> Timeouts:
        return self.settings.named_timeouts.get(route.timeouts, self.settings.timeouts)

    # One host

    def _try(self, attempt: _Attempt, terms: Terms, timeouts: Timeouts, octets: bytes) -> None:
        """One host: as many transactions as it wants the recipients to be split into."""
        connection = self._idle.take(terms)
        if connection is not None:
            connection.attempt_starts()
            if self._transact(attempt, connection, octets):
                self._idle.put(terms, connection)
                return
            connection.close()  # it had gone in the meantime; that says nothing about the host
        try:
            connection = self._connect(terms, timeouts)
        except Unusable as unusable:
            attempt.all_open(unusable.outcome)
            return
        self._transact(attempt, connection, octets)
        self._idle.put(terms, connection)

    def _transact(self, attempt: _Attempt, connection: Connection, octets: bytes) -> bool:
        """False where an idle connection turned out to be dead before anything was said."""
        again = True
        while again and attempt.open:
            first = connection.transactions == 0
            fates = connection.send(attempt.envelope(), octets).fates
            if not first and not connection.is_usable and all(fate.stage == "mail" for fate in fates):
                return False
            again = attempt.note(fates, connection) and connection.is_usable
        return True

    def _connect(self, terms: Terms, timeouts: Timeouts) -> Connection:
        """Raises: Unusable, also without trying, for a while, where a host did not answer."""
        address, now = (terms.target.ip, terms.target.port), monotonic()
        until, last_time = self._avoided.get(address, (0.0, _NOWHERE))
        if now < until:
            raise Unusable(last_time)
        try:
            connection = connect(terms, timeouts, self._context)
        except Unusable as unusable:
            outcome = unusable.outcome
            if outcome.stage == "connect" and isinstance(outcome, Deferred):
                self._avoided[address] = (monotonic() + _AVOID_SECONDS, outcome)
            raise
        self._avoided.pop(address, None)
        return connection

    def _context(self, level: str) -> ssl.SSLContext:
        verify = level == "verify"
        if verify not in self._contexts:
            authorities = self.settings.authorities
            self._contexts[verify] = verifying_context(authorities) if verify else opportunistic_context()
        return self._contexts[verify]


class _Attempt:
    """The recipients of one attempt: whose fate is open, and what was heard last of each."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._results: list[Result | None] = [None] * len(envelope.recipients)
        self.open = list(range(len(envelope.recipients)))

    @property
    def is_over(self) -> bool:
        return not self.open

    def envelope(self) -> Envelope:
        """For the recipients that are open."""
        if len(self.open) == len(self._results):
            return self._envelope
        return structs.replace(
            self._envelope, recipients=tuple(self._envelope.recipients[index] for index in self.open)
        )

    def all_open(self, outcome: Deferred | Failed) -> None:
        """This host could not be used at all; the next one may."""
        for index in self.open:
            self._results[index] = outcome

    def note(self, fates: Sequence[Fate], connection: Connection) -> bool:
        """Take the host's answers; True when it wants some of the recipients in another transaction."""
        still_open, later, progress = [], 0, False
        for index, fate in zip(self.open, fates, strict=True):
            self._results[index] = _result(fate, connection)
            is_later = (fate.reply.code, fate.reply.enhanced_code) == (_LATER.code, _LATER.enhanced_code)
            later += is_later
            progress = progress or fate.reply.is_positive
            if is_later or _next_host_may(fate):
                still_open.append(index)
        self.open = still_open
        return progress and later > 0

    def results(self, otherwise: Deferred | Failed) -> list[Result]:
        """The outcomes; ``otherwise`` where no host was found to ask."""
        return [otherwise if result is None else result for result in self._results]


def _next_host_may(fate: Fate) -> bool:
    """A message whose last octet has gone out may have been taken: only another attempt, later, may risk a copy."""
    if fate.reply.enhanced_code == _NEEDS_TLS and fate.stage == "mail":
        return True
    return fate.reply.is_transient and fate.stage != "final"


def _result(fate: Fate, connection: Connection) -> Result:
    reply, host, ip, tls = fate.reply, connection.host, connection.terms.target.ip, connection.tls_version
    if not reply.is_positive:
        return unfinished(reply, stage=fate.stage, error=connection.error(reply), host=host, ip=ip, tls=tls)
    passed_on = connection.offers("DSN")
    return Delivered(
        code=reply.code, status=status_of(reply), text=reply.text, stage=fate.stage, host=host, mx=host, ip=ip, tls=tls,
        action="delivered" if passed_on else "relayed", passed_on=passed_on,
    )  # fmt: skip


def _relay_terms(terms: Terms, relay: Relay) -> Terms:
    """What the administrator says of a relay.

    Where TLS is a must, the certificate must be valid unless the relay is excused from that. TLS is a must for
    passwords too, unless it was forbidden.
    """
    level = relay.tls_level if relay.tls_level == "none" else stricter(relay.tls_level, terms.tls_level)
    if relay.username and level == "may":
        level = "encrypt"
    if terms.demanded:
        level = "verify"
    elif relay.implicit_tls or level in ("encrypt", "verify"):
        level = "encrypt" if relay.allow_invalid_certificates else "verify"
    return replace(
        terms,
        lmtp=relay.protocol == "lmtp" or terms.lmtp,
        implicit_tls=relay.implicit_tls,
        tls_level=level,
        login=relay.username,
        password=relay.secret,
    )


def _unknown_relay(route: Route) -> Deferred:
    """A mistake of ours: the mail waits until it is corrected."""
    text = f"No relay {route.target!r} is configured"
    return Deferred(code=451, status="4.3.5", text=text, stage="route", error="script")
