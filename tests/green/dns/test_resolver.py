"""The resolver against a real name server process that can misbehave."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.dns import Answer, MxHost, Resolver, system_nameservers
from stalwart_g.green.errors import TimedOut
from stalwart_g.green.stream import Stream
from stalwart_g.green.wire import RealSocket

PROGRAM = Path(__file__).parents[1] / "programs" / "nameserver.py"


class Nameserver:
    """The process; `asked` reads what it got from its output."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, str(PROGRAM)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.output = self.process.stdout
        self.address = ("127.0.0.1", int(self.output.readline()))

    def resolver(self, **options: object) -> Resolver:
        return Resolver([self.address], timeout_seconds=0.3, **options)  # type: ignore[arg-type]

    def asked(self) -> list[list[str]]:
        """The queries since the last look."""
        mark = f"mark{monotonic()}.example.test"
        self.resolver().query(mark)
        return self._until(mark)

    def _until(self, mark: str) -> list[list[str]]:
        queries = []
        while (words := self.output.readline().split()) and words[1] != f"{mark}.":
            queries.append(words)
        return queries


@pytest.fixture(scope="module")
def server() -> Iterator[Nameserver]:
    server = Nameserver()
    yield server
    server.process.kill()
    server.process.wait(10)
    server.output.close()


@pytest.fixture
def resolver(server: Nameserver) -> Resolver:
    server.asked()
    return server.resolver()


@pytest.mark.parametrize(
    ("name", "record_type", "records"),
    [
        ("mx1.example.test", "A", ("192.0.2.1",)),
        ("MX1.Example.TEST.", "A", ("192.0.2.1",)),
        ("mx1.example.test", "AAAA", ("2001:db8::1",)),
        ("example.test", "TXT", ("v=spf1 ip4:192.0.2.0/24 -all",)),
        ("example.test", "MX", ("20 mx2.example.test", "10 mx1.example.test")),
        ("example.test", "NS", ("ns.example.test",)),
        ("alias.example.test", "CNAME", ("alias2.example.test",)),
        ("odd\\.label.example.test", "A", ("192.0.2.6",)),
        ("_25._tcp.mx1.example.test", "TLSA", ("3 1 1 " + "0123456789abcdef" * 4,)),
    ],
)
def test_records_have_text_form(resolver: Resolver, name: str, record_type: str, records: tuple[str, ...]) -> None:
    answer = resolver.query(name, record_type)
    assert answer.status == "ok"
    assert sorted(answer.records) == sorted(records)


def test_aliases_are_followed(resolver: Resolver) -> None:
    answer = resolver.query("alias.example.test")
    assert answer == Answer("ok", ("192.0.2.1",), 60, True, "mx1.example.test")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("missing.example.test", "nxdomain"),
        ("dangling.example.test", "nxdomain"),
        ("ns.example.test", "nxdomain"),
        ("example.test", "nodata"),
        ("loop.example.test", "nodata"),
        ("servfail.example.test", "servfail"),
        ("refused.example.test", "servfail"),
        ("silent.example.test", "timeout"),
        ("garbage.example.test", "servfail"),
        ("two..dots.example.test", "nxdomain"),
        ("x" * 64 + ".example.test", "nxdomain"),
        (".".join(["x" * 60] * 5), "nxdomain"),
    ],
)
def test_each_outcome_has_a_status(resolver: Resolver, name: str, status: str) -> None:
    answer = resolver.query(name)
    assert (answer.status, answer.records) == (status, ())
    assert answer.temporary == (status in ("servfail", "timeout"))


def test_an_unknown_type_is_our_bug(resolver: Resolver) -> None:
    with pytest.raises(ValueError, match="NOSUCH"):
        resolver.query("example.test", "NOSUCH")
    assert resolver.query("mx1.example.test").status == "ok"


def test_a_lost_question_is_asked_again(resolver: Resolver) -> None:
    assert resolver.query("drop.example.test").records == ("192.0.2.7",)


def test_forged_answers_are_passed_over(resolver: Resolver) -> None:
    assert resolver.query("forged.example.test").records == ("192.0.2.8",)


def test_what_does_not_fit_comes_by_tcp(server: Nameserver, resolver: Resolver) -> None:
    assert resolver.txt("big.example.test").records == ("x" * 5000,)
    assert [words[0] for words in server.asked()] == ["udp", "tcp"]


def test_a_server_without_edns_is_asked_without(server: Nameserver, resolver: Resolver) -> None:
    assert resolver.query("noedns.example.test").records == ("192.0.2.10",)
    assert [words[3] for words in server.asked()] == ["edns", "plain"]
    resolver.query("onlyv4.example.test")
    assert [words[3] for words in server.asked()] == ["plain"]


def test_numbers_and_ports_are_random(server: Nameserver, resolver: Resolver) -> None:
    for number in range(30):
        resolver.query(f"missing{number}.example.test")
    asked = server.asked()
    assert len({words[4] for words in asked}) > 25
    assert len({words[5] for words in asked}) > 25


def test_answers_are_kept(server: Nameserver, resolver: Resolver) -> None:
    for _ in range(3):
        assert resolver.query("mx1.example.test").status == "ok"
        assert resolver.query("missing.example.test").status == "nxdomain"
    assert len(server.asked()) == 2


def test_answers_without_lifetime_are_not_kept(server: Nameserver, resolver: Resolver) -> None:
    for _ in range(3):
        assert resolver.query("quick.example.test").status == "ok"
    assert len(server.asked()) == 3


def test_negative_answers_live_as_long_as_the_soa_says(resolver: Resolver) -> None:
    assert resolver.query("missing.example.test").ttl == 30


def test_the_same_question_is_on_its_way_once(server: Nameserver, resolver: Resolver) -> None:
    asking = [tasks.spawn(resolver.query, "onlyv4.example.test") for _ in range(50)]
    assert all(task.join(5) for task in asking)
    assert {task.result for task in asking} == {Answer("ok", ("192.0.2.4",), 300, True, "onlyv4.example.test")}
    assert len(server.asked()) == 1


def test_a_killed_asker_does_not_take_the_answer_from_the_others(resolver: Resolver) -> None:
    first = tasks.spawn(resolver.query, "drop2.example.test")
    second = tasks.spawn(resolver.query, "drop2.example.test")
    tasks.sleep(0)
    first.kill()
    assert second.join(5)
    assert second.result and second.result.status == "nxdomain"


def test_a_caller_may_bound_the_time(server: Nameserver) -> None:
    slow = Resolver([server.address], timeout_seconds=60)
    start = monotonic()
    with pytest.raises(TimedOut), tasks.timeout(0.05):
        slow.query("silent.example.test")
    assert monotonic() - start < 5


def test_the_second_server_helps_and_the_silent_one_is_avoided(server: Nameserver) -> None:
    silent = RealSocket(type=2)
    silent.bind(("127.0.0.1", 0))
    resolver = Resolver([silent.getsockname(), server.address], timeout_seconds=0.2)
    assert resolver.query("mx1.example.test").status == "ok"
    start = monotonic()
    assert resolver.query("mx2.example.test").status == "ok"
    assert monotonic() - start < 0.15
    silent.close()


def test_no_server_at_all_is_a_timeout_at_once() -> None:
    free = RealSocket(type=2)
    free.bind(("127.0.0.1", 0))
    address = free.getsockname()
    free.close()
    start = monotonic()
    assert Resolver([address], timeout_seconds=5).query("mx1.example.test").status == "timeout"
    assert monotonic() - start < 2


def test_only_a_trusted_server_vouches(server: Nameserver) -> None:
    trusting, doubting = server.resolver(), server.resolver(trusted=())
    assert trusting.query("mx1.example.test").secure and trusting.can_validate
    assert not doubting.query("mx1.example.test").secure and not doubting.can_validate


def test_many_questions_go_out_at_once(server: Nameserver) -> None:
    resolver = server.resolver()
    start = monotonic()
    answers = resolver.query_all([(f"missing{number}.example.test", "A") for number in range(40)])
    assert [answer.status for answer in answers] == ["nxdomain"] * 40
    silent = resolver.query_all([("silent.example.test", record_type) for record_type in ("A", "TXT", "MX")])
    assert [answer.status for answer in silent] == ["timeout"] * 3
    assert monotonic() - start < 2


def test_the_cache_is_bounded(server: Nameserver) -> None:
    resolver = server.resolver(capacity=10)
    for number in range(50):
        resolver.query(f"missing{number}.example.test")
    assert len(resolver._cache) <= 11


def test_addresses_come_in_the_order_asked_for(resolver: Resolver) -> None:
    assert resolver.addresses("mx1.example.test").records == ("192.0.2.1", "2001:db8::1")
    assert resolver.addresses("mx1.example.test", ("AAAA", "A")).records == ("2001:db8::1", "192.0.2.1")
    assert resolver.addresses("onlyv4.example.test").records == ("192.0.2.4",)


def test_an_address_counts_more_than_a_failure_and_a_failure_more_than_nothing(resolver: Resolver) -> None:
    assert resolver.addresses("half.example.test").status == "ok"
    assert resolver.addresses("half.example.test", ("AAAA",)).status == "servfail"
    assert resolver.addresses("example.test").status == "nodata"
    assert resolver.addresses("missing.example.test").status == "nxdomain"


def test_addresses_have_names(resolver: Resolver) -> None:
    assert resolver.ptr("192.0.2.1").records == ("mx1.example.test",)
    assert resolver.ptr("192.0.2.250").status == "nxdomain"
    with pytest.raises(ValueError, match="mx1"):
        resolver.ptr("mx1.example.test")


def test_mail_goes_to_the_best_preference_first(resolver: Resolver) -> None:
    mx = resolver.mx("example.test")
    assert mx.hosts == (MxHost(10, "mx1.example.test"), MxHost(20, "mx2.example.test"))
    assert (mx.status, mx.implicit) == ("ok", False)


def test_equal_preferences_are_shuffled(resolver: Resolver) -> None:
    orders = {resolver.mx("equal.example.test").hosts for _ in range(50)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(MxHost(10, f"{host}.example.test") for host in "abcd")}


@pytest.mark.parametrize(
    ("domain", "status", "hosts"),
    [
        ("onlyv4.example.test", "ok", ["onlyv4.example.test"]),
        ("null.example.test", "null", []),
        ("address.example.test", "unusable", []),
        ("mixed.example.test", "ok", ["mx1.example.test"]),
        ("literal.example.test", "ok", ["192.0.2.9.example.test"]),
        ("missing.example.test", "nxdomain", []),
        ("servfail.example.test", "servfail", []),
        ("silent.example.test", "timeout", []),
    ],
)
def test_each_kind_of_mail_domain(resolver: Resolver, domain: str, status: str, hosts: list[str]) -> None:
    mx = resolver.mx(domain)
    assert (mx.status, [host.name for host in mx.hosts]) == (status, hosts)
    assert mx.implicit == (domain == "onlyv4.example.test")


def test_the_servers_of_the_machine_are_read(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(
        "# ours\nnameserver 192.0.2.53\nsearch example.test\nnameserver 2001:db8::53\nnameserver nonsense\n"
    )
    assert system_nameservers(path) == [("192.0.2.53", 53), ("2001:db8::53", 53)]
    assert system_nameservers(tmp_path / "none") == [("127.0.0.1", 53)]


def test_waiting_for_answers_leaves_the_hub_free(server: Nameserver, resolver: Resolver) -> None:
    asking = tasks.spawn(resolver.query, "silent.example.test")
    one, other = (Stream(sock) for sock in socket.socketpair())
    one.send(b"x")
    assert other.recv() == b"x"
    assert not asking.done
    asking.kill()
    one.close()
    other.close()
