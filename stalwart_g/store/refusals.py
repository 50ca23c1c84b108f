"""What mailboxes and messages refuse, and why. Services turn it into their own words."""

from __future__ import annotations

from stalwart_g.model.errors import Deferred, MailError, Refused


class OverQuota(Deferred):
    """The account has no room for it: temporary, for users delete mail."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "4.2.2")


class NoAccount(Refused):
    """There is no such account (any more)."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "5.1.1")


class AccountExists(Refused):
    """Another account has this name."""


class NoMailbox(Refused):
    """There is no such mailbox (any more)."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "5.2.1")


class MailboxExists(Refused):
    """Another mailbox has this name under this parent; ``mailbox`` is its id."""

    def __init__(self, text: str, mailbox: int) -> None:
        super().__init__(text)
        self.mailbox = mailbox


class RoleTaken(Refused):
    """Another mailbox of the account has this role."""


class InvalidChange(Refused):
    """It would make no tree: too deep, below itself, or a name that cannot be."""


class Protected(Refused):
    """This mailbox stays."""


class HasChildren(Refused):
    """Mailboxes below it go first."""


class HasMessages(Refused):
    """Messages in it go first."""


class NoMessage(Refused):
    """There is no such message (any more)."""


class TooManyKeywords(Refused):
    """More keywords than one message may have."""


class CannotCalculate(MailError):
    """This state is none of ours, or the log does not reach back to it: read everything again."""
