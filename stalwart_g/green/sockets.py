"""Listening sockets: bound once by the master, before it forks, and shared by all workers."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from stalwart_g.green.wire import RealSocket

_ANY_IPV4 = "0.0.0.0"  # noqa: S104


@dataclass(frozen=True, slots=True)
class SocketOptions:
    """The ``socket.*`` keys of a listener; 0 leaves the system's own value. ``linger`` in seconds, -1: off."""

    backlog: int = 1024
    reuse_address: bool = True
    reuse_port: bool = False
    nodelay: bool = True
    ttl: int = 0
    send_buffer: int = 0
    receive_buffer: int = 0
    tos: int = 0
    linger: int = -1


DEFAULT = SocketOptions()
_NOT_OURS = frozenset({errno.EADDRINUSE, errno.EACCES})


def bind(host: str, port: int, options: SocketOptions = DEFAULT, *, v6only: bool = False) -> socket.socket:
    """A listening socket on an address. What is set here (TCP_NODELAY above all) is inherited by each connection.

    Args:
        host: an IPv4 or IPv6 address. ``::`` also takes IPv4 unless ``v6only``.

    Raises:
        OSError: the address is not ours or in use, or a low port without the right to it. ``filename`` is the address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = RealSocket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6only or host != "::"))
        for level, name, value in _settings(options, family):
            sock.setsockopt(level, name, value)
        if options.linger >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _linger(options.linger))
        sock.setblocking(False)
        sock.bind((host, port))
        sock.listen(options.backlog)
    except OSError as error:
        sock.close()
        if error.errno is None:  # an address that cannot be one
            raise
        raise OSError(error.errno, os.strerror(error.errno), shown(host, port)) from error
    return sock


def bind_all(
    addresses: Iterable[tuple[str, int]], options: SocketOptions = DEFAULT, *, free_ports: bool = False
) -> list[socket.socket]:
    """One socket an address, all or none. ``::`` leaves IPv4 alone where the same port is bound on IPv4 too.

    Args:
        free_ports: a loopback address whose port we cannot have gets one that is free.

    Raises:
        OSError: as `bind`.
    """
    addresses, bound = list(addresses), list[socket.socket]()
    ipv4_ports = {port for host, port in addresses if ":" not in host}
    try:
        for host, port in addresses:
            try:
                bound.append(bind(host, port, options, v6only=port in ipv4_ports))
            except OSError as error:
                if not (free_ports and error.errno in _NOT_OURS and ipaddress.ip_address(host).is_loopback):
                    raise
                bound.append(bind(host, 0, options))
    except OSError:
        for sock in bound:
            sock.close()
        raise
    return bound


def shown(host: str, port: int) -> str:
    """An address as people write it: ``192.0.2.1:25``, ``[::]:25``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _settings(options: SocketOptions, family: int) -> list[tuple[int, int, int]]:
    ipv6 = family == socket.AF_INET6
    ttl = (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) if ipv6 else (socket.IPPROTO_IP, socket.IP_TTL)
    tos = (socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if ipv6 else (socket.IPPROTO_IP, socket.IP_TOS)
    table = [
        (socket.SOL_SOCKET, socket.SO_REUSEADDR, options.reuse_address),
        (socket.SOL_SOCKET, socket.SO_REUSEPORT, options.reuse_port),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, options.nodelay),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, options.send_buffer),
        (socket.SOL_SOCKET, socket.SO_RCVBUF, options.receive_buffer),
        (*ttl, options.ttl),
        (*tos, options.tos),
    ]
    return [(level, name, int(value)) for level, name, value in table if value]


def _linger(seconds: int) -> bytes:
    return (1).to_bytes(4, "little") + seconds.to_bytes(4, "little")
