"""References: ``header.from[*].addr``, ``env.x``, ``envelope.from``, ``body.text``, ``part.text``, ``t.x``.

They are written bare in expressions, and as ``${...}`` in strings.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sieve.actions import Action
from sieve.coercion import Typed, text_of, typed
from sieve.extensions.body import shown_text
from sieve.extensions.trusted import fields
from sieve.extensions.trusted.expressions import extension
from sieve.message import Part
from sieve.runtime import Run
from sieve.spec import Site, suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEnvelope(Action):
    """Change a part of the envelope."""

    name: ClassVar[str] = "setenvelope"
    cancels_keep: ClassVar[bool] = False
    for_imap_events: ClassVar[bool] = False
    part: str
    value: str

    def __str__(self) -> str:
        return f'set envelope {self.part} "{self.value}"'


# -- header


def _check_field(site: Site, item: str) -> None:
    fault, hint = fields.fault(item)
    if fault:
        site.report(fault, "reference", hint=hint)


@extension.namespace("header", _check_field, prepare=fields.reader, pattern=fields.PATTERN)
def header(run: Run, item: str) -> Typed:
    """``header.NAME[occurrence].PART[which]``"""
    return fields.reader(item)(run)


# -- the world


@extension.namespace("env")
def env(run: Run, item: str) -> Typed:
    """What the server knows; what it does not know is empty."""
    value = run.host.environment(item)
    return int(run.now()[0]) if value is None and item == "now" else typed(value)


_ENVELOPE = (
    *("from", "to", "by_time_absolute", "by_time_relative", "by_mode", "by_trace"),
    *("notify", "orcpt", "ret", "envid"),
)
_PARTS = {name.replace("_", ""): name for name in _ENVELOPE}
_JUDGES: dict[str, Callable[[str], bool]] = {
    "from": lambda value: not value or "@" in value,
    "to": lambda value: "@" in value,
    "bymode": lambda value: value in ("N", "R"),
    "ret": lambda value: value in ("FULL", "HDRS"),
}
_CHANGES = "envelope as the script changed it"


def _check_envelope(site: Site, item: str) -> None:
    if item.replace("_", "") not in _PARTS:
        site.report(f"the envelope has no part '{item}'", "reference", hint=suggestion(item, _ENVELOPE))


def _set_envelope(run: Run, item: str, value: Typed) -> None:
    """Queue the change, and read the new value from here on. What makes no sense is noted and left out."""
    part, text = item.replace("_", ""), text_of(value)
    if part in _JUDGES and not _JUDGES[part](text):
        if run.trace is not None:
            run.trace.note(f"envelope.{item} cannot be '{text}'")
        return
    run.data.setdefault(_CHANGES, {})[part] = text
    run.add(SetEnvelope(part=_PARTS[part], value=text))


@extension.namespace("envelope", _check_envelope, write=_set_envelope)
def envelope(run: Run, item: str) -> Typed:
    """A part of the envelope; ``to`` is an array of all recipients, but for the RCPT stage, which has one."""
    part = item.replace("_", "")
    changed = run.data.get(_CHANGES, {})
    values = (changed[part],) if part in changed else tuple(run.host.envelope(part))
    if part == "to" and run.host.environment("stage") != "rcpt":
        return values
    text = ",".join(values)
    if part == "from":
        return text.lower()
    return int(text) if part == "bytimerelative" and text.lstrip("-").isdecimal() else text


# -- the message


def _first(parts: list[Part], subtype: str) -> Part | None:
    return next((part for part in parts if part.type == "text" and part.subtype == subtype), None)


def _text(run: Run) -> str:
    part = _first(run.message.current.text_body, "plain")
    return part.text if part else ""


def _html(run: Run) -> str:
    part = _first(run.message.current.html_body, "html")
    return part.text if part else ""


def _to_text(run: Run) -> str:
    shown = _first(run.message.current.text_body, "plain") or _first(run.message.current.html_body, "html")
    return shown_text(shown) if shown else ""


def _to_html(run: Run) -> str:
    text = _text(run)
    return _html(run) or "<br>\r\n".join(html.escape(text, quote=False).splitlines())


_BODY = {"text": _text, "html": _html, "to_text": _to_text, "to_html": _to_html}
_PART: dict[str, Callable[[Part], str]] = {
    "text": lambda part: part.text if part.type in ("text", "message") else "",
    "raw": lambda part: part.body.decode("utf-8", "replace"),
}


def _check_body(site: Site, item: str) -> None:
    if item not in _BODY:
        site.report(f"there is no body.{item}", "reference", hint=suggestion(item, _BODY) or " ".join(_BODY))


@extension.namespace("body", _check_body, prepare=lambda item: fields.remembered(_BODY[item]))
def body(run: Run, item: str) -> Typed:
    """The first body that is shown, as text or HTML; with ``to_``, made from the other if it must be."""
    return _BODY[item](run)


def _check_part(site: Site, item: str) -> None:
    if item not in _PART:
        site.report(f"there is no part.{item}", "reference", hint=suggestion(item, _PART) or " ".join(_PART))


@extension.namespace("part", _check_part)
def part(run: Run, item: str) -> Typed:
    """The part under way in foreverypart, decoded or as it is."""
    return _PART[item](run.part)


@extension.namespace("t", alias="global")
def tag(run: Run, item: str) -> Typed:
    """``t.x`` and ``global.x`` are one."""
    return run.globals.get(item, "")
