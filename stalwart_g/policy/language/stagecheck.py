"""Which commands and tests make sense in which stage; all others are findings, not surprises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sieve.extensions.envelope import PARTS
from sieve.spec import Extension, Site
from stalwart_g.policy.language.extension import extension, stage_of
from stalwart_g.policy.schema import Stage
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.schemas.actions import CONTROL

_MESSAGE_TESTS = frozenset({"header", "address", "exists", "size", "body", "date", "hasflag"})
_NEEDS = {
    "from": "sender",
    "to": "rcpt",
    "orig_to": "rcpt",
    "auth": "auth.account",
    "notify": "rcpt.notify",
    "orcpt": "rcpt.orcpt",
    "ret": "mail.ret",
    "envid": "mail.envid",
}
_ACCOUNTS = frozenset({
    *("mailboxexists", "specialuse_exists", "mailboxidexists", "metadata", "metadataexists"),
    *("servermetadata", "servermetadataexists", "valid_ext_list"),
})  # fmt: skip
"""Tests that look at what belongs to an account: there are answers for users' scripts only."""
_TERMS = frozenset({"notify", "ret", "by_seconds", "by_time", "by_mode", "by_trace"})

PLANNED: Mapping[str, str] = {
    "dns": "questions to the DNS come with a later version; facts like client.ptr and sender.mx ask some",
    "filter": "milters and pipes come with a later version",
    "sign": "DKIM signing comes with a later version",
    "seal": "ARC sealing comes with a later version",
    "notify": "notifications of the server come with a later version",
    "vacation": "only users are away",
    "debug_log": "use log",
    "error": 'use reply with a temporary code: reply :code 451 :status "4.3.0" "text";',
    "addheader": "there is no message yet, or it is queued already",
    "deleteheader": "there is no message yet, or it is queued already",
    "replace": "editing the message comes with a later version",
    "enclose": "editing the message comes with a later version",
    "accept": "a mail goes on by itself, or with keep",
    "defer": 'use reply with a temporary code: reply :code 451 :status "4.7.1" "text";',
    "deny": 'use reply: reply :code 550 :status "5.7.1" "text";',
}
"""Hints for words that are missed here."""


_UNANSWERED: Mapping[str, str] = {
    "duplicate": "use remember, which has a :ttl and shows the :age",
    "spamtest": "use the fact spam.score of stage deliver",
    "virustest": "virus scanners come with a later version, as filters",
    "valid_notify_method": "notifications of the server come with a later version",
    "notify_method_capability": "notifications of the server come with a later version",
}
"""Tests that we could have, and what to do instead."""


def install(language: Iterable[Extension]) -> None:
    """Check every use of each command and test of these extensions."""
    specs = [spec for each in language for spec in each.specs]
    extension.check(*{spec.name for spec in specs if spec.what == "command"})(_command)
    extension.check(*{spec.name for spec in specs if spec.what == "test"})(_test)


def offered(stage: Stage, what: str, name: str) -> bool:
    """Does a command or test make sense in a stage at all?"""
    if what == "command":
        return name in CONTROL or name in stage.actions
    return name not in _ACCOUNTS and name not in _UNANSWERED and (stage.has_message or name not in _MESSAGE_TESTS)


def _command(site: Site) -> None:
    stage, name = stage_of(site), site.use.spec.name
    if site.use.spec.what == "test" or name in CONTROL:
        return
    if name in stage.actions:
        _redirect(site)
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
    elif name in _ACCOUNTS:
        hint = "fileinto :create makes a missing one" if name.startswith(("mailbox", "special")) else ""
        site.report("scripts of the server do not see what belongs to accounts", "stage", hint=hint)
    elif name in _UNANSWERED:
        site.report(f"scripts of the server have no {name} test", "stage", hint=_UNANSWERED[name])
    elif name == "envelope":
        _envelope(site)
    if site.use.match[0] == "list":
        site.report("scripts of the server do not see external lists", "stage", hint="use lookup, with a table")


def _redirect(site: Site) -> None:
    """Outside deliver a redirect is a change of the envelope, which has commands for its terms."""
    given = site.use.tags.keys()
    if site.use.spec.name != "redirect":
        return
    if "external" in given:
        site.report("scripts of the server do not see external lists", "stage", at="external")
    terms = sorted(_TERMS & given) if stage_of(site).name != "deliver" else ()
    if terms:
        hint = 'the terms are those of the envelope: setenvelope "notify" "NEVER";'
        site.report(f"stage {stage_of(site).name} has no redirect with terms", "stage", at=terms[0], hint=hint)


def _envelope(site: Site) -> None:
    stage = stage_of(site)
    for part in site.constant(0) or ():
        if part.lower() in PARTS and _NEEDS.get(part.lower(), "") not in stage.sees:
            site.report(f"stage {stage.name} has no envelope part '{part}'", "stage", at=0)
