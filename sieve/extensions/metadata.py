"""mboxmetadata and servermetadata (RFC 5490): annotations of mailboxes and of the server (RFC 5464)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sieve.runtime import Run
from sieve.spec import Extension, Param

mailbox_extension = Extension("mboxmetadata", "RFC 5490 section 3.3")
server_extension = Extension("servermetadata", "RFC 5490 section 3.5")

_ANNOTATION = re.compile(r"/(?:private|shared)(?:/[!-$&-)+-.0-~]+)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """A question: the value of an annotation, its name in lower case; ``mailbox`` None: of the server.

    The answer is a text, or None where there is no such annotation, or no such mailbox.
    """

    mailbox: str | None
    annotation: str


_NAME = Param("annotation name")
_NAMES = Param("annotation names", "texts")
_MAILBOX = Param("mailbox")


def _values(run: Run, mailbox: str | None, name: str) -> Sequence[str]:
    """A name that no annotation can have is that of none; it is no fault of the script, but the trace tells."""
    if not _ANNOTATION.fullmatch(name):
        if run.trace is not None:
            run.trace.note(f"'{name}' is no annotation: /private/... or /shared/..., without * and %")
        return ()
    found = run.host.ask(Metadata(mailbox, name.lower()))
    return (found,) if isinstance(found, str) else ()


@mailbox_extension.values(_MAILBOX, _NAME)
def metadata(run: Run, mailbox: str, name: str) -> Sequence[str]:
    """An annotation of a mailbox; one that is not there has no value."""
    return _values(run, mailbox, name)


@mailbox_extension.test(_MAILBOX, _NAMES)
def metadataexists(run: Run, mailbox: str, names: Sequence[str]) -> bool:
    """Are all of them there?"""
    return all(_values(run, mailbox, name) for name in names)


@server_extension.values(_NAME)
def servermetadata(run: Run, name: str) -> Sequence[str]:
    """An annotation of the server."""
    return _values(run, None, name)


@server_extension.test(_NAMES)
def servermetadataexists(run: Run, names: Sequence[str]) -> bool:
    """Are all of them there?"""
    return all(_values(run, None, name) for name in names)
