"""special-use (RFC 8579): mailboxes by what they are for. Attributes are compared without backslash and case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("special-use", "RFC 8579")

_USE = re.compile(r"\\[A-Za-z][A-Za-z0-9-]*")
_WORDS = frozenset({"all", "archive", "drafts", "flagged", "important", "inbox", "junk", "sent", "trash"})


@dataclass(frozen=True, slots=True)
class SpecialUse:
    """A question: has the mailbox all these uses; if None, is there a mailbox for each? The answer is a bool.

    Uses are words in lower case, such as ``junk``. A mailbox that the script cannot store into does not count.
    """

    mailbox: str | None
    uses: tuple[str, ...]


def _use(attribute: str) -> str:
    """The fault of an attribute; the usual ones may do without their backslash."""
    good = _USE.fullmatch(attribute) or attribute.lower() in _WORDS
    return "" if good else f"'{attribute}' is no special-use attribute, such as \\Junk"


def word_of(attribute: str) -> str:
    """The use that an attribute names: ``\\Junk`` is ``junk``."""
    return attribute.removeprefix("\\").lower()


_PARAM = Param("special-use attribute", check=_use)
extension.tag("specialuse", "fileinto", keyword="special_use", param=_PARAM)
extension.tag("specialuse", "fcc", keyword="special_use", param=_PARAM, needs="fcc")


@extension.test(Param("mailbox", optional=True), Param("special-use attributes", "texts", check=_use))
def specialuse_exists(run: Run, mailbox: str | None, attributes: Sequence[str]) -> bool:
    """Has the mailbox all of these uses; or, without one, is there a mailbox for each of them? (section 3)"""
    return bool(run.host.ask(SpecialUse(mailbox, tuple(map(word_of, attributes)))))
