"""fileinto (RFC 5228 section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.actions import FileInto
from sieve.errors import ScriptError
from sieve.extensions.special_use import word_of
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("fileinto", "RFC 5228 section 4.1")


def fault_of(name: str) -> str:
    """What is wrong with the name of a mailbox, or nothing."""
    return "" if name and "\0" not in name else f"invalid folder name '{name}'"


@extension.command(Param("folder", check=fault_of))
def fileinto(
    run: Run,
    mailbox: str,
    *,
    flags: Sequence[str] | None = None,
    copy: bool = False,
    create: bool = False,
    special_use: str = "",
    mailbox_id: str = "",
) -> None:
    fault = fault_of(mailbox)
    if fault:
        raise ScriptError(fault)
    run.add(
        FileInto(
            mailbox=mailbox,
            flags=run.flags_for(flags),
            copy=copy,
            create=create,
            special_use=word_of(special_use),
            mailbox_id=mailbox_id,
        )
    )
