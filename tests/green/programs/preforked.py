"""A small prefork server for test_prefork: answers with its role, index and pid; prints what happens to it.

Commands: who, hang, slow, limit. Usage: preforked.py FOLDER OPTIONS...   (patched, broken)
"""

import os
import sys
from pathlib import Path

folder, options = Path(sys.argv[1]), set(sys.argv[2:])
if "patched" in options:
    from stalwart_g.green.patching import patch

    patch()

from stalwart_g.green import prefork, tasks  # noqa: E402
from stalwart_g.green.child import Child  # noqa: E402
from stalwart_g.green.errors import Interrupted  # noqa: E402
from stalwart_g.green.listeners import Listener  # noqa: E402
from stalwart_g.green.sockets import bind  # noqa: E402
from stalwart_g.green.state.broker import Broker, bind_broker  # noqa: E402
from stalwart_g.green.state.client import BrokerState  # noqa: E402
from stalwart_g.green.stream import Stream  # noqa: E402

SOCKET = bind("127.0.0.1", 0)
STATE_PATH = folder / "state.sock"
STATE_SOCKET = bind_broker(STATE_PATH)


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def worker(child: Child) -> None:
    if "broken" in options:
        raise ValueError("no such setting")

    state = BrokerState(STATE_PATH, workers=child.count)
    state.start()

    def serve(stream: Stream) -> None:
        try:
            while command := stream.recv(interruptible=True):
                if command == b"hang":
                    spin()
                if command == b"slow":
                    stream.send(b"wait...")
                    tasks.sleep(0.3)
                if command == b"limit":
                    stream.send(f"{state.connected:d} {state.limit('k', 10, 3600):d}".encode())
                    continue
                stream.send(f"{child.role} {child.index} {os.getpid()}".encode())
        except Interrupted:
            stream.send(b"bye")

    listener = Listener([SOCKET], serve, accept_batch=1)
    listener.start()
    child.on_reload(lambda: say("reloaded", child.role, child.index))
    child.ready()
    child.wait_stop()
    say("stopped", child.role, child.index, listener.stop(child.grace_seconds))


def spin() -> None:
    while True:
        sum(range(10_000))


def broker(child: Child) -> None:
    say("broker", os.getpid())
    Broker(STATE_SOCKET).run(child)
    say("stopped", child.role, child.index)


if __name__ == "__main__":
    roles = [prefork.Role("broker", 1, broker), prefork.Role("worker", 2, worker)]
    status = prefork.run(roles, grace_seconds=1.0, on_ready=lambda: say("ready", SOCKET.getsockname()[1]))
    say("exit", status)
    sys.exit(status)
