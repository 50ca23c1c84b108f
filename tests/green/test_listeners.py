"""Listeners over real sockets: pool bounds, failures of a session, graceful stop, exhausted descriptors."""

from __future__ import annotations

import logging
import resource
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from stalwart_g.green import tasks, tls
from stalwart_g.green.errors import ConnectionLost, Interrupted
from stalwart_g.green.listeners import Handler, Listener
from stalwart_g.green.sockets import bind, bind_all
from stalwart_g.green.stream import Stream, dial


def echo(stream: Stream) -> None:
    while data := stream.recv():
        stream.send(data)


def polite(stream: Stream) -> None:
    """Ends at once when told to, as a session between two commands does."""
    try:
        while data := stream.recv(interruptible=True):
            stream.send(data)
    except Interrupted:
        stream.send(b"421 4.3.0\r\n")


@contextmanager
def serving(handler: Handler, **options: object) -> Iterator[tuple[Listener, Callable[[], Stream]]]:
    sock = bind("127.0.0.1", 0)
    listener = Listener([sock], handler, **options)  # type: ignore[arg-type]
    listener.start()
    port = listener.addresses[0].port
    dialled: list[Stream] = []

    def connect() -> Stream:
        dialled.append(dial("127.0.0.1", port, timeout_seconds=5))
        dialled[-1].set_timeout(5)
        return dialled[-1]

    yield listener, connect
    listener.stop(0)
    for stream in dialled:
        stream.close()
    sock.close()


def read_all(stream: Stream) -> bytes:
    data = b""
    while more := stream.recv():
        data += more
    return data


def eventually(check: Callable[[], bool]) -> bool:
    deadline = monotonic() + 5
    while not (good := check()) and monotonic() < deadline:
        tasks.breathe()
    return good


def test_many_connections_are_served_at_once() -> None:
    with serving(echo) as (listener, connect):
        streams = [connect() for _ in range(100)]
        for number, stream in enumerate(streams):
            stream.send(b"%d" % number)
        assert [stream.recv() for stream in streams] == [b"%d" % number for number in range(100)]
        assert listener.active == 100


def test_greenlets_are_used_again() -> None:
    seen: set[int] = set()

    def note(stream: Stream) -> None:
        seen.add(id(tasks.gevent.getcurrent()))

    with serving(note) as (_, connect):
        for _ in range(20):
            assert read_all(connect()) == b""
    assert len(seen) == 1


def test_over_the_limit_the_client_is_told_and_turned_away() -> None:
    with serving(echo, pool_size=2, on_full=b"421 4.3.2 busy\r\n") as (_, connect):
        served = [connect(), connect()]
        for stream in served:
            stream.send(b"x")
            assert stream.recv() == b"x"
        assert read_all(connect()) == b"421 4.3.2 busy\r\n"
        served[0].close()
        assert eventually(lambda: _echoes(connect()))


def _echoes(stream: Stream) -> bool:
    try:
        stream.send(b"y")
        return stream.recv() == b"y"
    except ConnectionLost:
        return False


def test_a_failed_session_is_logged_and_closed_and_the_next_one_is_served(caplog: pytest.LogCaptureFixture) -> None:
    def fragile(stream: Stream) -> None:
        if stream.recv() == b"bad":
            raise ValueError("our bug")
        stream.send(b"fine")

    with serving(fragile) as (listener, connect):
        bad = connect()
        bad.send(b"bad")
        assert read_all(bad) == b""
        good = connect()
        good.send(b"good")
        assert good.recv() == b"fine"
        assert eventually(lambda: not listener.streams)
    assert "ValueError: our bug" in caplog.text


def test_a_peer_that_resets_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    with serving(echo) as (listener, connect):
        stream = connect()
        stream.send(b"x")
        assert stream.recv() == b"x"
        stream._wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream._wire.sock.close()
        assert eventually(lambda: not listener.active)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_graceful_stop_lets_sessions_take_leave() -> None:
    with serving(polite) as (listener, connect):
        stream = connect()
        stream.send(b"x")
        assert stream.recv() == b"x"
        assert listener.stop(5) is True
        assert read_all(stream) == b"421 4.3.0\r\n"


def test_after_the_grace_sessions_are_ended() -> None:
    with serving(echo) as (listener, connect):
        stream = connect()
        stream.send(b"x")
        assert stream.recv() == b"x"
        assert listener.stop(0.05) is False
        assert read_all(stream) == b""
        assert (listener.active, listener.streams) == (0, set())


def test_implicit_tls_comes_before_the_handler(tmp_path: Path) -> None:
    server = tls.ServerTls(tls.self_signed("mx.example.test", tmp_path))
    with serving(echo, tls=server.current) as (_, connect):
        stream = connect()
        stream.starttls(tls.opportunistic_context(), server_side=False, server_hostname="mx.example.test")
        stream.send(b"secret")
        assert stream.recv() == b"secret"


def test_a_silent_client_of_implicit_tls_is_closed(tmp_path: Path) -> None:
    server = tls.ServerTls(tls.self_signed("mx.example.test", tmp_path))
    with serving(echo, tls=server.current, handshake_seconds=0.05) as (_, connect):
        assert read_all(connect()) == b""


def test_prepare_sees_the_octets_before_the_handler() -> None:
    def announced(stream: Stream) -> None:
        stream.peer = stream.peer._replace(ip=stream.recv(9).decode())

    def tell(stream: Stream) -> None:
        stream.send(stream.peer.ip.encode() + stream.recv())

    with serving(tell, prepare=announced) as (_, connect):
        stream = connect()
        stream.send(b"192.0.2.1 rest")
        assert stream.recv() == b"192.0.2.1 rest"


def test_exhausted_descriptors_pause_the_listener_and_do_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    with serving(echo) as (_, connect):
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        clients = [connect(), connect()]
        used = max(stream._wire.sock.fileno() for stream in clients) + 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (used, before[1]))
        try:
            assert eventually(lambda: "trying again" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for client in clients:
            client.send(b"x")
            assert client.recv() == b"x"


def test_connections_have_no_delay_without_a_call_each() -> None:
    delays: list[int] = []

    def look(stream: Stream) -> None:
        delays.append(stream._wire.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    with serving(look) as (_, connect):
        assert read_all(connect()) == b""
    assert delays == [1]


def test_the_ipv6_wildcard_takes_ipv4_and_shows_it_as_such() -> None:
    sock = bind("::", 0)
    seen: list[str] = []
    listener = Listener([sock], lambda stream: seen.append(stream.peer.ip))
    listener.start()
    stream = dial("127.0.0.1", listener.addresses[0].port, timeout_seconds=5)
    assert read_all(stream) == b""
    listener.stop(0)
    sock.close()
    assert seen == ["127.0.0.1"]


def test_both_wildcards_share_a_port() -> None:
    first = bind("0.0.0.0", 0)
    port = first.getsockname()[1]
    first.close()
    both = bind_all([("0.0.0.0", port), ("::", port)])
    assert {sock.family for sock in both} == {socket.AF_INET, socket.AF_INET6}
    for sock in both:
        sock.close()


def test_all_addresses_are_bound_or_none() -> None:
    taken = bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(OSError):
        bind_all([("127.0.0.2", port), ("127.0.0.1", port)])
    free = bind("127.0.0.2", port)
    for sock in (free, taken):
        sock.close()


def test_an_address_that_cannot_be_had_is_named() -> None:
    taken = bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
        bind("127.0.0.1", port)
    taken.close()


def test_a_loopback_port_that_is_taken_can_be_replaced_by_a_free_one() -> None:
    taken = bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    (other,) = bind_all([("127.0.0.1", port)], free_ports=True)
    assert other.getsockname()[1] not in (0, port)
    for sock in (other, taken):
        sock.close()
