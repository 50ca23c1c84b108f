"""Which commands and tests make sense in which stage; all others are findings, not surprises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sieve.spec import Extension, Site
from stalwart_g.policy.language.extension import extension, stage_of
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.schemas.actions import CONTROL

_MESSAGE_TESTS = frozenset({"header", "address", "exists", "size", "body", "date", "hasflag"})
_NEEDS = {"from": "sender", "to": "rcpt", "orig_to": "rcpt", "auth": "auth.account"}

PLANNED: Mapping[str, str] = {
    "dns": "questions to the DNS come with a later version; facts like client.ptr and sender.mx ask some",
    "filter": "milters and pipes come with a later version",
    "sign": "DKIM signing comes with a later version",
    "seal": "ARC sealing comes with a later version",
    "notify": "notifications come with a later version",
    "addheader": "editing the header comes with a later version",
    "deleteheader": "editing the header comes with a later version",
    "replace": "editing the message comes with a later version",
    "enclose": "editing the message comes with a later version",
    "duplicate": "use remember, which has a :ttl and shows the :age",
    "spamtest": "use the fact spam.score of stage deliver",
    "virustest": "virus scanners come with a later version, as filters",
    "accept": "a mail goes on by itself, or with keep",
    "defer": 'use reply with a temporary code: reply :code 451 :status "4.7.1" "text";',
    "deny": 'use reply: reply :code 550 :status "5.7.1" "text";',
}
"""Hints for words that are missed here."""


def install(language: Iterable[Extension]) -> None:
    """Check every use of each command and test of these extensions."""
    specs = [spec for each in language for spec in each.specs]
    extension.check(*{spec.name for spec in specs if spec.what == "command"})(_command)
    extension.check(*{spec.name for spec in specs if spec.what == "test"})(_test)


def _command(site: Site) -> None:
    stage, name = stage_of(site), site.use.spec.name
    if site.use.spec.what == "test" or name in stage.actions or name in CONTROL:
        return
    others = [other.name for other in STAGES.values() if name in other.actions]
    hint = f"it belongs to {', '.join(others)}" if others else PLANNED.get(name, "")
    site.report(f"stage {stage.name} has no action '{name}'", "action", hint=hint)


def _test(site: Site) -> None:
    stage, name = stage_of(site), site.use.spec.name
    if site.use.spec.what == "command":
        return
    if name in _MESSAGE_TESTS and not stage.has_message:
        others = [other.name for other in STAGES.values() if other.has_message]
        hint = f"stages {' and '.join(others)} can look into it"
        site.report(f"stage {stage.name} has no message for the {name} test", "stage", hint=hint)
    elif name == "mailboxexists":
        site.report("scripts of the server do not see mailboxes", "stage", hint="fileinto :create makes a missing one")
    elif name == "envelope":
        _envelope(site)


def _envelope(site: Site) -> None:
    stage = stage_of(site)
    for part in site.constant(0) or ():
        if _NEEDS[part.lower()] not in stage.sees:
            site.report(f"stage {stage.name} has no envelope part '{part}'", "stage", at=0)
