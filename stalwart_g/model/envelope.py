"""The SMTP envelope: who sent it, to whom, and on which terms (RFC 5321, 3461, 2852, 4865, 6710, 8689)."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from stalwart_g.model.address import NULL, Address


class MailParameters(Struct, array_like=True, frozen=True):
    """What the client asked for with MAIL.

    The queue writes it down as it is: a field that comes new is the last one, with a default.
    """

    size_octets: int | None = None  # RFC 1870
    body: str = ""  # 7BIT, 8BITMIME, BINARYMIME
    smtputf8: bool = False  # RFC 6531
    ret: str = ""  # FULL or HDRS (RFC 3461)
    envid: str = ""
    requiretls: bool = False  # RFC 8689
    by_seconds: int | None = None  # RFC 2852
    by_mode: str = ""  # N or R, T appended for trace
    hold_until: float | None = None  # RFC 4865, unix time
    priority: int | None = None  # RFC 6710
    auth: str = ""  # RFC 4954 section 5
    solicit: str = ""  # RFC 3865


class Recipient(Struct, frozen=True):
    """One forward-path with its own terms (RFC 3461)."""

    address: Address
    notify: tuple[str, ...] = ()  # NEVER, SUCCESS, FAILURE, DELAY; empty: the default
    orcpt: str = ""  # "rfc822;…" as given, decoded from xtext

    @property
    def original(self) -> str:
        """What the sender wrote, for reports and ``Original-Recipient``."""
        return self.orcpt.partition(";")[2] if self.orcpt else str(self.address)


class Envelope(Struct, frozen=True):
    """One transaction."""

    reverse_path: Address = NULL
    parameters: MailParameters = MailParameters()
    recipients: tuple[Recipient, ...] = ()

    def with_recipient(self, recipient: Recipient) -> Envelope:
        return replace(self, recipients=(*self.recipients, recipient))
