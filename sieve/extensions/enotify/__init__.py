"""enotify (RFC 5435): tell somebody of a mail. Here the language; ``mailto`` is the one method that is built in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sieve.actions import Action, FileInto
from sieve.errors import ScriptError
from sieve.extensions import variables
from sieve.extensions.enotify import mailto
from sieve.extensions.fcc import copy_in
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("enotify", "RFC 5435")

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z\[\]_a-z~]+|[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*=[^\r\n\0]*")
_METHODS = ("mailto",)


@dataclass(frozen=True, slots=True)
class NotifyMethods:
    """A question: the URI schemes that can be used, a sequence of str. None means ``mailto`` alone."""


@dataclass(frozen=True, slots=True)
class NotifyCapability:
    """A question: what is known of a notification capability (in lower case) of a URI; a text, or None.

    Of ``mailto`` the language itself says that ``online`` is ``maybe``.
    """

    uri: str
    capability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Action):
    """Send a notification to a URI, which is valid.

    Attributes:
        importance: 1 high, 2 normal, 3 low.
        sender: on whose behalf; empty: the owner of the script.
        message: the text; empty: the host makes one.
        told: recipients of earlier notifications of the run, who get no other mail.
        fcc: where a copy goes, if the method sends mail.
    """

    name = "notify"
    cancels_keep = False
    uri: str
    importance: str = "2"
    sender: str = ""
    options: tuple[str, ...] = ()
    message: str = ""
    told: tuple[str, ...] = ()
    fcc: FileInto | None = None

    def __str__(self) -> str:
        return f'notify "{self.uri}"'

    @property
    def method(self) -> str:
        return self.uri.partition(":")[0].lower()


def fault_of(uri: str, methods: Sequence[str]) -> str:
    """What is wrong with the URI of a notification, or nothing."""
    scheme = uri.partition(":")[0].lower()
    if not _URI.fullmatch(uri):
        return f"'{uri}' is no URI"
    if scheme not in methods:
        return f"notifications to '{scheme}:' are not supported (only {', '.join(methods)})"
    return mailto.fault_of(uri) if scheme == "mailto" else ""


def _methods(run: Run) -> Sequence[str]:
    found = run.host.ask(NotifyMethods())
    return found if isinstance(found, Sequence) else _METHODS


def _importance(text: str) -> str:
    return "" if text in ("1", "2", "3") else f"importance '{text}' is invalid: it is 1, 2 or 3"


def _option(text: str) -> str:
    return "" if _OPTION.fullmatch(text) else f"option '{text}' is invalid: it is name=value"


extension.tag("from", "notify", keyword="sender", param=Param("author"))
extension.tag("importance", "notify", param=Param("importance", check=_importance))
extension.tag("options", "notify", param=Param("options", "texts", check=_option))
extension.tag("message", "notify", param=Param("message"))
variables.modifier(extension, "encode", "encodeurl", lambda text: quote(text, safe="", errors="replace"))


@extension.command(Param("method"), traits=["fcc"])
def notify(
    run: Run,
    uri: str,
    *,
    sender: str = "",
    importance: str = "2",
    options: Sequence[str] = (),
    message: str = "",
    fcc: str | None = None,
    **copy: Any,
) -> None:
    """Tell somebody, and go on (section 3)."""
    faults = [fault_of(uri, _methods(run)), _importance(importance), *map(_option, options)]
    for fault in filter(None, (*faults, mailto.sender_fault(uri, sender))):
        raise ScriptError(f"notify: {fault}")
    run.add(
        Notify(
            uri=uri,
            importance=importance,
            sender=sender,
            options=tuple(options),
            message=message,
            told=_told(run) if uri.lower().startswith("mailto:") else (),
            fcc=copy_in(fcc, **copy),
        )
    )


def _told(run: Run) -> tuple[str, ...]:
    earlier = (each for each in run.actions if isinstance(each, Notify) and each.method == "mailto")
    return tuple(address for each in earlier for address in mailto.parse(each.uri).recipients)


@extension.test(Param("notification URIs", "texts"))
def valid_notify_method(run: Run, uris: Sequence[str]) -> bool:
    """Could ``notify`` use all of them? (section 4)"""
    methods = _methods(run)
    return not any(fault_of(uri, methods) for uri in uris)


@extension.values(Param("notification URI"), Param("capability"))
def notify_method_capability(run: Run, uri: str, capability: str) -> Sequence[str]:
    """What is known of the far end; nothing of a URI or a capability that nobody knows (section 5)."""
    if fault_of(uri, _methods(run)):
        return ()
    found = run.host.ask(NotifyCapability(uri, capability.lower()))
    if isinstance(found, str):
        return (found,)
    is_mail = uri.lower().startswith("mailto:")
    return ("maybe",) if is_mail and capability.lower() == "online" else ()


@extension.check("notify")
def _method(site: Site) -> None:
    """What is known of the method now is judged now; schemes other than ``mailto`` are up to the settings."""
    uri, sender = site.constant(0), site.constant("sender")
    if uri is None:
        return
    if fault := fault_of(uri, site.settings.get("notify_methods", _METHODS)):
        site.report(fault, "method", at=0)
    elif sender is not None and (fault := mailto.sender_fault(uri, sender)):
        site.report(fault, "value", at="sender")
