"""What can go wrong with a store. All of it is temporary for a peer, save what is damaged (SPEC-STORE section 1A.1)."""

from __future__ import annotations

from stalwart_g.model.errors import Deferred, MailError, Refused


class AssertionFailed(MailError):
    """Something that a batch relied on has changed: nothing was written; read again, decide again.

    ``key`` is that of the assertion that failed.
    """

    def __init__(self, key: bytes) -> None:
        super().__init__(f"an assertion about {key.hex()} failed")
        self.key = key


class StoreUnavailable(Deferred):
    """The store does not answer, or has no space (4.3.1); nothing was written."""

    def __init__(self, text: str, enhanced_code: str = "4.3.0") -> None:
        super().__init__(text, enhanced_code)


class StoreBusy(StoreUnavailable):
    """Others were faster until the deadline was over; nothing was written."""


class TooLarge(Refused):
    """A key, a value or a batch is beyond what every backend can take; a bug of the caller, or a hostile size."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "5.3.4")


class Corrupt(MailError):
    """What was stored cannot be read: damaged, or written by a newer version of the program."""
