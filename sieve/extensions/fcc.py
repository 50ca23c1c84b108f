"""fcc (RFC 8580): file a copy of what an action sends. Commands that can do so have the trait ``fcc``."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.actions import FileInto
from sieve.errors import ScriptError
from sieve.extensions.fileinto import fault_of
from sieve.extensions.special_use import word_of
from sieve.runtime import flag_list
from sieve.spec import Extension, Param

extension = Extension("fcc", "RFC 8580")
extension.tag("fcc", "fcc", param=Param("folder", check=fault_of))


def copy_in(
    mailbox: str | None = None,
    *,
    create: bool = False,
    flags: Sequence[str] = (),
    special_use: str = "",
    mailbox_id: str = "",
) -> FileInto | None:
    """Where the copy goes; None: there is none. Flags are those of the command only (section 3.2)."""
    if mailbox is None:
        return None
    if fault := fault_of(mailbox):
        raise ScriptError(fault)
    return FileInto(
        mailbox=mailbox, flags=flag_list(flags), create=create, special_use=word_of(special_use), mailbox_id=mailbox_id
    )
