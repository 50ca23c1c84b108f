"""What a script decided: plain values, which the stage's service carries out (SPEC-SMTP sections 8.1 and 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from sieve.actions import Action
from sieve.message import Overlay
from stalwart_g.model.address import Address
from stalwart_g.model.reply import Reply
from stalwart_g.policy.facts import Texts
from stalwart_g.policy.kinds import Value
from stalwart_g.policy.schema import Stage

Verdict = Literal["accept", "reply", "discard", "hold"]
Part = Literal["from", "to", "notify", "ret", "envid", "orcpt", "by", "priority", "holduntil"]

TRY_LATER = Reply(451, "4.3.0", "Not possible at the moment, try again later")
"""The answer to whatever a script fails on: nothing is lost, nothing gets by."""


class EnvelopeEdit(Struct, frozen=True):
    """One change of the envelope, judged already.

    Attributes:
        operation: ``set`` replaces; ``add`` and ``remove`` are about recipients only.
        addresses: of ``from`` (one, which may be null) and of ``to``.
        words: of ``notify``.
        text: of ``ret`` (FULL, HDRS or empty), ``envid``, ``orcpt``, and the mode of ``by`` (N, R, NT or RT).
        number: of ``by`` (seconds), ``priority``, ``holduntil`` (unix time).
    """

    part: Part
    operation: Literal["set", "add", "remove"] = "set"
    addresses: tuple[Address, ...] = ()
    words: tuple[str, ...] = ()
    text: str = ""
    number: int = 0


class Decision(Struct, frozen=True):
    """The outcome of one run.

    Attributes:
        verdict: ``accept`` means: go on.
        reply: with the verdict ``reply``; ``close``: hang up after it.
        hold_until: unix time at which a message on hold is released by itself.
        params: what the script set, over the initial values of the stage.
        edits: the message as the script changed it; None: it did not.
        actions: the script's own (keep, fileinto, redirect …), in order, for the stage deliver.
        script, line: the command that decided, or the last that ran; line 0: none did.
        version: short hash of the script and all that it includes.
        facts_read: name and value, in the order in which they were read.
        error: why the script failed; what it had decided until then does not count.
    """

    stage: str
    verdict: Verdict = "accept"
    reply: Reply | None = None
    close: bool = False
    hold_reason: str = ""
    hold_until: float | None = None
    params: Mapping[str, Value] = {}
    envelope_edits: tuple[EnvelopeEdit, ...] = ()
    edits: Overlay | None = None
    actions: tuple[Action, ...] = ()
    script: str = ""
    line: int = 0
    version: str = ""
    facts_read: Mapping[str, Texts] = {}
    error: str | None = None


def failed(
    stage: Stage, error: str, *, script: str = "", line: int = 0, version: str = "", reads: Mapping[str, Texts]
) -> Decision:
    """The decision of a script that failed: refuse for now; go on where refusing would make no sense."""
    refuses = stage.on_error == "refuse"
    return Decision(
        stage.name,
        "reply" if refuses else "accept",
        TRY_LATER if refuses else None,
        params=stage.initial,
        script=script,
        line=line,
        version=version,
        facts_read=reads,
        error=error,
    )
