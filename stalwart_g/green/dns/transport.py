"""One question to one name server, by UDP, or by TCP when the answer does not fit (RFC 1035 section 4.2, RFC 7766)."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from stalwart_g.green.dns import packets
from stalwart_g.green.dns.packets import PacketError, Response
from stalwart_g.green.errors import ConnectionLost
from stalwart_g.green.stream import Stream, dial
from stalwart_g.green.wire import RealSocket, Wire

Nameserver = tuple[str, int]

_DATAGRAM_OCTETS = 4096


def ask(server: Nameserver, asked: bytes, timeout_seconds: float, *, edns: bool = True) -> Response:
    """Ask and wait for the answer. Each question has a socket of its own, so the kernel picks a random port for it.

    Raises:
        TimedOut: no answer in time; forged ones are passed over.
        ConnectionLost: there is no name server.
        PacketError: the answer cannot be read.
    """
    deadline = monotonic() + timeout_seconds
    identifier = secrets.randbits(16)
    query = packets.query(identifier, asked, edns=edns)
    response = packets.parse(_by_udp(server, query, identifier, asked, deadline), asked)
    if response.truncated:
        response = packets.parse(_by_tcp(server, query, identifier, asked, deadline), asked)
    return response


def _by_udp(server: Nameserver, query: bytes, identifier: int, asked: bytes, deadline: float) -> bytes:
    with _datagrams(server) as wire:
        wire.deadline = deadline
        wire.send(query)
        while True:
            data = wire.receive(_DATAGRAM_OCTETS)
            if packets.answers_to(data, identifier, asked):
                return data


@contextmanager
def _datagrams(server: Nameserver) -> Iterator[Wire]:
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    wire = Wire(RealSocket(family, socket.SOCK_DGRAM))
    try:
        wire.connect(server)
        yield wire
    finally:
        wire.close(drain=False)


def _by_tcp(server: Nameserver, query: bytes, identifier: int, asked: bytes, deadline: float) -> bytes:
    stream = dial(*server, timeout_seconds=max(deadline - monotonic(), 0.001))
    try:
        stream.set_deadline(max(deadline - monotonic(), 0.001))
        stream.send(len(query).to_bytes(2, "big") + query)
        data = _exactly(stream, int.from_bytes(_exactly(stream, 2), "big"))
    finally:
        stream.close()
    if not packets.answers_to(data, identifier, asked):
        raise PacketError("the answer is to another question")
    return data


def _exactly(stream: Stream, octets: int) -> bytes:
    data = b""
    while len(data) < octets:
        more = stream.recv(octets - len(data))
        if not more:
            raise ConnectionLost("the name server closed the connection")
        data += more
    return data
