"""``setenvelope [:add | :remove] "part" value``: change the envelope. Values are judged as SMTP judges them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from sieve.errors import ScriptError
from sieve.runtime import Run
from sieve.spec import Param, Site, suggestion
from stalwart_g.model.address import NULL
from stalwart_g.policy.decision import EnvelopeEdit, Part
from stalwart_g.policy.kinds import Integer, one
from stalwart_g.policy.language.actions import SetEnvelope
from stalwart_g.policy.language.extension import extension, stage_of
from stalwart_g.protocol.smtp.paths import mailbox

_NOTIFY = ("SUCCESS", "FAILURE", "DELAY")
_BY = re.compile(r"(-?[0-9]{1,9});([NR]T?)")
_YEARS_TO_COME = 1 << 40

extension.tag("add", "setenvelope", keyword="operation", value="add")
extension.tag("remove", "setenvelope", keyword="operation", value="remove")


@extension.command(Param("part", constant=True), Param("value", "texts"))
def setenvelope(run: Run, part: str, texts: Sequence[str], *, operation: str = "set") -> None:
    try:
        edit = edit_of(part.lower(), tuple(texts), operation)
    except ValueError as error:
        raise ScriptError(f"setenvelope '{part}': {error}") from None
    run.add(SetEnvelope(edit=edit))


@extension.check("setenvelope")
def _judge(site: Site) -> None:
    stage, part, operation = stage_of(site), str(site.constant(0)).lower(), site.constant("operation") or "set"
    if part not in stage.envelope:
        known = " ".join(sorted(stage.envelope)) or "nothing"
        hint = suggestion(part, stage.envelope) or f"this stage may set {known}"
        site.report(f"stage {stage.name} cannot set '{part}' of the envelope", "setenvelope", at=0, hint=hint)
    elif operation != "set" and part != "to":
        site.report(f":{operation} is for recipients only", "setenvelope", at="operation", hint='"to"')
    elif operation != "set" and stage.name == "rcpt":
        hint = "several values for 'to' replace the one recipient by all of them"
        site.report(f":{operation} is not possible here", "setenvelope", at="operation", hint=hint)
    else:
        _judge_value(site, part, str(operation))


def _judge_value(site: Site, part: str, operation: str) -> None:
    texts = site.constant(1)
    try:
        if texts is not None:
            edit_of(part, texts, operation)
    except ValueError as error:
        site.report(f"setenvelope '{part}': {error}", "setenvelope", at=1)


def edit_of(part: str, texts: tuple[str, ...], operation: str = "set") -> EnvelopeEdit:
    """The change that a script describes.

    Raises:
        ValueError: no such value is possible there.
    """
    edit = _READERS[part](texts)
    return edit if operation == "set" else EnvelopeEdit("to", "add" if operation == "add" else "remove", edit.addresses)


def _from(texts: tuple[str, ...]) -> EnvelopeEdit:
    path = _without_brackets(one(texts))
    return EnvelopeEdit("from", addresses=(mailbox(path) if path else NULL,))


def _to(texts: tuple[str, ...]) -> EnvelopeEdit:
    return EnvelopeEdit("to", addresses=tuple(mailbox(_without_brackets(text)) for text in texts))


def _without_brackets(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def _notify(texts: tuple[str, ...]) -> EnvelopeEdit:
    words = tuple(word.upper() for text in texts for word in text.replace(",", " ").split())
    if words != ("NEVER",) and not set(words) <= set(_NOTIFY):
        raise ValueError("is NEVER, or some of SUCCESS FAILURE DELAY (RFC 3461)")
    return EnvelopeEdit("notify", words=words)


def _ret(texts: tuple[str, ...]) -> EnvelopeEdit:
    text = one(texts).upper()
    if text not in ("", "FULL", "HDRS"):
        raise ValueError("is FULL or HDRS (RFC 3461)")
    return EnvelopeEdit("ret", text=text)


def _envid(texts: tuple[str, ...]) -> EnvelopeEdit:
    text = one(texts)
    if len(text) > 100 or not text.isprintable():
        raise ValueError("is a text of up to 100 characters (RFC 3461)")
    return EnvelopeEdit("envid", text=text)


def _orcpt(texts: tuple[str, ...]) -> EnvelopeEdit:
    text = one(texts)
    kind, _, address = text.partition(";")
    if text and (kind.lower() not in ("rfc822", "utf-8") or not address or len(text) > 500 or not text.isprintable()):
        raise ValueError("is rfc822;address or utf-8;address (RFC 3461, RFC 6533)")
    return EnvelopeEdit("orcpt", text=text)


def _by(texts: tuple[str, ...]) -> EnvelopeEdit:
    found = _BY.fullmatch(one(texts).upper())
    if not found:
        raise ValueError("is seconds;mode, such as 3600;N (RFC 2852)")
    return EnvelopeEdit("by", text=found[2], number=int(found[1]))


def _number(part: str, least: int, most: int) -> Callable[[tuple[str, ...]], EnvelopeEdit]:
    kind = Integer(least, most)
    return lambda texts: EnvelopeEdit(cast("Part", part), number=kind.read(texts, {}))


_READERS: Mapping[str, Callable[[tuple[str, ...]], EnvelopeEdit]] = {
    "from": _from,
    "to": _to,
    "notify": _notify,
    "ret": _ret,
    "envid": _envid,
    "orcpt": _orcpt,
    "by": _by,
    "priority": _number("priority", -9, 9),
    "holduntil": _number("holduntil", 0, _YEARS_TO_COME),
}
