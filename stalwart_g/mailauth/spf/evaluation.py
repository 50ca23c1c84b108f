"""May this client send for this domain (RFC 7208 sections 4 to 7)?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from stalwart_g.mailauth.dns import Answer, Dns, Question
from stalwart_g.mailauth.domains import ascii_domain, is_domain, is_within
from stalwart_g.mailauth.results import clean
from stalwart_g.mailauth.spf.macros import MacroError, MacroString, explanation_string
from stalwart_g.mailauth.spf.record import Record, RecordError, Term, choose, parse
from stalwart_g.mailauth.spf.result import Client, Identity, Outcome, Spf

TERMS_MAX = 10  # that ask the DNS
VOIDS_MAX = 2  # questions without an answer
NAMES_MAX = 10  # of one MX or PTR answer


class _Verdict(NamedTuple):
    """What one record came to; ``authority`` is the domain whose record it is."""

    outcome: Outcome
    mechanism: str = ""
    problem: str = ""
    explanation: MacroString | None = None
    authority: str = ""


class _Stop(Exception):
    """The check is over, with ``temperror`` or ``permerror``."""

    def __init__(self, outcome: Outcome, problem: str) -> None:
        super().__init__(problem)
        self.outcome, self.problem = outcome, problem


def check_mail_from(dns: Dns, client: Client, sender: str) -> Spf:
    """The identity of MAIL FROM; for the null sender that is ``postmaster`` at the name of HELO.

    Args:
        client: of an address in IPv6 that stands for one in IPv4, that one counts.
        sender: ``local@domain`` as it was given; empty for the null sender.

    Raises:
        ValueError: ``client.ip`` is no address.
    """
    local, _, domain = sender.rpartition("@")
    if not domain:
        domain = client.helo
    return _check(dns, client, "mailfrom", local or "postmaster", domain)


def check_helo(dns: Dns, client: Client) -> Spf:
    """The identity of HELO. A name that is no domain has the result ``none``.

    Raises:
        ValueError: ``client.ip`` is no address.
    """
    return _check(dns, client, "helo", "postmaster", client.helo)


def explain(dns: Dns, spf: Spf, *, receiver: str = "unknown", now: float = 0.0) -> str:
    """What the domain has to say to whom it fails; empty where it says nothing. This asks the DNS."""
    if spf.explanation is None:
        return ""
    check = _Check(dns, spf.client, spf.sender)
    name = check.name(spf.explanation, spf.authority)
    answer = check.ask([(name, "TXT")])[0] if name else None
    if answer is None or len(answer.records) != 1 or not answer.records[0].isascii():
        return ""
    values = {"c": check.ip_text, "r": receiver, "t": str(int(now))}
    try:
        text = explanation_string(answer.records[0])
        told = text.expand(lambda letter: values.get(letter) or check.value(letter, spf.authority))
    except MacroError:
        return ""
    return clean(told) if told.isascii() else ""


def _check(dns: Dns, client: Client, identity: Identity, local: str, domain: str) -> Spf:
    name = ascii_domain(domain)
    sender = f"{local}@{domain}"
    if name is None or "." not in name or domain.startswith("["):
        return Spf("none", identity, client, domain, sender)
    check = _Check(dns, client, sender)
    try:
        verdict = check.host(name)
    except _Stop as stop:
        verdict = _Verdict(stop.outcome, problem=stop.problem)
    return Spf(
        verdict.outcome,
        identity,
        client,
        name,
        sender,
        mechanism=verdict.mechanism,
        problem=verdict.problem,
        explanation=verdict.explanation,
        authority=verdict.authority,
    )


class _Check:
    """One run, with what it has used up of the limits."""

    def __init__(self, dns: Dns, client: Client, sender: str) -> None:
        self._dns, self._client, self._sender = dns, client, sender
        ip = ip_address(client.ip.partition("%")[0])
        self._ip = ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip
        self.ip_text = str(self._ip)
        self._is_v4 = isinstance(self._ip, IPv4Address)
        self._bits, self._number = (32 if self._is_v4 else 128), int(self._ip)
        self._terms = self._voids = 0
        self._names: Sequence[str] | None = None

    def host(self, domain: str) -> _Verdict:
        """The function of RFC 7208 section 4.

        Raises:
            _Stop
        """
        (answer,) = self.ask([(domain, "TXT")])
        if answer.temporary:
            raise _Stop("temperror", f"no answer for {domain}")
        records = choose(answer.records)
        if not records:
            return _Verdict("none", problem=f"{domain} has no SPF record")
        if len(records) > 1:
            raise _Stop("permerror", f"{domain} has {len(records)} SPF records")
        try:
            return self._judge(parse(records[0]), domain)
        except RecordError as error:
            raise _Stop("permerror", f"{domain}: {error}") from None

    def _judge(self, record: Record, domain: str) -> _Verdict:
        for term in record.terms:
            if _MATCHES[term.mechanism](self, term, domain):
                explanation = record.explanation if term.result == "fail" else None
                return _Verdict(term.result, term.text, "", explanation, domain)
        if record.redirect is None:
            return _Verdict("neutral", "default")
        word = f"redirect={record.redirect.text}"
        self._count(word, domain)
        target = self.name(record.redirect, domain)
        verdict = self.host(target) if target else None
        if verdict is None or verdict.outcome == "none":
            raise _Stop("permerror", f"{domain}: no SPF record there in {word!r}")
        return verdict

    def ask(self, questions: Sequence[Question]) -> Sequence[Answer]:
        return self._dns.query_all(questions)

    # Limits

    def _count(self, word: str, domain: str) -> None:
        self._terms += 1
        if self._terms > TERMS_MAX:
            raise _Stop("permerror", f"{domain}: more than {TERMS_MAX} terms that ask the DNS, at {word!r}")

    def _ask_of(self, term: Term, name: str, kind: str, domain: str) -> Answer:
        """One question of a term; it ends the check when it fails, or is one void answer too many."""
        (answer,) = self.ask([(name, kind)])
        self._judge_answer(answer, term, name, domain)
        return answer

    def _judge_answer(self, answer: Answer, term: Term, name: str, domain: str) -> None:
        if answer.temporary:
            raise _Stop("temperror", f"{domain}: no answer for {name} in {term.text!r}")
        if not answer.records:
            self._voids += 1
            if self._voids > VOIDS_MAX:
                raise _Stop("permerror", f"{domain}: more than {VOIDS_MAX} names without records, at {term.text!r}")

    # Mechanisms

    def _all(self, term: Term, domain: str) -> bool:
        return True

    def _network(self, term: Term, domain: str) -> bool:
        bits = 32 if term.mechanism == "ip4" else 128
        return bits == self._bits and self._number >> (bits - term.prefix4) == term.network

    def _include(self, term: Term, domain: str) -> bool:
        self._count(term.text, domain)
        target = self._target(term, domain)
        outcome = self.host(target).outcome if target else "none"
        if outcome == "none":
            raise _Stop("permerror", f"{domain}: no SPF record there in {term.text!r}")
        return outcome == "pass"

    def _a(self, term: Term, domain: str) -> bool:
        self._count(term.text, domain)
        target = self._target(term, domain)
        if not target:
            return False
        answer = self._ask_of(term, target, self._address_type, domain)
        return self._has_address(answer, term)

    def _mx(self, term: Term, domain: str) -> bool:
        self._count(term.text, domain)
        target = self._target(term, domain)
        if not target:
            return False
        answer = self._ask_of(term, target, "MX", domain)
        if len(answer.records) > NAMES_MAX:
            raise _Stop("permerror", f"{domain}: more than {NAMES_MAX} MX names in {term.text!r}")
        names = [record.rpartition(" ")[2] for record in answer.records]
        return self._any_address([name for name in names if name not in (".", "")], term, domain)

    def _any_address(self, names: Sequence[str], term: Term, domain: str) -> bool:
        """The names are asked for at the same time, and judged in order."""
        answers = self.ask([(name, self._address_type) for name in names]) if names else ()
        for name, answer in zip(names, answers, strict=True):
            self._judge_answer(answer, term, name, domain)
            if self._has_address(answer, term):
                return True
        return False

    def _ptr(self, term: Term, domain: str) -> bool:
        self._count(term.text, domain)
        target = self._target(term, domain)
        return bool(target) and any(is_within(name, target.lower()) for name in self._validated())

    def _exists(self, term: Term, domain: str) -> bool:
        self._count(term.text, domain)
        target = self._target(term, domain)
        return bool(target) and bool(self._ask_of(term, target, "A", domain).records)

    @property
    def _address_type(self) -> str:
        return "A" if self._is_v4 else "AAAA"

    def _has_address(self, answer: Answer, term: Term) -> bool:
        shift = self._bits - (term.prefix4 if self._is_v4 else term.prefix6)
        return any(_number(record) >> shift == self._number >> shift for record in answer.records)

    # Names

    def _target(self, term: Term, domain: str) -> str:
        return domain if term.target is None else self.name(term.target, domain)

    def name(self, spec: MacroString, domain: str) -> str:
        """The name that a domain-spec makes; empty where the DNS cannot be asked for it."""
        name = spec.expand_name(lambda letter: self.value(letter, domain))
        return name if is_domain(name) else ""

    def value(self, letter: str, domain: str) -> str:
        """The value of a macro letter (RFC 7208 section 7.2)."""
        if letter == "d":
            return domain
        local, _, sender_domain = self._sender.rpartition("@")
        values: Mapping[str, Callable[[], str]] = {
            "s": lambda: self._sender,
            "l": lambda: local,
            "o": lambda: ascii_domain(sender_domain) or sender_domain,
            "i": self._dotted,
            "v": lambda: "in-addr" if self._is_v4 else "ip6",
            "h": lambda: self._client.helo,
            "p": lambda: self._validated_name(domain),
        }
        return values[letter]()

    def _dotted(self) -> str:
        return self.ip_text if self._is_v4 else ".".join(f"{self._number:032X}")

    def _validated_name(self, domain: str) -> str:
        names = self._validated()
        below = [name for name in names if is_within(name, domain)]
        return next((name for name in names if name == domain), None) or next(iter([*below, *names]), "unknown")

    def _validated(self) -> Sequence[str]:
        """The client's names that lead back to its address; what fails is left out (RFC 7208 section 5.5)."""
        if self._names is None:
            (answer,) = self.ask([(self._ip.reverse_pointer, "PTR")])
            names = [name.lower().removesuffix(".") for name in answer.records[:NAMES_MAX]]
            names = [name for name in names if is_domain(name)]
            answers = self.ask([(name, self._address_type) for name in names]) if names else ()
            everything = Term("", "pass", "a")
            self._names = [
                name for name, found in zip(names, answers, strict=True) if self._has_address(found, everything)
            ]
        return self._names


@lru_cache(maxsize=1024)
def _number(ip: str) -> int:
    return int(ip_address(ip))


_MATCHES: Mapping[str, Callable[[_Check, Term, str], bool]] = {
    "all": _Check._all,
    "ip4": _Check._network,
    "ip6": _Check._network,
    "include": _Check._include,
    "a": _Check._a,
    "mx": _Check._mx,
    "ptr": _Check._ptr,
    "exists": _Check._exists,
}
