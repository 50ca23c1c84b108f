"""The world as a user's script sees it at delivery (RFC 5228, 5183, 5490; SPEC-SIEVE section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import sieve
from stalwart_g.green import tasks
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Recipient

PREFIX = "vnd.stalwart_g."


class DeliveryHost(sieve.Host):
    """Answers for one message and one account.

    Args:
        items: environment items of our own, shown with the prefix ``vnd.stalwart_g.``.
        has_mailbox: does the account have a mailbox of this name?
        script: the source of a script by location and name, for ``include``.
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
    ) -> None:
        self._envelope = {
            "from": [str(reverse_path)],
            "to": [str(recipient.address)],
            "orig_to": [recipient.original],
            "auth": [items["auth"]] if items.get("auth") else [],
        }
        self._items = {
            "domain": recipient.address.domain,
            "host": hostname,
            "location": "MDA",
            "phase": "pre",
            "name": "stalwart_g",
            "remote-ip": items.get("client.ip", ""),
            "remote-host": items.get("helo.name", ""),
            **{PREFIX + name: value for name, value in items.items()},
        }
        self._has_mailbox, self._script, self._received_at = has_mailbox, script, received_at

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

    def cpu_seconds(self) -> float:
        return time.thread_time()

    def breathe(self) -> None:
        tasks.breathe()
