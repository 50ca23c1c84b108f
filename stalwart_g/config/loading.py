"""The one way from a file to settings: `load`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from stalwart_g.config import settings
from stalwart_g.config.document import Document, read
from stalwart_g.config.keys import listeners as listeners_keys
from stalwart_g.config.keys import lookups as lookups_keys
from stalwart_g.config.keys import mail as mail_keys
from stalwart_g.config.keys import operation as operation_keys
from stalwart_g.config.problems import ConfigError, Problem
from stalwart_g.config.reading import Reading
from stalwart_g.config.schema import Section
from stalwart_g.config.users import memory_accounts
from stalwart_g.delivery.settings import ExternalList, LocalSettings, Relay, RemoteSettings, ReportSettings, Timeouts
from stalwart_g.directory.database import known_schemes, sqlite_path
from stalwart_g.directory.settings import (
    CacheSettings,
    Columns,
    DirectorySettings,
    MemorySettings,
    Options,
    SqlSettings,
    Statements,
)
from stalwart_g.directory.sql import wrong_statements
from stalwart_g.directory.statements import StatementError, one_parameter
from stalwart_g.green.sockets import SocketOptions
from stalwart_g.green.tls import CertificateFiles, ServerOptions
from stalwart_g.policy.tables.interface import TableSettings
from stalwart_g.queue.settings import Lane, QueueSettings, Schedule
from stalwart_g.services.smtp.settings import Settings as SmtpSettings

T = TypeVar("T")

_ANY_IPV4 = "0.0.0.0"  # noqa: S104


def load(path: Path, environment: Mapping[str, str] | None = None) -> settings.Settings:
    """The settings of a file and what it includes.

    Args:
        environment: of ``!NAME`` and ``%{env:NAME}%``; None: that of the process.

    Raises:
        ConfigError: with all problems, each with its file and line.
    """
    document = read(path, os.environ if environment is None else environment)
    if not document.problems:
        return _Assembly(document).assembled()
    raise ConfigError(_in_order(document.problems))


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line))


class _Assembly:
    """Puts the values of a document into the dataclasses of all floors."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._reading = Reading(document)
        self._reading.check_required()

    def assembled(self) -> settings.Settings:
        document, reading = self._document, self._reading
        certificates = self._each(listeners_keys.CERTIFICATE, CertificateFiles)
        directories = self._directories()
        listeners = {name: self._listener(name, certificates) for name in reading.ids("server.listener.*")}
        tables = {name: self._table(name, directories) for name in reading.ids("policy.table.*")}
        self._check(directories, listeners)
        if any(problem.fatal for problem in document.problems):
            raise ConfigError(_in_order(document.problems))
        server = settings.Server(**reading.values(listeners_keys.SERVER))
        queue = reading.values(mail_keys.QUEUE)
        return settings.Settings(
            path=document.path,
            home=document.home,
            server=server,
            listeners=_present(listeners),
            certificates=certificates,
            store=settings.Storage(**_only(settings.Storage, reading.values(mail_keys.STORE))),
            directories=_present(directories),
            queue_folder=queue.pop("folder"),
            queue=self._queue(queue, server.hostname),
            remote=self._remote(server.hostname, _present(listeners)),
            local=LocalSettings(
                server.hostname,
                lists=self._each(mail_keys.DELIVERY_LIST, ExternalList),
                **reading.values(mail_keys.DELIVERY),
            ),
            policy=settings.Policy(tables=_present(tables), **reading.values(lookups_keys.POLICY)),
            log=settings.Log(**reading.values(operation_keys.LOG)),
            metrics=settings.Metrics(**reading.values(operation_keys.METRICS)),
            resolver=settings.Resolver(**reading.values(lookups_keys.RESOLVER)),
            warnings=tuple(_in_order(document.problems)),
        )

    def _each(self, section: Section, make: Callable[..., T]) -> dict[str, T]:
        """An object for each id, of those that are told completely."""
        found = {name: self._reading.values(section, name) for name in self._reading.ids(section.name)}
        return {name: make(**values) for name, values in found.items() if not _missing(make, values)}

    def _queue(self, values: dict[str, Any], hostname: str) -> QueueSettings:
        lanes = {**QueueSettings(ReportSettings(hostname)).lanes}
        for name in self._reading.ids("queue.*"):
            if name not in ("schedule", "outbound"):
                lanes[name] = replace(lanes.get(name, Lane()), **self._reading.values(mail_keys.QUEUE_LANE, name))
        return QueueSettings(
            report=ReportSettings(hostname, **self._reading.values(mail_keys.REPORT)),
            schedule=Schedule(**self._reading.values(mail_keys.QUEUE_SCHEDULE)),
            lanes=lanes,
            **values,
        )

    def _remote(self, hostname: str, listeners: Mapping[str, settings.Listener]) -> RemoteSettings:
        values = self._reading.values(mail_keys.OUTBOUND)
        return RemoteSettings(
            hostname=values.pop("hostname", "") or hostname,
            timeouts=Timeouts(**self._reading.values(mail_keys.TIMEOUTS)),
            relays=self._each(mail_keys.REMOTE, Relay),
            own_ips=frozenset(host for each in listeners.values() for host, _ in each.bind) - {"::", _ANY_IPV4},
            **values,
        )

    # Listeners

    def _listener(self, name: str, certificates: Mapping[str, CertificateFiles]) -> settings.Listener | None:
        reading = self._reading
        values = reading.values(listeners_keys.LISTENER, name)
        hostname = reading.values(listeners_keys.SERVER).get("hostname")
        tls, timeout = self._tls(name, certificates)
        if _missing(settings.Listener, {"id": name, "smtp": None, **values}) or not hostname:
            return None
        told = reading.values(listeners_keys.LISTENER_SMTP, name)
        smtp = SmtpSettings(
            hostname=told.pop("hostname", "") or hostname,
            listener=name,
            lmtp=values["protocol"] == "lmtp",
            **timeout,
            **told,
            **reading.values(listeners_keys.SESSION),
        )
        socket = SocketOptions(**reading.values(listeners_keys.LISTENER_SOCKET, name))
        return settings.Listener(name, smtp=smtp, tls=tls, socket=socket, **values)

    def _tls(
        self, name: str, certificates: Mapping[str, CertificateFiles]
    ) -> tuple[settings.ListenerTls, dict[str, Any]]:
        values = self._reading.values(listeners_keys.LISTENER_TLS, name)
        timeout = {"tls_timeout_seconds": values.pop("timeout_seconds")} if "timeout_seconds" in values else {}
        certificate, sni = values.pop("certificate", ""), values.pop("sni", {})
        options = ServerOptions(**self._reading.values(listeners_keys.LISTENER_TLS_OPTIONS, name))
        if not values.get("enable"):
            return settings.ListenerTls(options=options), timeout
        for wanted in (certificate, *sni.values()):
            if wanted not in self._reading.ids("certificate.*"):
                self._no_certificate(name, wanted)
        by_name = {subject: certificates[wanted] for subject, wanted in sni.items() if wanted in certificates}
        return settings.ListenerTls(
            default=certificates.get(certificate), by_name=by_name, options=options, **values
        ), timeout

    def _no_certificate(self, listener: str, wanted: str) -> None:
        known = ", ".join(self._reading.ids("certificate.*")) or "none"
        text = f"there is no [certificate.{wanted}]" if wanted else "TLS is enabled, but tls.certificate is not told"
        self._document.report(
            ("server", "listener", listener), f"server.listener.{listener}: {text}", f"known: {known}"
        )

    # Directories and tables

    def _directories(self) -> dict[str, DirectorySettings | None]:
        return {name: self._directory(name) for name in self._reading.ids("directory.*")}

    def _directory(self, name: str) -> DirectorySettings | None:
        variant = self._reading.variant("directory", name)
        parts = {
            (section.part, section.settings): self._reading.values(section, name)
            for section in lookups_keys.DIRECTORIES
            if section.variant == variant
        }
        own = {
            key: value for (part, _), told in parts.items() if not part for key, value in told.items() if key != "type"
        }
        common: dict[str, Any] = {
            "options": Options(**parts["options", Options]),
            "cache": CacheSettings(**parts["cache", CacheSettings]),
        }
        if variant == "sql":
            return self._sql_directory(name, own, parts, common)
        accounts, faults = memory_accounts(own.pop("users", []), own.pop("groups", []))
        for place, fault in faults:
            self._document.report(("directory", name, *place), f"directory.{name}.{fault}")
        return MemorySettings(name, accounts, **own, **common)

    def _sql_directory(
        self, name: str, own: dict[str, Any], parts: Mapping[Any, dict[str, Any]], common: dict[str, Any]
    ) -> SqlSettings | None:
        address = self._database(("directory", name, "address"), own.pop("address", ""))
        statements = Statements(**parts["query", Statements])
        for fault in wrong_statements(statements):
            place = ("directory", name, *fault.partition(":")[0].split("."))
            self._document.report(place, f"directory.{name}.{fault}")
        if not address:
            return None
        return SqlSettings(name, address, statements, Columns(**parts["columns", Columns]), **own, **common)

    def _table(self, name: str, directories: Mapping[str, DirectorySettings | None]) -> TableSettings | None:
        variant, place = self._reading.variant("policy", "table", name), ("policy", "table", name)
        section = next(each for each in lookups_keys.TABLES_OF_POLICY if each.variant == variant)
        values = self._reading.values(section, name)
        if variant == "sql":
            try:
                one_parameter(values.get("query", "?"))
            except StatementError as error:
                self._document.report((*place, "query"), f"policy.table.{name}.query: {error}")
            chosen = directories.get(self._reading.values(listeners_keys.SERVER).get("directory", "default"))
            default = chosen.address if isinstance(chosen, SqlSettings) else ""
            values["database"] = self._database((*place, "database"), values.get("database", "")) or default
            if not values["database"]:
                self._document.report(place, f"policy.table.{name}.database is missing")
        return None if _missing(TableSettings, {"id": name, **values}) else TableSettings(name, **values)

    def _database(self, place: tuple[str, ...], address: str) -> str:
        """The address with an absolute path; empty if it cannot be used."""
        if not address:
            return ""
        if not address.startswith("sqlite:") or ":memory:" in address:
            self._document.report(
                place, f"{'.'.join(place)}: an address starts with {known_schemes()} and names a file"
            )
            return ""
        return f"sqlite://{self._document.home / sqlite_path(address)}"

    # What goes together

    def _check(self, directories: Mapping[str, Any], listeners: Mapping[str, settings.Listener | None]) -> None:
        wanted = self._reading.values(listeners_keys.SERVER).get("directory", "default")
        if wanted not in directories:
            known = ", ".join(directories) or "none"
            self._document.report(("server", "directory"), f"there is no [directory.{wanted}]", f"known: {known}")
        taken: dict[settings.Endpoint, str] = {}
        for listener in filter(None, listeners.values()):
            for endpoint in listener.bind:
                other = taken.setdefault(endpoint, listener.id)
                if other != listener.id and endpoint[1]:
                    place = ("server", "listener", listener.id, "bind")
                    text = f"server.listener.{listener.id}.bind: {endpoint[0]}:{endpoint[1]} is taken by {other}"
                    self._document.report(place, text)


def _present(found: Mapping[str, T | None]) -> dict[str, T]:
    return {name: value for name, value in found.items() if value is not None}


def _missing(make: Any, values: Mapping[str, Any]) -> bool:
    """Would the dataclass lack something? It is reported already."""
    needed = [f.name for f in fields(make) if f.default is MISSING and f.default_factory is MISSING]
    return any(name not in values for name in needed)


def _only(make: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are fields: a ``type`` that has only one meaning is none."""
    names = {field.name for field in fields(make)}
    return {name: value for name, value in values.items() if name in names}
