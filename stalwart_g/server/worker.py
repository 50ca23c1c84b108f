"""One worker process: what it opens, in which order, and how it ends.

Everything is closed in the opposite order. On a stop, listeners take no more and idle sessions hear 421; then
deliveries end; the stores are the last to close. All of it happens within the grace of the configuration.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic, time

from stalwart_g.config import Settings
from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.local import LocalCourier
from stalwart_g.delivery.remote import RemoteCourier
from stalwart_g.delivery.scripts import FileScripts
from stalwart_g.directory import Directory, PasswordChecker, open_directory
from stalwart_g.green import files, tasks, threads, tls
from stalwart_g.green.child import Child
from stalwart_g.green.dns import Resolver
from stalwart_g.green.state import BrokerState
from stalwart_g.green.watchdog import Watchdog
from stalwart_g.model.errors import MailError
from stalwart_g.observe import logs, maillog
from stalwart_g.policy.engine import PolicyEngine
from stalwart_g.policy.program import Invalid
from stalwart_g.policy.tables import Tables, open_tables
from stalwart_g.queue.partitions import Partition, PartitionTaken, adopted, open_partition
from stalwart_g.queue.runner import Runner
from stalwart_g.queue.spool import Spool
from stalwart_g.queue.stages import Stages
from stalwart_g.server.home import RunFolder
from stalwart_g.server.listening import SERVICES, Service
from stalwart_g.server.reloading import Reloader, reaction
from stalwart_g.server.scripts import engine_settings
from stalwart_g.server.upkeep import EVERY_SECONDS, Upkeep
from stalwart_g.services.smtp.host import Host
from stalwart_g.store import Store, open_store
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore

log = logging.getLogger(__name__)

_PARTITION_SECONDS = 10.0  # for who has the partition at the moment: an operator's command
_SESSIONS_SHARE = 0.6  # of the grace; deliveries have the rest
_CERTIFICATE_DAYS, _DAY_SECONDS = 14, 86_400.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What the master hands to its workers over the fork."""

    settings: Settings
    sockets: Mapping[str, Sequence[socket.socket]]
    state: Path
    folder: RunFolder


@dataclass(slots=True)
class Parts:
    """What the services and the queue of one worker are made of."""

    state: BrokerState
    resolver: Resolver
    directory: Directory
    mail: MailStore
    policy: PolicyEngine
    upkeep: Upkeep
    couriers: list[RemoteCourier] = field(default_factory=list)


def run(shared: Shared, child: Child) -> None:
    """The ``main`` of the workers' role.

    Raises:
        MailError: something cannot be opened; the text says what.
    """
    settings = shared.settings
    logs.gather(tasks.soon, threads.native_id)
    with ExitStack() as opened:
        parts = _open(shared, child, opened)
        partitions = list(_partitions(settings, child, opened))
        runners = [_runner(settings, parts, partition.spool) for partition in partitions]
        services = list(_services(shared, parts, partitions[0].spool))
        reloader = Reloader(settings, parts.policy, services, parts.couriers)
        child.on_reload(reaction(reloader, partial(shared.folder.answer, child.index)))
        for runner in runners:
            runner.start()
        for service in services:
            service.start()
        watching = _watch(settings, parts, services, child.index)
        child.ready()
        watchdog = Watchdog()
        watchdog.start()
        child.wait_stop()
        watchdog.stop()
        for watch in watching:
            watch.cancel()
        _stop(services, runners, child.grace_seconds)


def _open(shared: Shared, child: Child, opened: ExitStack) -> Parts:
    settings, resolving = shared.settings, shared.settings.resolver
    state = BrokerState(shared.state, workers=child.count)
    state.start()
    opened.callback(state.close)
    if not state.connected:
        log.warning("the state broker has not answered yet; this worker begins with 1/%d of every budget", child.count)
    passwords = PasswordChecker()
    opened.callback(passwords.close)
    directory = open_directory(settings.directory, passwords)
    opened.callback(directory.close)
    store, blobs = _store(settings)
    opened.callback(store.close)
    opened.callback(blobs.close)
    mail = MailStore(store, blobs)
    resolver = Resolver(
        resolving.servers or None,
        timeout_seconds=resolving.timeout_seconds,
        attempts=resolving.attempts,
        trusted=resolving.trusted,
        capacity=resolving.entries,
        concurrency=resolving.concurrency,
    )
    tables = open_tables(settings.policy.tables.values())
    opened.callback(tables.close)
    policy = _policy(settings, tables, state)
    return Parts(state, resolver, directory, mail, policy, Upkeep(store, blobs, mail))


def _store(settings: Settings) -> tuple[Store, BlobStore]:
    try:
        return open_store(settings.store.path), BlobStore(settings.store.blobs)
    except OSError as error:
        raise MailError(f"the store cannot be opened: {error}") from error


def _policy(settings: Settings, tables: Tables, state: BrokerState) -> PolicyEngine:
    try:
        return PolicyEngine(engine_settings(settings), tables, state)
    except Invalid as error:
        raise MailError(f"policy scripts have errors:\n{error}") from error


# The queue


def _partitions(settings: Settings, child: Child, opened: ExitStack) -> Iterator[Partition]:
    """Our own first, then those of workers that are no more."""
    folder = settings.queue_folder
    for index in (child.index, *adopted(folder, child.index, child.count)):
        try:
            partition = open_partition(folder, index, settings.queue, wait_seconds=_PARTITION_SECONDS)
        except PartitionTaken as error:
            if index == child.index:
                raise
            log.error("partition %d of the queue waits for the next start: %s", index, error)
            continue
        opened.callback(partition.close)
        maillog.recovered(partition=index, messages=len(partition.spool))
        yield partition


def _runner(settings: Settings, parts: Parts, spool: Spool) -> Runner:
    stages = Stages(parts.policy, parts.directory, parts.resolver, parts.state, time)
    scripts = FileScripts(settings.local.scripts)
    local = LocalCourier(parts.directory, Filing(parts.mail), parts.policy, scripts, settings.local, time)
    remote = RemoteCourier(parts.resolver, settings.remote)
    parts.couriers.append(remote)
    return Runner(spool, stages, local, remote, settings.queue)


# The listeners


def _services(shared: Shared, parts: Parts, spool: Spool) -> Iterator[Service]:
    host = Host(
        parts.policy,
        parts.directory,
        parts.resolver,
        parts.state,
        spool,
        disk_is_low=partial(spool.disk_is_low, shared.settings.queue_folder),
    )
    for name, listener in shared.settings.listeners.items():
        yield SERVICES[listener.protocol](listener, shared.sockets[name], host)


# While it runs, and its end


def _watch(settings: Settings, parts: Parts, services: Sequence[Service], index: int) -> list[tasks.Repeated]:
    """Files that may change at any time; and, in one worker, certificates that end, and the store's upkeep."""
    interval = settings.policy.reload_interval_seconds
    watching = [parts.policy.watch(interval)]
    watching += [files.watch(each.tls.files, each.tls.changed, interval) for each in services if each.tls]
    if index == 0:
        warn = partial(_warn_of_certificates, settings)
        warn()
        watching.append(tasks.every(_DAY_SECONDS, warn))
        watching.append(tasks.every(EVERY_SECONDS, parts.upkeep.run, jitter=0.1))
    return watching


def _warn_of_certificates(settings: Settings) -> None:
    for name, certificate in settings.certificates.items():
        try:
            days = tls.days_left(certificate.certificate)
        except (OSError, ValueError) as error:
            log.error("certificate %s cannot be read: %s", name, error)
            continue
        if days < _CERTIFICATE_DAYS:
            maillog.certificate_ends(certificate=name, days=days)


def _stop(services: Sequence[Service], runners: Sequence[Runner], grace_seconds: float) -> None:
    """Sessions first, then deliveries; each kind all at once."""
    end = monotonic() + grace_seconds
    sessions = grace_seconds * _SESSIONS_SHARE
    _all([tasks.spawn(service.stop, sessions, name="stop") for service in services])
    left = max(end - monotonic() - 1.0, 0.1)
    _all([tasks.spawn(runner.stop, left, name="stop") for runner in runners])


def _all(stopping: Sequence[tasks.Task[bool]] | Sequence[tasks.Task[None]]) -> None:
    for task in stopping:
        task.join()
