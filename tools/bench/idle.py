#!/usr/bin/env python3
"""Memory of idle connections: N clients that say one thing and then nothing.

Usage: tools/bench/idle.py [--server] [--connections 5000] [--tls] [--limit-kib 16]
Without --server it is a bare listener in a process of its own; with it, the whole server with one worker, whose
sessions have been through connect and EHLO. Prints one line of JSON; exits with 1 when a connection costs more than
the limit. Kernel buffers are not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

GREETING = b"220 mx.example.test ESMTP ready\r\n"
REPLY = b"250-mx.example.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
LAST_LINE = re.compile(rb"(?m)^250 .*\n")
PARALLEL = 50


def serve(folder: str, use_tls: bool) -> None:
    """The server process: answers one command a connection like a session would, then waits for the next."""
    sys.path.insert(0, str(ROOT))
    from stalwart_g.green import process, tasks, tls
    from stalwart_g.green.listeners import Listener
    from stalwart_g.green.sockets import bind
    from stalwart_g.green.stream import Stream

    def session(stream: Stream) -> None:
        stream.set_timeout(300)
        stream.set_deadline(900)
        stream.send(GREETING)
        while stream.recv(65536, interruptible=True):
            stream.send(REPLY)

    context = tls.ServerTls(tls.self_signed("mx.example.test", Path(folder))).current if use_tls else None
    listener = Listener([bind("127.0.0.1", 0)], session, pool_size=100_000, tls=context)
    listener.start()
    process.settle()
    print(listener.addresses[0].port, flush=True)
    while True:
        tasks.sleep(3600)


def worker_of(master: int) -> int:
    """The process of the only worker."""
    for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        if Path(f"/proc/{pid}/comm").read_text().startswith("stalwart-worker"):
            return int(pid)
    raise RuntimeError("no worker")


def resident_kib(pid: int) -> int:
    """Private and shared resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no VmRSS")


def connect(port: int, context: ssl.SSLContext | None) -> socket.socket:
    """One client that has been greeted and has had one command answered."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    if context:
        sock = context.wrap_socket(sock, server_hostname="mx.example.test")
    assert sock.recv(1000).startswith(b"220 ")
    sock.sendall(b"EHLO client.example.test\r\n")
    reply = b""
    while not LAST_LINE.search(reply):
        octets = sock.recv(1000)
        assert octets, reply
        reply += octets
    return sock


def measure(connections: int, use_tls: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", folder, *(["--tls"] if use_tls else [])]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout
            port = int(server.stdout.readline())
            return compared(server.pid, port, connections, use_tls)
        finally:
            server.kill()
            server.wait()


def measure_server(connections: int, use_tls: bool) -> dict[str, object]:
    """The same of the whole server."""
    from peers.ours import Ours

    with Ours("--workers", "1") as ours:
        assert ours.process
        port = ours.ports["submissions" if use_tls else "smtp"]
        return {"server": True, **compared(worker_of(ours.process.pid), port, connections, use_tls)}


def compared(pid: int, port: int, connections: int, use_tls: bool) -> dict[str, object]:
    """What connections add to a process that had some before."""
    context = ssl._create_unverified_context() if use_tls else None
    clients = [connect(port, context) for _ in range(PARALLEL)]
    before = resident_kib(pid)
    clients += [connect(port, context) for _ in range(connections)]
    after = resident_kib(pid)
    each = (after - before) / connections
    return {"connections": connections, "tls": use_tls, "kib_each": round(each, 2), "process_mib": after // 1024}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--connections", type=int, default=5000)
    arguments.add_argument("--tls", action="store_true")
    arguments.add_argument("--server", action="store_true")
    arguments.add_argument("--limit-kib", type=float, default=16.0)
    arguments.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    wanted = options.connections + 200
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(min(wanted, hard), 1024), hard))
    if options.serve:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        serve(options.serve, options.tls)
    run = measure_server if options.server else measure
    result = run(options.connections, options.tls)
    print(json.dumps(result))
    return int(float(str(result["kib_each"])) > options.limit_kib)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
