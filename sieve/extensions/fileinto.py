"""fileinto (RFC 5228 section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.actions import FileInto
from sieve.errors import ScriptError
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("fileinto", "RFC 5228 section 4.1")


def _mailbox(name: str) -> str:
    return "" if name and "\0" not in name else f"invalid folder name '{name}'"


@extension.command(Param("folder", check=_mailbox))
def fileinto(
    run: Run, mailbox: str, *, flags: Sequence[str] | None = None, copy: bool = False, create: bool = False
) -> None:
    fault = _mailbox(mailbox)
    if fault:
        raise ScriptError(fault)
    run.add(FileInto(mailbox=mailbox, flags=run.flags_for(flags), copy=copy, create=create))
