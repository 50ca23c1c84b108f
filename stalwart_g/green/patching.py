"""Monkey patching, once, by ``__main__`` and before anything else is imported."""

from __future__ import annotations

import importlib.util


def patch() -> None:
    """Make the blocking calls of the standard library cooperative, for the libraries that we did not write.

    python-ldap comes first: its module-wide lock must stay a native one, or the thread pool that calls it deadlocks.
    """
    if importlib.util.find_spec("ldap") is not None:
        importlib.import_module("ldap")
    from gevent import monkey

    monkey.patch_all()
