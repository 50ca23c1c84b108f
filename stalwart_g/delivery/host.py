"""The world as a user's script sees it at delivery (RFC 5228, 5183, 5490, 6009; SPEC-SIEVE section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import sieve
from stalwart_g.green import tasks
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import MailParameters, Recipient
from stalwart_g.model.mailbox import INBOX

PREFIX = "vnd.stalwart_g."
NO_TERMS = MailParameters()


class DeliveryHost(sieve.Host):
    """Answers for one message and one account.

    Args:
        items: environment items of our own, shown with the prefix ``vnd.stalwart_g.``.
        has_mailbox: does the account have a mailbox of this name?
        script: the source of a script by location and name, for ``include``.
        ask: answers the questions of extensions.
    """

    def __init__(
        self,
        hostname: str,
        reverse_path: Address,
        recipient: Recipient,
        items: Mapping[str, str],
        has_mailbox: Callable[[str], bool],
        script: Callable[[str, str], tuple[str, str] | None],
        received_at: float,
        *,
        parameters: MailParameters = NO_TERMS,
        ask: Callable[[object], object] = lambda question: None,
    ) -> None:
        self._envelope = {
            "from": [str(reverse_path)],
            "to": [str(recipient.address)],
            "orig_to": [recipient.original],
            "auth": [items["auth"]] if items.get("auth") else [],
            **_terms(parameters, recipient, received_at),
        }
        self._items = {
            "domain": recipient.address.domain,
            "host": hostname,
            "location": "MDA",
            "phase": "pre",
            "name": "stalwart_g",
            "remote-ip": items.get("client.ip", ""),
            "remote-host": items.get("helo.name", ""),
            "vnd.dovecot.username": items.get("rcpt.account", ""),
            "vnd.dovecot.default-mailbox": items.get("mailbox", INBOX),
            **{PREFIX + name: value for name, value in items.items()},
        }
        self._has_mailbox, self._script, self._received_at = has_mailbox, script, received_at
        self._ask = ask

    def environment(self, name: str) -> str | Sequence[str] | None:
        return self._items.get(name)

    def envelope(self, part: str) -> Sequence[str]:
        return self._envelope.get(part, ())

    def mailbox_exists(self, name: str) -> bool:
        return self._has_mailbox(name)

    def now(self) -> tuple[float, int]:
        return self._received_at, time.localtime(self._received_at).tm_gmtoff // 60

    def include(self, location: str, name: str) -> tuple[str, str] | None:
        return self._script(location, name)

    def ask(self, question: object) -> object:
        return self._ask(question)

    def cpu_seconds(self) -> float:
        return time.thread_time()

    def breathe(self) -> None:
        tasks.breathe()


def _terms(parameters: MailParameters, recipient: Recipient, received_at: float) -> Mapping[str, Sequence[str]]:
    """On which terms the mail came (RFC 6009 sections 4 and 6); what was not said is not there."""
    seconds, mode = parameters.by_seconds, parameters.by_mode
    ends = "" if seconds is None else datetime.fromtimestamp(int(received_at) + seconds, UTC).isoformat()
    said = {
        "orcpt": recipient.orcpt,
        "ret": parameters.ret,
        "envid": parameters.envid,
        "bytimeabsolute": ends.replace("+00:00", "Z"),
        "bytimerelative": "" if seconds is None else str(seconds),
        "bymode": mode[:1],
        "bytrace": "T" if "T" in mode else "",
    }
    return {"notify": recipient.notify, **{part: [value] for part, value in said.items() if value}}
