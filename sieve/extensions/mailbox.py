"""mailbox (RFC 5490): ``mailboxexists``, and ``:create``."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("mailbox", "RFC 5490")
extension.tag("create", "fileinto")
extension.tag("create", "fcc", needs="fcc")


@extension.test(Param("mailbox names", "texts"))
def mailboxexists(run: Run, names: Sequence[str]) -> bool:
    """Do all of them exist, and may this script store into them?"""
    return all(run.host.mailbox_exists(name) for name in names)
