"""What can go wrong, in three kinds that know no protocol.

Each service turns them into its own words (SMTP 5xx and 4xx, IMAP BAD and NO, JMAP errors) in one place.
"""


class MailError(Exception):
    """Base of everything that the server raises on purpose."""


class Violation(MailError):
    """The peer broke the rules of the protocol; its session ends or its command is refused."""


class Refused(MailError):
    """Final: asking again will not help. ``enhanced_code`` is a 5.x.x status (RFC 3463)."""

    def __init__(self, text: str, enhanced_code: str = "5.0.0") -> None:
        super().__init__(text)
        self.enhanced_code = enhanced_code


class Deferred(MailError):
    """Not now: asking again later may help. ``enhanced_code`` is a 4.x.x status (RFC 3463)."""

    def __init__(self, text: str, enhanced_code: str = "4.0.0") -> None:
        super().__init__(text)
        self.enhanced_code = enhanced_code
