"""The mail log: one function a fact, one line a call, ``fact key=value …`` on the logger ``maillog``.

A line carries the ids of the session and of the queue entry that the greenlet works on (``contextids``), if any. Values
with blanks or quotes are quoted; control characters cannot break a line. What is empty is left out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from stalwart_g.observe import contextids

log = logging.getLogger("maillog")

_VALUE_CHARACTERS = 500
_is_plain = re.compile(rf"[!#-<>-~]{{1,{_VALUE_CHARACTERS}}}").fullmatch  # no blank, no quote, no equals sign
_NOTHING: tuple[object, ...] = ("", None, (), [])

Value = object


def _to_logging(level: int, line: str) -> None:
    log.log(level, "%s", line)


_sink: list[Callable[[int, str], object]] = [_to_logging]


def send_to(sink: Callable[[int, str], object]) -> None:
    """Have finished lines go to a function, with their level, instead of through `logging`.

    A mail has some ten lines: what `logging` costs for each, in time and in depth of the stack, is worth going around.
    """
    _sink[0] = sink


def write(level: int, fact: str, values: Mapping[str, Value]) -> None:
    """Log one fact; the functions below give it its name and its keys."""
    if log.isEnabledFor(level):
        words = [f"{key}={text(value)}" for key, value in values.items() if value not in _NOTHING]
        _put(level, fact, words)


def _put(level: int, fact: str, words: Sequence[str]) -> None:
    session, queue = contextids.session_id(), contextids.queue_id()
    ids = (f" session={session}" if session else "") + (f" queue={queue}" if queue else "")
    _sink[0](level, f"{fact}{ids} {' '.join(words)}")


def text(value: Value) -> str:
    """A value as it is written: bare where it is one plain word."""
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    joined = " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return joined if _is_plain(joined) else _quoted(joined)


def _quoted(value: str) -> str:
    if len(value) > _VALUE_CHARACTERS:
        value = value[:_VALUE_CHARACTERS] + "…"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in escaped) + '"'


# The server


def serving(*, version: str, hostname: str, home: str, workers: int) -> None:
    """All processes are ready."""
    write(logging.INFO, "serving", {"version": version, "hostname": hostname, "home": home, "workers": workers})


def listening(*, listener: str, protocol: str, addresses: Iterable[str], tls: str) -> None:
    values = {"listener": listener, "protocol": protocol, "on": tuple(addresses), "tls": tls}
    write(logging.INFO, "listening", values)


def recovered(*, partition: int, messages: int) -> None:
    """A worker has taken over a part of the queue, with what was in it."""
    write(logging.INFO, "recovered", {"partition": partition, "messages": messages})


def reloaded(*, problems: int, restart: Iterable[str]) -> None:
    """Scripts, tables, certificates and settings were read again; changed settings in ``restart`` wait for one."""
    write(logging.INFO, "reloaded", {"problems": problems, "restart": tuple(restart)})


def reload_failed(*, what: str, error: str) -> None:
    """What was there before stays live."""
    write(logging.ERROR, "reload_failed", {"what": what, "error": error})


def certificates_live(*, listener: str) -> None:
    """Changed certificate files are used from the next handshake on."""
    write(logging.INFO, "certificates_live", {"listener": listener})


def certificate_ends(*, certificate: str, days: float) -> None:
    """Soon, or it has ended."""
    write(logging.WARNING, "certificate_ends", {"certificate": certificate, "days": f"{days:.1f}"})


def cleared_up(*, accounts: int, rows: int, blobs: int, octets: int) -> None:
    """What was no longer needed in the store is gone: rest of deleted accounts, old rows, blobs that nobody has."""
    write(logging.INFO, "cleared_up", {"accounts": accounts, "rows": rows, "blobs": blobs, "octets": octets})


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
    facts: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """What a policy script decided, by which of its lines, and the facts that it looked at.

    A mail has five or more of these lines, so this is done without the detour over `write`.
    """
    level = logging.ERROR if error else logging.INFO
    if not log.isEnabledFor(level):
        return
    words = [_decision(stage, verdict, reply, f"{script}:{line}" if script else "", version, error)]
    for name, texts in (facts or {}).items():
        value = texts[0] if len(texts) == 1 else " ".join(texts)
        words.append(f"{name}={(value if _is_plain(value) else _quoted(value)) if value else '-'}")
    _put(level, "decided", words)


@lru_cache(maxsize=4096)
def _decision(stage: str, verdict: str, reply: str, place: str, version: str, error: str) -> str:
    """All but the facts, which is much the same each time."""
    values = {
        "stage": stage, "verdict": verdict, "reply": reply, "script": place, "version": version, "error": error
    }  # fmt: skip
    return " ".join(f"{key}={text(value)}" for key, value in values.items() if value)


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


def script_kept(*, stage: str, version: str) -> None:
    """A worker has begun while a script has errors: the version that was live before decides."""
    write(logging.WARNING, "script_kept", {"stage": stage, "version": version})


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


def ordered(*, action: str, recipients: Iterable[str], reason: str = "") -> None:
    """What an operator asked for was done: retry, hold, release or cancel."""
    write(logging.INFO, "ordered", {"action": action, "to": tuple(recipients), "reason": reason})


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


def script_notes(*, account: str, script: str, line: int, text: str) -> None:
    """A user's script says something to whoever wrote it."""
    write(logging.DEBUG, "script_notes", {"account": account, "script": f"{script}:{line}", "text": text})


def wrote(*, account: str, action: str, to: Iterable[str], message_id: str) -> None:
    """A user's script has written a mail of its own, which enters the queue with the outcome."""
    write(logging.INFO, "wrote", {"account": account, "action": action, "to": tuple(to), "message_id": message_id})


def not_written(*, account: str, action: str, reason: str, message_id: str = "") -> None:
    """A mail of a user's script is better not sent."""
    write(
        logging.INFO,
        "not_written",
        {"account": account, "action": action, "reason": reason, "message_id": message_id},
    )
