"""What SIGHUP does in a worker: scripts, tables, certificates, and those settings that can change while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from stalwart_g.config import ConfigError, Settings, load
from stalwart_g.delivery.remote import RemoteCourier
from stalwart_g.observe import logs, maillog
from stalwart_g.policy.engine import PolicyEngine
from stalwart_g.server.listening import Service


class Reloader:
    """Takes up what has changed in the files. What cannot be taken up is told, and the old goes on."""

    def __init__(
        self,
        settings: Settings,
        policy: PolicyEngine,
        services: Sequence[Service],
        couriers: Sequence[RemoteCourier],
    ) -> None:
        self._settings, self._policy = settings, policy
        self._services, self._couriers = services, couriers

    def reload(self) -> tuple[list[str], list[str]]:
        """Problems, each in one line, and names of changed settings that wait for a restart."""
        problems = [str(finding) for finding in self._policy.reload()]
        problems += filter(None, [service.tls.reload() for service in self._services if service.tls])
        restart: list[str] = []
        try:
            restart = self._take_settings(load(self._settings.path))
        except (ConfigError, OSError) as error:
            maillog.reload_failed(what="configuration", error=str(error).partition("\n")[0])
            problems += str(error).splitlines()
        maillog.reloaded(problems=len(problems), restart=restart)
        return problems, restart

    def _take_settings(self, fresh: Settings) -> list[str]:
        """What has changed and could not be taken up."""
        live = merged(self._settings, fresh)
        for service in self._services:
            service.settings = live.listeners[service.settings.id]
        for courier in self._couriers:
            courier.settings = live.remote
        logs.set_level(live.log.level)
        self._settings = live
        return sorted(changed(live, fresh))


def merged(live: Settings, fresh: Settings) -> Settings:
    """The settings that run, with all of the fresh ones that may change meanwhile.

    Those are: what sessions are told, delivery to other servers (relays that scripts know by name stay the same ones)
    and the log's level.
    """
    listeners = {
        name: replace(listener, smtp=fresh.listeners[name].smtp) if name in fresh.listeners else listener
        for name, listener in live.listeners.items()
    }
    same_relays = live.remote.relays.keys() == fresh.remote.relays.keys()
    return replace(
        live,
        listeners=listeners,
        remote=fresh.remote if same_relays else live.remote,
        log=replace(live.log, level=fresh.log.level),
    )


def changed(before: Any, after: Any, name: str = "") -> Iterator[str]:
    """Dotted names of the settings that differ."""
    if before == after:
        return
    old, new = _parts(before), _parts(after)
    if type(before) is not type(after) or old is None or new is None:
        yield name
        return
    for key in old | new:
        if key not in _NO_SETTINGS or name:
            yield from changed(old.get(key), new.get(key), f"{name}.{key}" if name else key)


_NO_SETTINGS = ("path", "home", "warnings")  # at the top


def _parts(value: Any) -> dict[str, Any] | None:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return dict(value) if isinstance(value, Mapping) else None


def reaction(reloader: Reloader, answer: Callable[[Sequence[str], Sequence[str]], None]) -> Callable[[], None]:
    """For `Child.on_reload`."""

    def react() -> None:
        answer(*reloader.reload())

    return react
