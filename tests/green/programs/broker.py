"""A broker as a process of its own. Usage: broker.py SOCKET [SNAPSHOT]"""

import signal
import sys
from pathlib import Path

from stalwart_g.green import tasks
from stalwart_g.green.state.broker import Broker, bind_broker

if __name__ == "__main__":
    broker = Broker(bind_broker(Path(sys.argv[1])), snapshot=Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    told = tasks.Event()
    watcher = tasks.gevent.get_hub().loop.signal(signal.SIGTERM)
    watcher.start(told.set)
    broker.start()
    print("ready", flush=True)
    told.wait()
    broker.stop()
