"""Streams over real sockets on loopback: waiting, deadlines, interruption, partial sends, TLS both ways."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from stalwart_g.green import tasks, tls
from stalwart_g.green.errors import ConnectFailed, ConnectionLost, Interrupted, TimedOut, TlsFailed
from stalwart_g.green.sockets import bind
from stalwart_g.green.stream import Endpoint, Stream, dial, endpoint

Pair = tuple[Stream, Stream]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two ends of one TCP connection."""
    listening = bind("127.0.0.1", 0)
    ours = dial("127.0.0.1", listening.getsockname()[1], timeout_seconds=5)
    accepted, _ = listening.accept()
    theirs = Stream(accepted)
    yield ours, theirs
    for stream in (ours, theirs):
        stream.close()
    listening.close()


@pytest.fixture(scope="module")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> tls.ServerTls:
    return tls.ServerTls(tls.self_signed("mx.example.test", tmp_path_factory.mktemp("tls")))


def ending_of(receive: Callable[[], bytes]) -> type[Exception] | None:
    """How a wait in another greenlet ended."""
    try:
        receive()
    except (Interrupted, ConnectionLost, TimedOut) as error:
        return type(error)
    return None


def test_octets_arrive_and_are_counted(pair: Pair) -> None:
    ours, theirs = pair
    ours.send(b"EHLO a\r\n")
    assert theirs.recv() == b"EHLO a\r\n"
    assert (ours.sent, theirs.received) == (8, 8)


def test_recv_waits_for_a_peer_that_is_late(pair: Pair) -> None:
    ours, theirs = pair
    waiting = tasks.spawn(theirs.recv)
    tasks.breathe()
    assert not waiting.done
    ours.send(b"late")
    waiting.join(5)
    assert waiting.result == b"late"


def test_a_peer_that_has_finished_gives_empty_octets(pair: Pair) -> None:
    ours, theirs = pair
    ours.close()
    assert theirs.recv() == b""


def test_more_than_the_kernel_takes_at_once_arrives_whole(pair: Pair) -> None:
    ours, theirs = pair
    data = os.urandom(1 << 20) * 8
    sending = tasks.spawn(ours.send, data)
    received = bytearray()
    while len(received) < len(data):
        received += theirs.recv()
    sending.join(5)
    assert bytes(received) == data


def test_an_idle_peer_times_out(pair: Pair) -> None:
    pair[0].set_timeout(0.05)
    start = monotonic()
    with pytest.raises(TimedOut):
        pair[0].recv()
    assert 0.04 < monotonic() - start < 1


def test_a_timeout_counts_from_the_last_octets(pair: Pair) -> None:
    ours, theirs = pair
    theirs.set_timeout(0.2)
    start = monotonic()
    for _ in range(4):
        later = tasks.every(0.1, lambda: ours.send(b"x"))
        assert theirs.recv()
        later.cancel()
    assert monotonic() - start > 0.3
    with pytest.raises(TimedOut):
        theirs.recv()


def test_a_deadline_ends_a_peer_that_drips(pair: Pair) -> None:
    ours, theirs = pair
    dripping = tasks.every(0.02, lambda: ours.send(b"x"))
    theirs.set_deadline(0.15)
    with pytest.raises(TimedOut):
        while True:
            theirs.recv()
    dripping.cancel()


def test_a_deadline_ends_a_peer_that_floods(pair: Pair) -> None:
    ours, theirs = pair

    def flood() -> None:
        while True:
            ours.send(bytes(1 << 16))

    flooding = tasks.spawn(flood)
    theirs.set_deadline(0.2)
    with pytest.raises(TimedOut):
        while True:
            theirs.recv(1000)
    flooding.kill()


def test_within_gives_the_deadline_back(pair: Pair) -> None:
    ours, theirs = pair
    with pytest.raises(TimedOut), theirs.within(0.02):
        theirs.recv()
    later = tasks.every(0.1, lambda: ours.send(b"x"))
    assert theirs.recv() == b"x"
    later.cancel()


def test_a_peer_that_reads_nothing_times_out_the_sender(pair: Pair) -> None:
    pair[0].set_timeout(0.1)
    with pytest.raises(TimedOut):
        pair[0].send(bytes(1 << 26))


def test_an_interrupt_ends_an_interruptible_wait_and_nothing_else(pair: Pair) -> None:
    ours, theirs = pair
    waiting = tasks.spawn(ending_of, lambda: theirs.recv(interruptible=True))
    tasks.breathe()
    theirs.interrupt()
    assert waiting.join(5) and waiting.result is Interrupted
    ours.send(b"still works")
    assert theirs.recv(interruptible=True) == b"still works"


def test_an_interrupt_leaves_a_plain_wait_alone(pair: Pair) -> None:
    ours, theirs = pair
    waiting = tasks.spawn(theirs.recv)
    tasks.breathe()
    theirs.interrupt()
    tasks.breathe()
    ours.send(b"data")
    assert waiting.join(5) and waiting.result == b"data"
    with pytest.raises(Interrupted):
        theirs.recv(interruptible=True)


def test_stop_ends_each_interruptible_wait(pair: Pair) -> None:
    pair[0].stop()
    for _ in range(2):
        with pytest.raises(Interrupted):
            pair[0].recv(interruptible=True)


def test_close_by_another_greenlet_ends_the_wait(pair: Pair) -> None:
    waiting = tasks.spawn(ending_of, pair[0].recv)
    tasks.breathe()
    pair[0].close()
    assert waiting.join(5) and waiting.result is ConnectionLost


def test_one_greenlet_reads_while_another_writes(pair: Pair) -> None:
    ours, theirs = pair
    data = bytes(1 << 24)
    ours.set_timeout(5)
    reading = tasks.spawn(ours.recv)
    writing = tasks.spawn(ours.send, data)
    tasks.breathe()
    theirs.send(b"pushed")
    assert reading.join(5) and reading.result == b"pushed"
    left = len(data)
    while left:
        left -= len(theirs.recv())
    assert writing.join(5) and writing.error is None


def test_the_last_reply_survives_unread_input(pair: Pair) -> None:
    ours, theirs = pair
    ours.send(bytes(200_000))
    assert theirs.recv(10)
    theirs.send(b"554 5.5.0 no\r\n")
    theirs.close(linger_seconds=0.2)
    assert ours.recv() == b"554 5.5.0 no\r\n"


def test_a_closed_port_fails_to_connect() -> None:
    listening = bind("127.0.0.1", 0)
    port = listening.getsockname()[1]
    listening.close()
    with pytest.raises(ConnectFailed, match="ECONNREFUSED"):
        dial("127.0.0.1", port, timeout_seconds=5)


def test_a_connection_comes_from_the_source_address() -> None:
    listening = bind("127.0.0.1", 0)
    stream = dial("127.0.0.1", listening.getsockname()[1], timeout_seconds=5, source_ip="127.0.0.2")
    assert stream.local.ip == "127.0.0.2"
    stream.close()
    listening.close()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (("::ffff:192.0.2.1", 25, 0, 0), Endpoint("192.0.2.1", 25)),
        (("fe80::1%eth0", 25, 0, 2), Endpoint("fe80::1", 25)),
        (("2001:db8::1", 25, 0, 0), Endpoint("2001:db8::1", 25)),
        ("", Endpoint("", 0)),
    ],
)
def test_addresses_have_one_form(raw: object, shown: Endpoint) -> None:
    assert endpoint(raw) == shown


def handshake(pair: Pair, server_tls: tls.ServerTls, context: ssl.SSLContext, name: str = "mx.example.test") -> None:
    ours, theirs = pair
    server = tasks.spawn(lambda: theirs.starttls(server_tls.current(), server_side=True, timeout_seconds=5))
    try:
        ours.starttls(context, server_side=False, server_hostname=name, timeout_seconds=5)
    finally:
        server.join(5)


def test_starttls_agrees_on_both_sides(pair: Pair, server_tls: tls.ServerTls) -> None:
    handshake(pair, server_tls, tls.opportunistic_context())
    ours, theirs = pair
    assert ours.tls and theirs.tls
    assert (ours.tls.version, ours.tls.cipher) == (theirs.tls.version, theirs.tls.cipher)
    assert theirs.tls.sni == "mx.example.test"
    assert theirs.tls.bits >= 128
    ours.send(b"EHLO again\r\n")
    assert theirs.recv() == b"EHLO again\r\n"


def test_the_chain_of_the_peer_is_seen_unverified(pair: Pair, server_tls: tls.ServerTls) -> None:
    handshake(pair, server_tls, tls.opportunistic_context())
    pem = server_tls.default.certificate.read_text()
    assert pair[0].peer_chain() == [ssl.PEM_cert_to_DER_cert(pem)]


def test_large_data_goes_through_tls_both_ways_at_once(pair: Pair, server_tls: tls.ServerTls) -> None:
    handshake(pair, server_tls, tls.opportunistic_context())
    data = os.urandom(1 << 20) * 3

    def take(stream: Stream) -> bytes:
        received = bytearray()
        while len(received) < len(data):
            received += stream.recv()
        return bytes(received)

    readers = [tasks.spawn(take, stream) for stream in pair]
    writers = [tasks.spawn(stream.send, data) for stream in pair]
    assert all(task.join(20) for task in (*readers, *writers))
    assert all(task.result == data for task in readers)


def test_verification_refuses_a_self_signed_certificate(pair: Pair, server_tls: tls.ServerTls) -> None:
    with pytest.raises(TlsFailed, match="self"):
        handshake(pair, server_tls, tls.verifying_context())


def test_verification_accepts_a_trusted_certificate(pair: Pair, server_tls: tls.ServerTls) -> None:
    handshake(pair, server_tls, tls.verifying_context(server_tls.default.certificate))
    assert pair[0].tls


def test_verification_refuses_another_name(pair: Pair, server_tls: tls.ServerTls) -> None:
    with pytest.raises(TlsFailed, match=r"(?i)hostname"):
        handshake(pair, server_tls, tls.verifying_context(server_tls.default.certificate), "other.example.test")


def test_a_silent_client_times_out_in_the_handshake(pair: Pair, server_tls: tls.ServerTls) -> None:
    with pytest.raises(TimedOut):
        pair[1].starttls(server_tls.current(), server_side=True, timeout_seconds=0.05)


def test_plain_text_instead_of_a_handshake_fails(pair: Pair, server_tls: tls.ServerTls) -> None:
    pair[0].send(b"MAIL FROM:<a@b>\r\n" * 10)
    with pytest.raises(TlsFailed):
        pair[1].starttls(server_tls.current(), server_side=True)


def test_octets_given_back_belong_to_the_handshake(pair: Pair, server_tls: tls.ServerTls) -> None:
    ours, theirs = pair
    client = tasks.spawn(
        lambda: ours.starttls(tls.opportunistic_context(), server_side=False, server_hostname="mx.example.test")
    )
    theirs.unread(theirs.recv(20))
    assert theirs.starttls(server_tls.current(), server_side=True)
    assert client.join(5) and client.error is None


def test_close_says_goodbye_in_tls(pair: Pair, server_tls: tls.ServerTls) -> None:
    handshake(pair, server_tls, tls.opportunistic_context())
    pair[0].close()
    assert pair[1].recv() == b""


def test_a_stream_takes_a_socket_that_blocks() -> None:
    one, other = socket.socketpair()
    stream = Stream(one)
    other.send(b"x")
    assert stream.recv() == b"x"
    assert stream.peer == Endpoint("", 0)
    stream.close()
    other.close()


def test_a_killed_waiter_leaves_the_stream_usable(pair: Pair) -> None:
    ours, theirs = pair
    waiting = tasks.spawn(theirs.recv)
    tasks.breathe()
    waiting.kill()
    ours.send(b"next")
    assert theirs.recv() == b"next"


def test_certificates_are_reloaded_and_old_sessions_go_on(pair: Pair, tmp_path: Path) -> None:
    server = tls.ServerTls(tls.self_signed("one.example.test", tmp_path))
    handshake(pair, server, tls.opportunistic_context(), "one.example.test")
    before = server.current()
    tls.self_signed("two.example.test", tmp_path)
    server.reload()
    assert server.current() is not before
    pair[0].send(b"still here")
    assert pair[1].recv() == b"still here"
