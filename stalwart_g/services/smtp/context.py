"""What a session knows of itself, for its own methods and for its transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stalwart_g.directory.interface import Principal
from stalwart_g.green.stream import Stream
from stalwart_g.model.address import Address
from stalwart_g.protocol.smtp.server import ServerMachine
from stalwart_g.services.smtp import facts
from stalwart_g.services.smtp.authentication import ClientCheck, HelloCheck, SenderCheck
from stalwart_g.services.smtp.host import Host
from stalwart_g.services.smtp.settings import Settings
from stalwart_g.services.smtp.stages import Stages


@dataclass(slots=True)
class Context:
    """One session. ``principal`` is who has authenticated; None for a stranger."""

    id: str
    settings: Settings
    host: Host
    stream: Stream
    machine: ServerMachine
    stages: Stages
    started: float
    principal: Principal | None = None
    transactions: int = 0  # so far
    rcpt_failures: int = 0
    client: ClientCheck = field(init=False)
    hello: HelloCheck = field(init=False)

    def __post_init__(self) -> None:
        self.client = ClientCheck(self.host.resolver, self.stream.peer.ip)
        self.greet("")

    def greet(self, name: str) -> None:
        """The client says that this is its name."""
        self.hello = HelloCheck(self.client, name)

    def check_of(self, sender: Address) -> SenderCheck:
        return SenderCheck(self.hello, str(sender), self.settings.hostname, self.host.clock)

    @property
    def account(self) -> str:
        return self.principal.name if self.principal else ""

    @property
    def trace_id(self) -> str:
        """Names the transaction in our Received field; the log lines of the session have its first part."""
        return f"{self.id}.{self.transactions}"

    @property
    def world(self) -> facts.World:
        return facts.World(self.host.directory, self.host.resolver, self.account)

    def moment(self, stage: str) -> facts.Values:
        """The facts that are new at each stage."""
        return facts.of_moment(stage, self.stream, self.machine, self.host, started=self.started)

    def is_banned(self) -> bool:
        """Did a script ban the client's address, in this session or in another one?"""
        return self.host.bans.holds(self.host.state, self.stream.peer.ip)

    def ban(self, params: Mapping[str, Any]) -> None:
        """``param "ban"``: for so many seconds the client's address is not let in."""
        if seconds := params.get("ban"):
            self.host.bans.add(self.host.state, self.stream.peer.ip, float(seconds))

    def delay_of(self, params: Mapping[str, Any]) -> float:
        """``param "delay"``, under its ceiling."""
        return min(float(params.get("delay") or 0), self.settings.delay_max_seconds)
