"""Microseconds of one stage: facts built, the default script run, the decision made; the best of some rounds each.

Facts are those that a session or the queue would give, lazy ones with their answer at hand: what the network and the
directory cost is not counted. State is in memory. ``logged`` writes each decision, as the server does, to /dev/null.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sieve.message import parse
from stalwart_g.green.state import MemoryState
from stalwart_g.observe import logs
from stalwart_g.policy.engine import EngineSettings, PolicyEngine
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.slots import Slots
from stalwart_g.policy.tables import open_tables

MESSAGE = parse(b"From: a@example.net\r\nTo: b@example.org\r\nSubject: bench\r\n\r\n" + b"x" * 4000)

CONNECT = {
    "client.ip": "192.0.2.7", "client.port": 4711, "client.subnet": lambda: "192.0.2.0/24",
    "client.ptr": lambda: "mx.example.net", "client.iprev": lambda: "pass", "server.ip": "192.0.2.1",
    "server.port": 25, "server.name": "mail.example.org", "listener": "smtp", "protocol": "smtp", "session.id": "x",
    "stage": "connect", "now": 1_800_000_000, "tls.version": "", "early_talk": False, "bad_pipelining": False,
    "session.age": 1, "session.errors": 0, "session.messages": 0,
}  # fmt: skip
HELLO = {"helo.name": "mx.example.net", "helo.verb": "EHLO", "helo.literal": False, "helo.fqdn": True}
AUTH = {
    "auth.mechanism": "PLAIN", "auth.login": "bob", "auth.authzid": "", "auth.result": "ok", "auth.failures": 0,
    "auth.account": "bob", "account.groups": (), "account.disabled": False,
}  # fmt: skip
SENDER = {
    "sender": "a@example.net", "sender.local": "a", "sender.domain": "example.net", "sender.null": False,
    "sender.owned": lambda: True, "sender.mx": lambda: "ok", "mail.size": 4096, "mail.body": "8BITMIME",
    "mail.smtputf8": False, "mail.requiretls": False, "mail.ret": "", "mail.envid": "", "mail.by": 0,
    "mail.bymode": "", "mail.priority": 0, "mail.holduntil": 0, "mail.auth": "", "mail.solicit": "",
}  # fmt: skip
RECIPIENT = {
    "rcpt": "b@example.org", "rcpt.local": "b", "rcpt.detail": "", "rcpt.domain": "example.org",
    "rcpt.original": "b@example.org", "rcpt.domain_local": lambda: True, "rcpt.exists": lambda: "yes",
    "rcpt.kind": lambda: "individual", "rcpt.quota": lambda: "ok", "rcpt.notify": (), "rcpt.orcpt": "",
    "rcpts.count": 0, "rcpts.refused": 0,
}  # fmt: skip
DATA = {
    "msg.size": 4096, "msg.id": lambda: "<x@y>", "msg.hops": lambda: 3, "msg.parse_error": lambda: False,
    "from": lambda: "a@example.net", "from.domain": lambda: "example.net", "from.count": lambda: 1,
    "from.owned": lambda: True, "rcpts": ["b@example.org"], "msg.longline": False, "msg.barenewline": False,
}  # fmt: skip
QUEUE = {
    **SENDER, **RECIPIENT, "origin.kind": "smtp", "origin.account": "", "origin.listener": "smtp",
    "auth.account": "", "client.ip": "192.0.2.7", "listener": "smtp", "msg.size": 4096, "msg.age": 1,
    "attempt.count": 0, "attempt.host": "", "attempt.error": "",
}  # fmt: skip
ATTEMPT = {**QUEUE, "attempt.count": 4, "attempt.class": "temp", "attempt.error": "connect", "attempt.age": 900}
DELIVER = {**QUEUE, "rcpt.account": "b", "quota.used": lambda: 0, "quota.limit": 0, "spam.verdict": ""}

Values = Mapping[str, Any]
STAGES: dict[str, tuple[Values, ...]] = {
    "connect": (CONNECT,),
    "ehlo": (CONNECT, HELLO),
    "auth": (CONNECT, HELLO, AUTH),
    "mail": (CONNECT, HELLO, SENDER),
    "rcpt": (CONNECT, HELLO, SENDER, RECIPIENT),
    "data": (CONNECT, HELLO, SENDER, RECIPIENT, DATA),
    "route": (QUEUE,),
    "retry": (ATTEMPT,),
    "deliver": (DELIVER,),
    "dsn": ({**QUEUE, "dsn.kind": "failure", "dsn.recipients": 1},),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=7)
    arguments = options.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = EngineSettings(Path(folder) / "policy", cache=Path(folder) / "cache")
        ticks = count(step=100_000)  # so much later at each look that no limit is ever reached
        state = MemoryState(lambda: next(ticks))
        engine = PolicyEngine(settings, open_tables([]), state)
        cold, started = time.perf_counter() - started, time.perf_counter()
        PolicyEngine(settings, open_tables([]), MemoryState())
        print(f"start: {cold * 1e3:.0f} ms cold, {(time.perf_counter() - started) * 1e3:.0f} ms from the code cache")
    quiet = {stage: best(stepper(engine, state, stage), arguments) for stage in STAGES}
    logs.begin("info", Path("/dev/null"))
    print(f"{'stage':8} {'us':>8} {'logged':>8}")
    for stage in STAGES:
        logged = best(stepper(engine, state, stage), arguments)
        print(f"{stage:8} {quiet[stage]:8.1f} {logged:8.1f}")


def stepper(engine: PolicyEngine, state: MemoryState, stage: str) -> Callable[[], None]:
    """One step: the facts of the stage over those of the earlier ones, and its run."""
    *before, own = STAGES[stage]
    parent = None
    for values in before:
        parent = Facts(values, parent)
    notes = Notes()
    message = MESSAGE if stage in ("data", "deliver") else None

    def step() -> None:
        with Slots(state) as slots:
            engine.run(stage, Facts(own, parent), message=message, notes=notes, slots=slots)

    return step


def best(step: Callable[[], None], arguments: argparse.Namespace) -> float:
    """Microseconds of one step in the best round."""
    rounds = []
    for _ in range(arguments.rounds):
        started = time.perf_counter()
        for _ in range(arguments.runs):
            step()
        rounds.append((time.perf_counter() - started) / arguments.runs * 1e6)
    return min(rounds)


if __name__ == "__main__":
    main()
