"""What the sessions of a worker share: whom they ask, and who keeps the mail."""

from __future__ import annotations

import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from stalwart_g.directory.interface import Directory
from stalwart_g.green.dns import Resolver
from stalwart_g.green.state import State
from stalwart_g.model.mail import NewMail
from stalwart_g.policy.engine import PolicyEngine
from stalwart_g.services.smtp.bans import Bans


class Spool(Protocol):
    """The queue's front door; its length is how many messages are in it."""

    def __len__(self) -> int: ...

    def enqueue(self, mail: NewMail) -> str:
        """Keep a message: its queue id, once it is durable.

        Raises:
            Deferred: not now; the client is to try again later.
        """


@dataclass(frozen=True, slots=True)
class Host:
    """``tls`` gives the server context of the moment, so that new certificates count; None where there is none.

    ``connections`` counts the open ones of each client, in this worker.
    """

    policy: PolicyEngine
    directory: Directory
    resolver: Resolver
    state: State
    spool: Spool
    tls: Callable[[], ssl.SSLContext] | None = None
    disk_is_low: Callable[[], bool] = bool  # nothing is taken while it says so
    clock: Callable[[], float] = time.time
    connections: Counter[str] = field(default_factory=Counter)
    bans: Bans = field(default_factory=Bans)
