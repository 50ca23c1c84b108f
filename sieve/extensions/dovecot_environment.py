"""vnd.dovecot.environment (of Pigeonhole): items of ``environment`` in strings, as ``${env.vnd.dovecot.username}``.

The host knows the items themselves: ``vnd.dovecot.default-mailbox``, ``vnd.dovecot.username``,
``vnd.dovecot.config.<name>``.
"""

from __future__ import annotations

from sieve.runtime import Run
from sieve.spec import Extension

extension = Extension("vnd.dovecot.environment", "Pigeonhole's vnd.dovecot.environment", implies=("environment",))


@extension.namespace("env")
def env(run: Run, item: str) -> str:
    """An item; one that nobody knows is empty. A name of a variable has no dash: an underscore stands for it."""
    found = run.host.environment(item)
    if found is None:
        found = run.host.environment(item.replace("_", "-"))
    return found if isinstance(found, str) else " ".join(found or ())
