#!/usr/bin/env python3
"""Memory of idle connections: a listener in a process of its own, N clients that say one thing and then nothing.

Usage: tools/bench/idle.py [--connections 5000] [--tls] [--limit-kib 16]
Prints one line of JSON; exits with 1 when a connection costs more than the limit. Kernel buffers are not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GREETING = b"220 mx.example.test ESMTP ready\r\n"
REPLY = b"250-mx.example.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
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
    assert sock.recv(1000) == GREETING
    sock.sendall(b"EHLO client.example.test\r\n")
    assert sock.recv(1000) == REPLY
    return sock


def measure(connections: int, use_tls: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", folder, *(["--tls"] if use_tls else [])]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout
            port = int(server.stdout.readline())
            context = ssl._create_unverified_context() if use_tls else None
            clients = [connect(port, context) for _ in range(PARALLEL)]
            before = resident_kib(server.pid)
            clients += [connect(port, context) for _ in range(connections)]
            after = resident_kib(server.pid)
        finally:
            server.kill()
            server.wait()
    each = (after - before) / connections
    return {"connections": connections, "tls": use_tls, "kib_each": round(each, 2), "process_mib": after // 1024}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--connections", type=int, default=5000)
    arguments.add_argument("--tls", action="store_true")
    arguments.add_argument("--limit-kib", type=float, default=16.0)
    arguments.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    wanted = options.connections + 200
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(min(wanted, hard), 1024), hard))
    if options.serve:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        serve(options.serve, options.tls)
    result = measure(options.connections, options.tls)
    print(json.dumps(result))
    return int(float(str(result["kib_each"])) > options.limit_kib)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
