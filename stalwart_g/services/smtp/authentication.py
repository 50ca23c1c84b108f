"""What authenticates a client and its mail: iprev, SPF, DKIM, ARC, DMARC (SPEC-SMTP section 3).

Each method runs when somebody wants to know its result, and once. Those that do not need each other run at the same
time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TypeVar

from sieve.message import Message
from stalwart_g.green import tasks
from stalwart_g.green.dns import Resolver
from stalwart_g.green.errors import TimedOut
from stalwart_g.mailauth import arc, dkim, dmarc, iprev, spf
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dmarc import Identifier, OrganizationOf
from stalwart_g.mailauth.results import Result
from stalwart_g.mailauth.spf import Spf

IPREV_SECONDS = 5.0
SPF_SECONDS = 20.0  # RFC 7208 section 4.6.4
MESSAGE_SECONDS = 40.0  # for each of DKIM, ARC and DMARC

T = TypeVar("T")
Value = str | Sequence[str]
Values = Mapping[str, Callable[[], Value]]


class ClientCheck:
    """The address of a client, and its name."""

    def __init__(self, resolver: Resolver, ip: str) -> None:
        self.resolver, self.ip = resolver, ip

    @cached_property
    def iprev(self) -> iprev.Iprev:
        late = iprev.Iprev("temperror", self.ip)
        return _in_time(IPREV_SECONDS, partial(iprev.check, self.resolver, self.ip), late)

    @property
    def known_name(self) -> str:
        """The confirmed name, if somebody has asked already, so that it costs nothing now."""
        return self.iprev.name if "iprev" in vars(self) else ""

    def facts(self) -> Values:
        return {"client.ptr": lambda: self.iprev.name, "client.iprev": lambda: self.iprev.outcome}


class HelloCheck:
    """The name that a client gave."""

    def __init__(self, client: ClientCheck, helo: str) -> None:
        self.client, self.peer = client, spf.Client(client.ip, helo)

    @cached_property
    def spf(self) -> spf.Spf:
        late = spf.Spf("temperror", "helo", self.peer, self.peer.helo, f"postmaster@{self.peer.helo}")
        return _in_time(SPF_SECONDS, partial(spf.check_helo, self.client.resolver, self.peer), late)

    def facts(self) -> Values:
        return {"spf.helo.result": lambda: self.spf.outcome}


class SenderCheck:
    """The sender of a transaction: the address as it was given, whatever a script makes of it later."""

    def __init__(self, hello: HelloCheck, sender: str, hostname: str, clock: Callable[[], float]) -> None:
        self.hello, self.sender, self.hostname, self.clock = hello, sender, hostname, clock

    @cached_property
    def spf(self) -> spf.Spf:
        peer, resolver = self.hello.peer, self.hello.client.resolver
        late = spf.Spf("temperror", "mailfrom", peer, self.sender.rpartition("@")[2] or peer.helo, self.sender)
        return _in_time(SPF_SECONDS, partial(spf.check_mail_from, resolver, peer, self.sender), late)

    @property
    def is_known(self) -> bool:
        """SPF has run already."""
        return "spf" in vars(self)

    def find_out(self) -> Spf:
        """Run SPF if it has not run yet."""
        return self.spf

    @cached_property
    def explanation(self) -> str:
        """What the domain tells those whom it fails. It takes another question."""
        resolver = self.hello.client.resolver
        return _in_time(
            SPF_SECONDS, partial(spf.explain, resolver, self.spf, receiver=self.hostname, now=self.clock()), ""
        )

    def facts(self) -> Values:
        return {
            "spf.result": lambda: self.spf.outcome,
            "spf.domain": lambda: self.spf.domain,
            "spf.explanation": lambda: self.explanation,
        }


class MessageCheck:
    """A message as it was received.

    Args:
        organization_of: tells in the place of the DNS which names belong together, for DMARC.
    """

    def __init__(self, sender: SenderCheck, message: Message, organization_of: OrganizationOf | None = None) -> None:
        self.sender, self.message, self._organization_of = sender, message, organization_of
        self._resolver = sender.hello.client.resolver

    @cached_property
    def _content(self) -> Content:
        return Content.of(self.message)

    @cached_property
    def dkim(self) -> dkim.Verdict:
        late = dkim.Verdict((dkim.Outcome(result="temperror", reason="no answer in time"),))
        ask = partial(dkim.verify, self._content, self._resolver, self.sender.clock())
        return _in_time(MESSAGE_SECONDS, ask, late)

    @cached_property
    def arc(self) -> arc.Chain:
        late = arc.Chain("temperror", "no answer in time")
        ask = partial(arc.verify, self._content, self._resolver, self.sender.clock())
        return _in_time(MESSAGE_SECONDS, ask, late)

    @cached_property
    def dmarc(self) -> dmarc.Dmarc:
        """It needs SPF and DKIM, which run at the same time; so does the question for the record."""
        authors = [mailbox.domain for mailbox in self.message.addresses("From") if mailbox.address]
        records = [(f"_dmarc.{author}", "TXT") for author in dict.fromkeys(authors[: dmarc.AUTHORS_MAX])]
        _together(
            lambda: self.sender.spf, lambda: self.dkim, lambda: self._resolver.query_all(records) if records else None
        )
        known = self._organization_of
        ask = partial(dmarc.evaluate, self._resolver, authors, self._identifiers(), organization_of=known)
        return _in_time(MESSAGE_SECONDS, ask, dmarc.Dmarc("temperror", problem="no answer in time"))

    def _identifiers(self) -> Sequence[Identifier]:
        sender = self.sender.spf
        return [
            Identifier("spf", sender.domain, sender.outcome),
            *(
                Identifier("dkim", outcome.domain, "pass" if outcome.counts else _not_pass(outcome.result))
                for outcome in self.dkim.outcomes
                if outcome.domain
            ),
        ]

    def facts(self) -> Values:
        return {
            "dkim.result": lambda: self.dkim.result,
            "dkim.domains": lambda: self.dkim.domains,
            "dkim.signatures": lambda: [_signature(outcome) for outcome in self.dkim.outcomes],
            "arc.result": lambda: self.arc.result,
            "arc.sealers": lambda: self.arc.sealers,
            "dmarc.result": lambda: self.dmarc.outcome,
            "dmarc.policy": lambda: self.dmarc.policy,
            "dmarc.domain": lambda: self.dmarc.policy_domain,
        }

    def find_out(self) -> None:
        """Run whatever has not run yet."""
        hello = self.sender.hello
        _together(lambda: hello.client.iprev, lambda: hello.spf, lambda: self.arc, lambda: self.dmarc)

    def results(self) -> list[Result]:
        """The parts of the Authentication-Results field: of all methods that have run."""
        hello, client = self.sender.hello, self.sender.hello.client
        parts: list[Result] = []
        if "iprev" in vars(client):
            parts.append(iprev.authentication_result(client.iprev))
        if "spf" in vars(hello):
            parts.append(spf.authentication_result(hello.spf))
        if self.sender.is_known and self.sender.sender:
            parts.append(spf.authentication_result(self.sender.spf))
        if "dkim" in vars(self):
            parts += dkim.authentication_results(self.dkim)
        if "arc" in vars(self):
            parts.append(arc.authentication_result(self.arc, client.ip))
        if "dmarc" in vars(self):
            parts.append(dmarc.authentication_result(self.dmarc))
        return parts


def _signature(outcome: dkim.Outcome) -> str:
    """One signature as scripts see it."""
    words: list[str] = [outcome.result]
    words += [f"{name}={value}" for name, value in (("d", outcome.domain), ("s", outcome.selector)) if value]
    words += [f"a={outcome.algorithm}"] if outcome.algorithm else []
    return " ".join(words + ["partial"] * outcome.partial + ["testing"] * outcome.testing)


def _not_pass(result: str) -> str:
    """A signature over a part of the message says nothing about the rest."""
    return "policy" if result == "pass" else result


def _in_time(seconds: float, ask: Callable[[], T], late: T) -> T:
    """The answer, or ``late`` when it takes too long."""
    try:
        with tasks.timeout(seconds):
            return ask()
    except TimedOut:
        return late


def _together(*questions: Callable[[], object]) -> None:
    """Ask all of them at the same time.

    Raises:
        what one of them raises.
    """
    asking = [tasks.spawn(question, name="authentication") for question in questions]
    try:
        for task in asking:
            task.join()
            if task.error is not None:
                raise task.error
    finally:
        for task in asking:
            if not task.done:
                task.kill(wait=False)
