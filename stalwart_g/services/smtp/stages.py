"""The scripts of one session's stages: facts that pile up from stage to stage, notes, and slots."""

from __future__ import annotations

from collections.abc import Mapping

from sieve.message import Message
from stalwart_g.green.state import State
from stalwart_g.policy.decision import Decision
from stalwart_g.policy.engine import PolicyEngine
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.slots import Slots
from stalwart_g.services.smtp.facts import Values

_PLACE = {stage: place for place, stage in enumerate(("connect", "ehlo", "auth", "mail", "rcpt", "data"))}


class Stages:
    """Runs a stage's script over the facts of that stage and of all before it."""

    def __init__(self, engine: PolicyEngine, state: State, session_id: str) -> None:
        self._engine, self._session_id = engine, session_id
        self._facts: list[tuple[int, Facts]] = []  # those that hold now, in the order of the stages
        self._notes, self._slots = Notes(), Slots(state)

    def run(self, stage: str, values: Values, moment: Values, message: Message | None = None) -> Decision:
        """Run a stage's script; its facts stay for the stages after it, those of the moment do not."""
        self.forget_from(stage)
        self.amend(stage, values)
        facts = Facts(moment, self._last())
        return self._engine.run(
            stage, facts, message=message, notes=self._notes, slots=self._slots, session_id=self._session_id
        )

    def amend(self, stage: str, values: Values) -> None:
        """Correct facts of the stage that has run last, for the stages after it."""
        self._facts.append((_PLACE[stage], Facts(values, self._last())))

    def forget_from(self, stage: str) -> None:
        """The facts of this stage and of those after it are no longer true."""
        place, facts = _PLACE[stage], self._facts
        while facts and facts[-1][0] >= place:
            facts.pop()

    @property
    def transaction_notes(self) -> Mapping[str, str]:
        """They travel with the message, for the stages of the queue."""
        return self._notes.transaction

    def end_transaction(self) -> None:
        self.forget_from("mail")
        self._notes.begin_transaction()
        self._slots.release("txn")

    def close(self) -> None:
        """The session is over."""
        self._facts.clear()
        self._slots.close()

    def _last(self) -> Facts | None:
        return self._facts[-1][1] if self._facts else None
