"""What became of one recipient in one attempt: the facts of the retry script (SPEC-SMTP section 8.4)."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from stalwart_g.model.reply import Reply


class Outcome(Struct, frozen=True, kw_only=True):
    """The reply that decided, ours or the other server's, and where it came from.

    Attributes:
        stage: dns, connect, greeting, ehlo, tls, auth, mail, rcpt, data or final; also route and deliver.
        error: dns, connect, timeout, tls, protocol, reply, limit, slot, quota or script; empty on success.
        host: the name of the host that said so, empty where none did.
        mx: the name under which the domain listed it.
        tls: the protocol version of the connection, empty in clear text.
    """

    code: int
    status: str
    text: str = ""
    stage: str = "final"
    error: str = ""
    host: str = ""
    mx: str = ""
    ip: str = ""
    tls: str = ""

    @property
    def reply(self) -> Reply:
        return Reply(self.code, self.status, self.text)


class Delivered(Outcome, frozen=True, kw_only=True):
    """Done. ``action`` says how (RFC 3464 section 2.3.3); ``passed_on``: the next server reports to the sender."""

    kind: ClassVar[str] = ""
    code: int = 250
    status: str = "2.1.5"
    action: str = "delivered"  # or relayed, expanded
    passed_on: bool = False


class Deferred(Outcome, frozen=True, kw_only=True):
    """Not now; the retry script decides when next."""

    kind: ClassVar[str] = "temp"
    code: int = 451
    status: str = "4.3.0"


class Failed(Outcome, frozen=True, kw_only=True):
    """Never, unless the retry script knows better."""

    kind: ClassVar[str] = "perm"
    code: int = 550
    status: str = "5.0.0"


Result = Delivered | Deferred | Failed


def unfinished(
    reply: Reply, *, stage: str, error: str = "reply", host: str = "", ip: str = "", tls: str = ""
) -> Deferred | Failed:
    """The outcome of a reply that is not positive; its status is completed where the server gave none."""
    kind = Failed if reply.is_permanent else Deferred
    return kind(
        code=reply.code, status=status_of(reply), text=reply.text, stage=stage, error=error, host=host, mx=host, ip=ip,
        tls=tls,
    )  # fmt: skip


def status_of(reply: Reply) -> str:
    """The enhanced code, or the little that the code itself says (RFC 3463)."""
    return reply.enhanced_code or f"{reply.code // 100}.0.0"
