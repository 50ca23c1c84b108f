"""Address parts (RFC 5228 section 2.7.4, RFC 5233) and which header fields hold addresses."""

from __future__ import annotations

import re
from collections.abc import Callable

AddressPart = Callable[[str, str], "str | None"]

HEADERS = frozenset(
    {
        *("from", "to", "cc", "bcc", "sender", "reply-to"),
        *("resent-from", "resent-to", "resent-cc", "resent-bcc", "resent-sender", "resent-reply-to"),
        *("return-path", "delivered-to", "envelope-to", "envelope-from", "x-original-to", "apparently-to"),
        *("errors-to", "mail-followup-to", "mail-reply-to", "abuse-reports-to", "approved"),
        *("disposition-notification-to", "return-receipt-to"),
    }
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9_\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?"
_ADDRESS = re.compile(
    rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*")@(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Za-z:.]+\])'
)
_ROUTE = re.compile(r"@[^:]*:")
_NAMED = re.compile(r"[^<>]*<([^<>]*)>\s*")


def mailbox(text: str) -> str | None:
    """The address in ``local@domain`` or ``Name <local@domain>``; None if it is none (RFC 5322 section 3.4)."""
    named = _NAMED.fullmatch(text)
    address = named[1].strip() if named else text.strip()
    return address if _ADDRESS.fullmatch(address) and len(address) <= 320 else None


def without_route(path: str) -> str:
    """A reverse- or forward-path without brackets and source route (RFC 5321 section 4.1.1.3)."""
    path = path.strip().removeprefix("<").removesuffix(">")
    return _ROUTE.sub("", path, count=1) if path.startswith("@") else path


def local_part(address: str) -> str:
    local = address.rpartition("@")[0] or address
    return re.sub(r"\\(.)", r"\1", local[1:-1]) if len(local) > 1 and local[0] == local[-1] == '"' else local


def _all(address: str, separator: str) -> str | None:
    return address


def _local(address: str, separator: str) -> str | None:
    return local_part(address) if "@" in address else None


def _domain(address: str, separator: str) -> str | None:
    return address.rpartition("@")[2] if "@" in address else None


def _user(address: str, separator: str) -> str | None:
    local = _local(address, separator)
    return local.partition(separator)[0] if local and separator else local


def _detail(address: str, separator: str) -> str | None:
    local = _local(address, separator)
    _, found, detail = local.partition(separator) if local and separator else ("", "", "")
    return detail if found else None


PARTS: dict[str, AddressPart] = {
    "all": _all,
    "localpart": _local,
    "domain": _domain,
    "user": _user,
    "detail": _detail,
}
