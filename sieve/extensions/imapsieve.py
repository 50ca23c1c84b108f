"""imapsieve (RFC 6785): scripts that run because something happened in a mailbox.

A host that runs them knows ``imap.cause``, and so the rest of the language knows that it is an event: actions whose
column ``for_imap_events`` says no, and all tests of the envelope, are errors then. The other items of ``environment``
are its, too. Scripts for events are compiled without what makes no sense in them, see ``for_events``.
"""

from __future__ import annotations

from collections.abc import Iterable

from sieve.extensions.environment import EMPTY
from sieve.spec import Extension

extension = Extension("imapsieve", "RFC 6785")
EMPTY.update(("imap.user", "imap.email", "imap.changedflags"))  # sections 4.2 and 4.5

DELIVERY_ONLY = frozenset(
    {"reject", "ereject", "vacation", "vacation-seconds", "envelope", "envelope-dsn", "envelope-deliverby"}
)
"""Capabilities that an event has no use for: to require them is an error (sections 3.11 and 4.6)."""


def for_events(extensions: Iterable[Extension]) -> tuple[Extension, ...]:
    """What is left of a language in scripts for events: for a ``Dialect`` of the host."""
    return tuple(extension for extension in extensions if extension.capability not in DELIVERY_ONLY)
