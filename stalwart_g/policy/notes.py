"""What scripts write down for the scripts of later stages (SPEC-SMTP section 8.1)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

LIMIT_OCTETS = 4096
"""Of all notes of a transaction or of a session, names included: those of a transaction travel with the mail."""


class TooMuch(ValueError):
    """The notes would not fit any more."""


class Notes:
    """The notes of a session, and those of the transaction at hand.

    A dictionary that is given is written to, not copied: so notes get into the queue's record of a mail.
    """

    __slots__ = ("session", "transaction")

    def __init__(self, transaction: Mapping[str, str] | None = None, session: Mapping[str, str] | None = None) -> None:
        self.transaction = _writable(transaction)
        self.session = _writable(session)

    def begin_transaction(self) -> None:
        """A new transaction starts without notes; a mail that has taken the old ones keeps them."""
        self.transaction = {}

    def scope(self, name: str) -> MutableMapping[str, str]:
        """The notes of ``session`` or ``txn``."""
        return self.session if name == "session" else self.transaction

    def write(self, scope: str, name: str, value: str) -> None:
        """Write a note; an empty value takes it away.

        Raises:
            TooMuch: there would be more than `LIMIT_OCTETS`.
        """
        notes = self.scope(scope)
        if not value:
            notes.pop(name, None)
            return
        others = sum(len(key) + len(text.encode("utf-8", "replace")) for key, text in notes.items() if key != name)
        if others + len(name) + len(value.encode("utf-8", "replace")) > LIMIT_OCTETS:
            raise TooMuch(f"the notes of the {scope} would be larger than {LIMIT_OCTETS} octets")
        notes[name] = value


def _writable(given: Mapping[str, str] | None) -> MutableMapping[str, str]:
    return given if isinstance(given, dict) else dict(given or {})
