"""Answers from the cache, from a question that is already on its way, or from the name servers."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic

from stalwart_g.green import tasks
from stalwart_g.green.dns import packets
from stalwart_g.green.dns.answers import Answer, Mx, MxHost, Status
from stalwart_g.green.dns.packets import CNAME, NOERROR, NXDOMAIN, SOA, NameInvalid, PacketError, Record, Response
from stalwart_g.green.dns.transport import Nameserver, ask
from stalwart_g.green.errors import ConnectionLost, TimedOut
from stalwart_g.green.state.expiring import ExpiringTable
from stalwart_g.observe import metrics

_DAY_SECONDS = 86400
_FAILURE_SECONDS = 2.0
_AVOID_SECONDS = 30.0
_MAX_CHAIN = 16
_WITHOUT_EDNS = frozenset({packets.FORMERR, packets.NOTIMP})
_LOOPBACK = ("127.0.0.1", "::1")

_asked = metrics.counter("dns_queries", "Questions to name servers, by what they came to", ("status",))
_cached = metrics.counter("dns_cache_hits", "Answers that needed no question")

_UNUSABLE = Response(packets.SERVFAIL, truncated=False, authentic=False, answer=(), authority=())

Key = tuple[str, str]


class _Flight:
    """A question on its way; others who ask the same wait for it."""

    __slots__ = ("answer", "landed")

    def __init__(self) -> None:
        self.landed = tasks.Event()
        self.answer: Answer | None = None


class Resolver:
    """A stub resolver. No call raises: what goes wrong is a status.

    Args:
        nameservers: recursive ones, address and port, best first; None: those of ``/etc/resolv.conf``.
        timeout_seconds: for one try at one server.
        attempts: so many rounds over the servers.
        trusted: addresses of name servers whose AD bit counts, reached over a path that nobody can tamper with.
        capacity: so many answers are kept.
        concurrency: so many questions are on their way at a time.
    """

    def __init__(
        self,
        nameservers: Sequence[Nameserver] | None = None,
        *,
        timeout_seconds: float = 5.0,
        attempts: int = 2,
        trusted: Iterable[str] = _LOOPBACK,
        capacity: int = 16_384,
        concurrency: int = 512,
    ) -> None:
        self._nameservers = list(nameservers if nameservers is not None else system_nameservers())
        self._timeout, self._attempts, self._trusted = timeout_seconds, attempts, frozenset(trusted)
        self._cache = ExpiringTable[Key, Answer](capacity)
        self._flights: dict[Key, _Flight] = {}
        self._avoided: dict[Nameserver, float] = {}
        self._no_edns: set[Nameserver] = set()
        self._room = tasks.Semaphore(concurrency)

    @property
    def can_validate(self) -> bool:
        """Whether some name server's AD bit counts; without one DANE is not available (RFC 7672)."""
        return any(ip in self._trusted for ip, _ in self._nameservers)

    def query(self, name: str, record_type: str = "A") -> Answer:
        """Ask for the records of one type (``A``, ``TXT``, ``TLSA`` ...) of one name, following CNAMEs.

        A name that cannot exist, for a label is empty or too long, is ``nxdomain``.

        Raises:
            ValueError: unknown record type.
        """
        key = (name.removesuffix(".").lower(), record_type)
        while True:
            if (answer := self._cache.get(key, monotonic())) is not None:
                _cached.inc()
                return answer
            flight = self._flights.get(key)
            if flight is None:
                return self._fly(key)
            flight.landed.wait()
            if flight.answer is not None:
                return flight.answer

    def query_all(self, questions: Sequence[Key]) -> list[Answer]:
        """Ask several questions (name, record type) at the same time; answers in the same order."""
        asking = [tasks.spawn(self.query, *question) for question in questions]
        try:
            return [task.result or Answer("servfail") for task in asking if task.join()]
        finally:
            for task in asking:
                if not task.done:
                    task.kill(wait=False)

    def txt(self, name: str) -> Answer:
        """TXT records, the strings of each joined."""
        return self.query(name, "TXT")

    def ptr(self, ip: str) -> Answer:
        """The names of an address, IPv4 or IPv6.

        Raises:
            ValueError: no address.
        """
        return self.query(ipaddress.ip_address(ip).reverse_pointer, "PTR")

    def addresses(self, host: str, record_types: Sequence[str] = ("A", "AAAA")) -> Answer:
        """All addresses of a host, in the order of ``record_types``, which are asked for at the same time.

        Without any address a temporary failure of either question makes the whole temporary.
        """
        answers = self.query_all([(host, record_type) for record_type in record_types])
        good = [answer for answer in answers if answer.status == "ok"]
        if not good:
            return next((a for a in answers if a.temporary), None) or min(answers, key=lambda a: a.status == "nxdomain")
        return Answer(
            "ok",
            tuple(record for answer in good for record in answer.records),
            min(answer.ttl for answer in good),
            all(answer.secure for answer in answers),
            good[0].canonical,
        )

    def mx(self, domain: str) -> Mx:
        """Where mail for a domain goes (RFC 5321 section 5.1, RFC 7505)."""
        answer = self.query(domain, "MX")
        if answer.status == "nodata":
            host = MxHost(0, domain.removesuffix(".").lower())
            return Mx("ok", (host,), implicit=True, secure=answer.secure, ttl=answer.ttl)
        if answer.status != "ok":
            return Mx(answer.status, ttl=answer.ttl, secure=answer.secure)
        records = [MxHost(int(preference), name) for preference, name in map(str.split, answer.records)]
        hosts = [host for host in records if host.name != "." and not _is_address(host.name)]
        if not hosts:
            null = all(host.name == "." for host in records)
            return Mx("null" if null else "unusable", secure=answer.secure, ttl=answer.ttl)
        random.shuffle(hosts)
        hosts.sort(key=lambda host: host.preference)
        return Mx("ok", tuple(hosts), secure=answer.secure, ttl=answer.ttl)

    def _fly(self, key: Key) -> Answer:
        flight = self._flights[key] = _Flight()
        try:
            with self._room:
                flight.answer = answer = self._ask_servers(*key)
        finally:  # also when killed: then one of those who wait asks again
            del self._flights[key]
            flight.landed.set()
        _asked.inc(answer.status)
        now = monotonic()
        keep = _FAILURE_SECONDS if answer.temporary else answer.ttl
        if keep > 0:
            self._cache.put(key, answer, now + keep, now)
        return answer

    def _ask_servers(self, name: str, record_type: str) -> Answer:
        number = packets.type_number(record_type)
        try:
            asked = packets.question(name, number)
        except NameInvalid:
            return Answer("nxdomain")
        status: Status = "timeout"
        for _ in range(self._attempts):
            for server in self._by_health():
                response = self._ask_one(server, asked)
                if response is None:
                    continue
                if response.rcode in (NOERROR, NXDOMAIN):
                    secure = response.authentic and server[0] in self._trusted
                    return _answer(response, packets.asked_name(asked), number, secure=secure)
                status = "servfail"
        return Answer(status)

    def _ask_one(self, server: Nameserver, asked: bytes) -> Response | None:
        """The response of one server; None when it gave none, which is remembered for a while."""
        try:
            edns = server not in self._no_edns
            response = ask(server, asked, self._timeout, edns=edns)
            if edns and response.rcode in _WITHOUT_EDNS:
                response = ask(server, asked, self._timeout, edns=False)
                if response.rcode in (NOERROR, NXDOMAIN):
                    self._no_edns.add(server)
        except PacketError:
            return _UNUSABLE
        except (TimedOut, ConnectionLost):
            self._avoided[server] = monotonic() + _AVOID_SECONDS
            return None
        self._avoided.pop(server, None)
        return response

    def _by_health(self) -> list[Nameserver]:
        now = monotonic()
        return sorted(self._nameservers, key=lambda server: self._avoided.get(server, 0.0) > now)


def system_nameservers(path: Path = Path("/etc/resolv.conf")) -> list[Nameserver]:
    """The name servers of this machine; the one on loopback when none is named."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [words[1] for words in map(str.split, lines) if len(words) > 1 and words[0] == "nameserver"]
    return [(ip, 53) for ip in named if _is_address(ip.partition("%")[0])] or [("127.0.0.1", 53)]


def _answer(response: Response, canonical: str, number: int, *, secure: bool) -> Answer:
    ttl = _DAY_SECONDS
    chain = {record.name: record for record in response.answer if record.type == CNAME}
    for _ in range(_MAX_CHAIN):
        if number == CNAME or canonical not in chain:
            break
        ttl = min(ttl, chain[canonical].ttl)
        canonical = chain[canonical].value
    found = [record for record in response.answer if record.type == number and record.name == canonical]
    if found and response.rcode == NOERROR:
        values = tuple(dict.fromkeys(record.value for record in found))
        return Answer("ok", values, min(ttl, *(record.ttl for record in found)), secure, canonical)
    status: Status = "nxdomain" if response.rcode == NXDOMAIN else "nodata"
    return Answer(status, (), min(ttl, _negative_ttl(response.authority)), secure, canonical)


def _negative_ttl(authority: Sequence[Record]) -> int:
    """RFC 2308 section 5; without a SOA record a negative answer is not kept."""
    return next((min(record.ttl, record.minimum) for record in authority if record.type == SOA), 0)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
