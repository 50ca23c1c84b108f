"""The doors through which a script sees the world. Whoever runs scripts implements a ``Host``."""

from __future__ import annotations

from collections.abc import Sequence


class Host:
    """What a script may ask. This base knows nothing, and stands still in time: a host overrides what it can answer.

    Each answer may block as the server sees fit. What the host cannot answer for now (a store that is down) it raises
    as an exception of its own, which passes through the engine; ``sieve.errors.HostFailure`` ends the script and
    keeps the mail.
    """

    subaddress_separator: str = "+"  # RFC 5233

    def environment(self, name: str) -> str | Sequence[str] | None:
        """An item of RFC 5183, its name in lower case; None if nobody knows it."""
        return None

    def envelope(self, part: str) -> Sequence[str]:
        """Values of an envelope part, its name in lower case; the null reverse-path is ``[""]``."""
        return ()

    def mailbox_exists(self, name: str) -> bool:
        """Does it exist, and may this script store into it? (RFC 5490 section 3.1)"""
        return False

    def now(self) -> tuple[float, int]:
        """Seconds since 1970, and the minutes that local time is ahead of UTC. Asked once for each run."""
        return 0.0, 0

    def include(self, location: str, name: str) -> tuple[str, str] | None:
        """Full name and source of a script; ``location`` is ``personal`` or ``global`` (RFC 6609). None if missing."""
        return None

    def ask(self, question: object) -> object:
        """The door for extensions: each defines its own question, a class, and says what it wants to hear.

        The answer to what a host does not understand is None.
        """
        return None

    def cpu_seconds(self) -> float:
        """The clock against which the time budget is counted; asked every few thousand steps."""
        return 0.0

    def breathe(self) -> None:
        """Called every few thousand steps of a script: let others work."""
