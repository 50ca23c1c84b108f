"""The mail log: one function a fact, one line a call, ``fact key=value …`` on the logger ``maillog``.

A line carries the ids of the session and of the queue entry that the greenlet works on (``contextids``), if any. Values
with blanks or quotes are quoted; control characters cannot break a line. What is empty is left out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping

from stalwart_g.observe import contextids

log = logging.getLogger("maillog")

_PLAIN = re.compile(r"[!#-<>-~]+")  # no blank, no quote, no equals sign
_VALUE_CHARACTERS = 500

Value = object


def write(level: int, fact: str, values: Mapping[str, Value]) -> None:
    """Log one fact; the functions below give it its name and its keys."""
    if not log.isEnabledFor(level):
        return
    words = [fact]
    if session := contextids.session_id():
        words.append(f"session={session}")
    if queue := contextids.queue_id():
        words.append(f"queue={queue}")
    words += [f"{key}={text(value)}" for key, value in values.items() if value not in ("", None, (), [])]
    log.log(level, "%s", " ".join(words))


def text(value: Value) -> str:
    """A value as it is written: bare where it is one plain word."""
    if isinstance(value, bool):
        return "1" if value else "0"
    plain = " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    if _PLAIN.fullmatch(plain) and len(plain) <= _VALUE_CHARACTERS:
        return plain
    if len(plain) > _VALUE_CHARACTERS:
        plain = plain[:_VALUE_CHARACTERS] + "…"
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in escaped) + '"'


# Sessions


def connected(*, listener: str, peer: str, port: int, tls: str = "") -> None:
    write(logging.INFO, "connected", {"listener": listener, "peer": peer, "port": port, "tls": tls})


def disconnected(*, reason: str, seconds: float, messages: int, errors: int, received: int) -> None:
    values = {"reason": reason, "seconds": f"{seconds:.1f}", "messages": messages, "errors": errors}
    write(logging.INFO, "disconnected", {**values, "received": received})


def tls_started(*, version: str, cipher: str, sni: str = "") -> None:
    write(logging.INFO, "tls", {"version": version, "cipher": cipher, "sni": sni})


def tls_failed(*, reason: str) -> None:
    write(logging.INFO, "tls_failed", {"reason": reason})


def authenticated(*, mechanism: str, login: str, account: str) -> None:
    write(logging.INFO, "authenticated", {"mechanism": mechanism, "login": login, "account": account})


def not_authenticated(*, mechanism: str, login: str, peer: str, failures: int) -> None:
    values = {"mechanism": mechanism, "login": login, "peer": peer, "failures": failures}
    write(logging.WARNING, "not_authenticated", values)


def misused(*, reply: str, line: str) -> None:
    """The peer broke the rules of its protocol. ``line`` never holds a password: AUTH is cut before it gets here."""
    write(logging.INFO, "misused", {"reply": reply, "line": line})


def unavailable(*, stage: str, error: str) -> None:
    """Something that a decision needs did not answer; the peer is told to come again."""
    write(logging.ERROR, "unavailable", {"stage": stage, "error": error})


# Decisions


def decided(
    *,
    stage: str,
    verdict: str,
    reply: str = "",
    script: str = "",
    line: int = 0,
    version: str = "",
    error: str = "",
    facts: Iterable[tuple[str, str]] = (),
) -> None:
    """What a policy script decided, by which of its lines, and the facts that it looked at."""
    level = logging.ERROR if error else logging.INFO
    if not log.isEnabledFor(level):
        return
    place = f"{script}:{line}" if script else ""
    values: dict[str, Value] = {"stage": stage, "verdict": verdict, "reply": reply, "script": place, "version": version}
    values["error"] = error
    values |= dict(facts)
    write(level, "decided", values)


def script_says(*, level: int, stage: str, script: str, line: int, text: str) -> None:
    """A policy script's own words: its command ``log``."""
    write(level, "script", {"stage": stage, "script": f"{script}:{line}", "text": text})


def script_invalid(*, stage: str, place: str, error: str, hint: str = "", source: str = "") -> None:
    """A policy script was changed and cannot be used; the one before it, if there is one, stays live."""
    values = {"stage": stage, "place": place, "error": error, "hint": hint, "source": source}
    write(logging.ERROR, "script_invalid", values)


def script_live(*, stage: str, version: str) -> None:
    """A changed policy script decides from now on."""
    write(logging.INFO, "script_live", {"stage": stage, "version": version})


# Messages


def refused(*, stage: str, reply: str, sender: str = "", recipient: str = "") -> None:
    """The server itself said no, not a script."""
    write(logging.INFO, "refused", {"stage": stage, "reply": reply, "from": f"<{sender}>", "to": recipient})


def received(*, queue: str, sender: str, recipients: Iterable[str], size: int, message_id: str) -> None:
    """A message is safe in the queue, and its sender knows."""
    values = {"id": queue, "from": f"<{sender}>", "to": tuple(recipients), "size": size, "message_id": message_id}
    write(logging.INFO, "received", values)


def discarded(*, stage: str, sender: str, recipients: Iterable[str], message_id: str = "") -> None:
    """A script had it thrown away; the peer was told that all is well."""
    values = {"stage": stage, "from": f"<{sender}>", "to": tuple(recipients), "message_id": message_id}
    write(logging.INFO, "discarded", values)


# The queue


def queued(*, id: str, kind: str, sender: str, recipients: Iterable[str], size: int) -> None:  # noqa: A002
    """A mail that the server made itself (a report, a redirect) is in the queue."""
    values = {"id": id, "kind": kind, "from": f"<{sender}>", "to": tuple(recipients), "size": size}
    write(logging.INFO, "queued", values)


def delivered(
    *,
    sender: str,
    recipient: str,
    reply: str,
    seconds: float,
    via: str = "",
    account: str = "",
    host: str = "",
    ip: str = "",
    tls: str = "",
) -> None:
    """A recipient has it; ``seconds`` after it came in."""
    values: dict[str, Value] = {"to": recipient, "from": f"<{sender}>", "via": via, "account": account, "host": host}
    values |= {"ip": ip, "tls": tls, "reply": reply, "seconds": f"{seconds:.2f}"}
    write(logging.INFO, "delivered", values)


def deferred(
    *,
    sender: str,
    recipient: str,
    reply: str,
    stage: str,
    error: str,
    attempts: int,
    wait_seconds: float,
    account: str = "",
    host: str = "",
    ip: str = "",
) -> None:
    """An attempt did not end well; the next one is in ``wait_seconds``."""
    values: dict[str, Value] = {"to": recipient, "from": f"<{sender}>", "account": account, "host": host, "ip": ip}
    values |= {"stage": stage, "error": error, "reply": reply, "attempts": attempts, "wait": f"{wait_seconds:.0f}"}
    write(logging.WARNING, "deferred", values)


def failed(
    *,
    sender: str,
    recipient: str,
    reply: str,
    stage: str = "",
    error: str = "",
    account: str = "",
    host: str = "",
    ip: str = "",
) -> None:
    """A recipient is given up."""
    values: dict[str, Value] = {"to": recipient, "from": f"<{sender}>", "account": account, "host": host, "ip": ip}
    write(logging.WARNING, "failed", {**values, "stage": stage, "error": error, "reply": reply})


def held(*, to: str, reason: str, until: float | None = None) -> None:
    """A recipient waits for somebody who releases it, or for a time."""
    write(logging.INFO, "held", {"to": to, "reason": reason, "until": int(until) if until else None})


def bounced(*, to: str, kind: str, recipients: Iterable[str]) -> None:
    """The sender is told of ``recipients``: of success, delay or failure."""
    write(logging.INFO, "bounced", {"to": to, "kind": kind, "about": tuple(recipients)})


def not_bounced(*, reason: str, recipients: Iterable[str]) -> None:
    """Something failed, and nobody is told."""
    write(logging.WARNING, "not_bounced", {"reason": reason, "about": tuple(recipients)})


def script_failed(*, account: str, error: str, message_id: str = "") -> None:
    """A user's script did not compile or run; the message is in the inbox."""
    write(logging.WARNING, "script_failed", {"account": account, "error": error, "message_id": message_id})


def misfiled(*, account: str, mailbox: str, message_id: str = "") -> None:
    """A script named a mailbox that is not there; the message is in the inbox."""
    write(logging.WARNING, "misfiled", {"account": account, "mailbox": mailbox, "message_id": message_id})
