"""SMTP receive, durable, against Postfix and aiosmtpd in one run.

Each server takes the same load of ``smtp-source`` (Debian's postfix): N sessions, 4 KiB messages, once with a new
connection for each message and once with connections used again. Ours runs with 2 workers and its default policy; only
its route script is changed, so that delivery costs each server the same, which is nothing (Postfix: transport discard).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.fsync_smtpd import FsyncSmtpd
from peers.ours import Ours
from peers.postfix import Postfix

DISCARD = 'require "vnd.stalwart_g.policy";\nparam "via" "discard";\n'
MODES = {"new connection": [], "connection used again": ["-d"]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=3000)
    options.add_argument("--sessions", type=int, default=20)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--octets", type=int, default=4096)
    options.add_argument("--workers", type=int, default=2)
    arguments = options.parse_args()
    with (
        Postfix("discard", "example.test") as postfix,
        Ours("--workers", str(arguments.workers)) as ours,
        FsyncSmtpd() as fsync,
    ):
        prepare(ours)
        ports = {"ours": ours.ports["smtp"], "postfix": postfix.port, "aiosmtpd + fsync": fsync.port}
        for mode, flags in MODES.items():
            report(mode, measure(ports, flags, arguments))


def prepare(ours: Ours) -> None:
    """What the other two do not do either: log through a pipe to a slow reader, and end a session after ten mails."""
    ours.stop()
    config = ours.home / "config.toml"
    text = config.read_text().replace('#path = "logs/mail.log"', f'path = "{ours.home}/mail.log"')
    config.write_text(text.replace("#data.limits.messages = 10", "data.limits.messages = 1000000"))
    (ours.home / "policy" / "route.sieve").write_text(DISCARD)
    ours.start()


def measure(ports: dict[str, int], flags: list[str], arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Messages a second of each server, round-robin, one warm-up round thrown away."""
    rates: dict[str, list[float]] = {name: [] for name in ports}
    for number in range(arguments.rounds + 1):
        for name, port in ports.items():
            count = arguments.messages if name != "aiosmtpd + fsync" else arguments.messages // 3
            rate = count / load(port, count, flags, arguments)
            if number:
                rates[name].append(rate)
    return rates


def load(port: int, count: int, flags: list[str], arguments: argparse.Namespace) -> float:
    command = ["smtp-source", "-s", str(arguments.sessions), "-m", str(count), "-l", str(arguments.octets), *flags]
    command += ["-f", "sender@sender.example", "-t", "alice@example.test", f"127.0.0.1:{port}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, timeout=600, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
    return time.perf_counter() - start


def report(mode: str, rates: dict[str, list[float]]) -> None:
    ours = rates["ours"]
    print(f"\n{mode}")
    for name, values in rates.items():
        ratio = statistics.median(mine / other for mine, other in zip(ours, values, strict=True))
        print(f"  {name:18} {statistics.median(values):8.0f} msg/s   ours is {ratio:5.2f} x")


if __name__ == "__main__":
    main()
