"""Real programs of others, started on free loopback ports with their data in a temporary folder, and stopped again."""

from __future__ import annotations

import socket
import time


class PeerMissing(RuntimeError):
    """The program is not installed, or did not start. ``tools/setup-peers`` installs them all."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, timeout_seconds: float = 20.0) -> None:
    """Return once somebody answers on the loopback port.

    Raises:
        PeerMissing: nobody did in time.
    """
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise PeerMissing(f"nobody listens on port {port}")
