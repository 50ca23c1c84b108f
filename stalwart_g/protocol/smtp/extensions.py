"""What a server offers after EHLO (RFC 5321 section 4.1.1.1): the same value makes the list and judges the commands."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from stalwart_g.model.reply import Reply

CLEAR_TEXT_MECHANISMS = frozenset({"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"})


class Extensions(Struct, frozen=True):
    """The offer of one session. What is not in it is refused."""

    esmtp: bool = True  # false after HELO: no parameter at all
    size_octets: int = 26_214_400  # RFC 1870; 0: not announced
    starttls: bool = False  # RFC 3207; true where a certificate is at hand
    pipelining: bool = True  # RFC 2920
    chunking: bool = True  # RFC 3030, with BINARYMIME
    smtputf8: bool = True  # RFC 6531
    dsn: bool = True  # RFC 3461
    requiretls: bool = False  # RFC 8689; announced inside TLS only
    vrfy: bool = False
    expn: bool = False
    mechanisms: tuple[str, ...] = ()  # RFC 4954
    clear_text_passwords: bool = False  # offer PLAIN and the like without TLS
    no_soliciting: str | None = None  # RFC 3865; "" announces no keyword
    future_release_seconds: int = 0  # RFC 4865; 0: off
    future_release_until: str = ""  # the same as a date-time
    deliver_by_seconds: int | None = None  # RFC 2852: the least by-time; 0: no minimum, None: off
    mt_priority: str = ""  # RFC 6710: the profile's name; "": off
    recipients_max: int = 100  # RFC 9422, as the next
    messages_max: int = 10

    def mechanisms_for(self, *, tls: bool) -> tuple[str, ...]:
        """The mechanisms that may be used now: none that shows the password to the network."""
        if tls or self.clear_text_passwords:
            return self.mechanisms
        return tuple(name for name in self.mechanisms if name not in CLEAR_TEXT_MECHANISMS)


NO_EXTENSIONS = Extensions(esmtp=False, size_octets=0, pipelining=False, chunking=False, smtputf8=False, dsn=False)


@lru_cache(maxsize=512)
def capabilities(hostname: str, offer: Extensions, *, tls: bool, authenticated: bool) -> Reply:
    """The reply to EHLO or LHLO."""
    mechanisms = () if authenticated else offer.mechanisms_for(tls=tls)
    lines = (
        (f"{hostname} greets you", True),
        ("ENHANCEDSTATUSCODES", True),
        ("8BITMIME", True),
        ("SMTPUTF8", offer.smtputf8),
        (f"SIZE {offer.size_octets}", offer.size_octets > 0),
        ("STARTTLS", offer.starttls and not tls),
        ("PIPELINING", offer.pipelining),
        ("CHUNKING", offer.chunking),
        ("BINARYMIME", offer.chunking),
        ("REQUIRETLS", offer.requiretls and tls),
        ("DSN", offer.dsn),
        ("VRFY", offer.vrfy),
        ("EXPN", offer.expn),
        (f"NO-SOLICITING {offer.no_soliciting or ''}".rstrip(), offer.no_soliciting is not None),
        (f"FUTURERELEASE {offer.future_release_seconds} {offer.future_release_until}", offer.future_release_seconds),
        (f"DELIVERBY {offer.deliver_by_seconds or ''}".rstrip(), offer.deliver_by_seconds is not None),
        (f"MT-PRIORITY {offer.mt_priority.upper()}", offer.mt_priority),
        (f"AUTH {' '.join(mechanisms)}", mechanisms),
        ("HELP", True),
        (f"LIMITS RCPTMAX={offer.recipients_max} MAILMAX={offer.messages_max}", True),
    )
    return Reply(250, "", "\n".join(text for text, offered in lines if offered))
