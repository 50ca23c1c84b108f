"""What policy scripts decide, beside the actions of the language itself."""

from __future__ import annotations

from dataclasses import dataclass

from sieve.actions import Action
from stalwart_g.model.reply import Reply
from stalwart_g.policy.decision import EnvelopeEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Action):
    """The command or the mail is refused in these words."""

    name = "reply"
    reply: Reply
    close: bool = False

    def __str__(self) -> str:
        return f"reply {self.reply}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Action):
    """The mail stays in the queue, until somebody releases it or, if there is one, until a time."""

    name = "hold"
    reason: str
    until: float | None = None

    def __str__(self) -> str:
        return f'hold "{self.reason}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEnvelope(Action):
    """The envelope changes; the mail goes on."""

    name = "setenvelope"
    cancels_keep = False
    edit: EnvelopeEdit

    def __str__(self) -> str:
        return f"setenvelope {self.edit.operation} {self.edit.part}"
