"""mailboxid (RFC 9042): mailboxes by an id that they keep whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("mailboxid", "RFC 9042")

_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


@dataclass(frozen=True, slots=True)
class MailboxId:
    """A question: is there a mailbox of this id that the script can store into? The answer is a bool."""

    mailbox_id: str


def _id(text: str) -> str:
    return "" if _ID.fullmatch(text) else f"'{text}' is no mailbox id (RFC 8474 section 4)"


_PARAM = Param("mailbox id", check=_id)
extension.tag("mailboxid", "fileinto", keyword="mailbox_id", param=_PARAM)
extension.tag("mailboxid", "fcc", keyword="mailbox_id", param=_PARAM, needs="fcc")


@extension.test(Param("mailbox ids", "texts", check=_id))
def mailboxidexists(run: Run, ids: Sequence[str]) -> bool:
    """Are all of them there?"""
    return all(run.host.ask(MailboxId(each)) for each in ids)


@extension.check("fileinto", "fcc")
def _one_way(site: Site) -> None:
    if {"special_use", "mailbox_id"} <= site.use.tags.keys():
        site.report("a mailbox is found by ':mailboxid' or ':specialuse', not both", "tag", at="mailbox_id")
