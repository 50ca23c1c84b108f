"""From the actions of a script to its verdict (SPEC-SMTP section 8.2, RFC 5228 section 2.10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject
from sieve.errors import Place
from stalwart_g.model.address import Address
from stalwart_g.model.reply import Reply
from stalwart_g.policy.decision import EnvelopeEdit
from stalwart_g.policy.language.actions import Answer, Hold, SetEnvelope
from stalwart_g.policy.language.reply import one_line

_OURS = (Answer, Hold, SetEnvelope)


def verdict_of(actions: Sequence[Action], *, keeps: bool, delivers: bool) -> tuple[Mapping[str, Any], Place | None]:
    """The fields of the decision that these actions come to, and the place of the one that decided.

    Args:
        keeps: nothing has cancelled the implicit keep.
        delivers: it is for the stage itself to store and redirect; elsewhere redirect is a change of recipients.
    """
    for action in actions:
        if isinstance(action, Answer):
            return {"verdict": "reply", "reply": action.reply, "close": action.close}, action.place
        if isinstance(action, Reject):
            return {"verdict": "reply", "reply": Reply(550, "5.7.1", one_line(action.reason))}, action.place
    kept = keeps or any(isinstance(action, Keep | FileInto | Redirect) for action in actions)
    fields: dict[str, Any] = {"envelope_edits": _edits(actions, kept_too=keeps, delivers=delivers)}
    if delivers:
        fields["actions"] = tuple(action for action in actions if not isinstance(action, _OURS))
    for action in actions:
        if isinstance(action, Hold):
            return fields | {"verdict": "hold", "hold_reason": action.reason, "hold_until": action.until}, action.place
        if isinstance(action, Discard) and not kept:
            return fields | {"verdict": "discard"}, action.place
    return fields, None


def _edits(actions: Sequence[Action], *, kept_too: bool, delivers: bool) -> tuple[EnvelopeEdit, ...]:
    edits: list[EnvelopeEdit] = []
    replaces = not kept_too and not any(isinstance(action, Keep) for action in actions)
    for action in actions:
        if isinstance(action, SetEnvelope):
            edits.append(action.edit)
        elif isinstance(action, Redirect) and not delivers:
            edits.append(EnvelopeEdit("to", "set" if replaces else "add", (Address.of(action.address),)))
            replaces = False
    return tuple(edits)
