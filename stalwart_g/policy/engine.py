"""Runs the script of a stage, and swaps scripts while others run (SPEC-SMTP section 8.1).

A script with errors is reported and the old version stays live; a run that fails ends in the stage's error decision. No
decision is silent: each is a line in the log, with the script's line and the facts that it looked at.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sieve import Finding
from sieve.errors import Place
from sieve.message import Message, Overlay, parse
from sieve.runtime import Run
from stalwart_g.green import files
from stalwart_g.green.state import State
from stalwart_g.green.tasks import Repeated
from stalwart_g.model.errors import Deferred
from stalwart_g.observe import contextids, maillog, metrics
from stalwart_g.policy.codecache import CodeCache
from stalwart_g.policy.decision import Decision, failed
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.host import PolicyHost, World
from stalwart_g.policy.kept import KeptScripts
from stalwart_g.policy.kinds import Names
from stalwart_g.policy.language import dialect_of
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.program import Invalid, Loader, Program
from stalwart_g.policy.schema import Stage
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.slots import Slots
from stalwart_g.policy.sources import Sources, packaged
from stalwart_g.policy.tables import Tables
from stalwart_g.policy.verdict import verdict_of

log = logging.getLogger(__name__)

_decisions = metrics.counter("policy_decisions", "Decisions of policy scripts", ("stage", "verdict"))
_errors = metrics.counter("policy_errors", "Policy scripts that failed while they ran", ("stage",))
_invalid = metrics.counter("policy_invalid", "Changed policy scripts that could not be used", ("stage",))

_NO_MESSAGE = parse(b"")


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Where scripts are: ``folder`` first, then ``defaults``. ``cache`` is a folder for compiled code.

    ``kept`` is a folder for copies of what is live. An engine that starts while a script has errors takes up the copy.
    ``names``: the ids that the configuration knows, by kind (``remote``, ``queue``, ``directory`` …), against which
    literal values of parameters are checked; kinds that are not in it are not checked.
    """

    folder: Path
    defaults: Path = field(default_factory=packaged)
    cache: Path | None = None
    names: Names = field(default_factory=dict)
    kept: Path | None = None


class PolicyEngine:
    """All stages of one process.

    Raises:
        Invalid: scripts are missing or have errors, and of a stage with such there is nothing else to start with.
    """

    def __init__(
        self, settings: EngineSettings, tables: Tables, state: State, clock: Callable[[], float] = time.time
    ) -> None:
        self._tables = tables
        self._world = World(tables, state, clock, settings.names)
        kept = KeptScripts(settings.kept) if settings.kept else None
        self._stages = {each.stage: _Live(STAGES[each.stage], each, kept) for each in _loaders(settings, tables)}
        findings = [finding for live in self._stages.values() for finding in live.refresh() if not live.can_run]
        if findings:
            raise Invalid(findings)

    # Scripts

    def reload(self) -> list[Finding]:
        """Take up what has changed, and tell what is wrong now; where something is, the old version stays live."""
        self._tables.reload()
        return [finding for live in self._stages.values() for finding in live.refresh()]

    def watch(self, interval_seconds: float = 1.0) -> Repeated:
        """Reload by oneself when files change; to be cancelled at the end."""
        return files.watch(self.paths, lambda changed: self.reload(), interval_seconds)

    def paths(self) -> set[Path]:
        """All files that count, those included that would if they were there."""
        return {path for live in self._stages.values() for path in live.loader.paths()} | set(self._tables.paths())

    def versions(self) -> Mapping[str, str]:
        """The short hash of what is live, by stage."""
        return {name: live.program.version for name, live in self._stages.items()}

    # Decisions

    def run(
        self,
        stage: str,
        facts: Facts,
        *,
        message: Message | None = None,
        notes: Notes | Mapping[str, str] | None = None,
        slots: Slots | None = None,
        session_id: str = "",
        queue_id: str = "",
    ) -> Decision:
        """Run the stage's script over the facts.

        Args:
            notes: read and written; a mapping is the notes of the transaction.
            slots: gets what the script takes, for the caller to release; without it, slots last as long as the run.
            session_id, queue_id: for the log.
        """
        if slots is None:
            with Slots(self._world.state) as held:
                return self.run(
                    stage, facts, message=message, notes=notes, slots=held, session_id=session_id, queue_id=queue_id
                )
        live, notes = self._stages[stage], notes if isinstance(notes, Notes) else Notes(notes)
        if session_id in ("", contextids.session_id()) and queue_id in ("", contextids.queue_id()):
            return self._decide(live, facts, message, notes, slots)
        with contextids.bound(session=session_id or None, queue=queue_id or None):
            return self._decide(live, facts, message, notes, slots)

    def _decide(self, live: _Live, facts: Facts, message: Message | None, notes: Notes, slots: Slots) -> Decision:
        program, script = live.program, live.program.script
        host = PolicyHost(live.stage, self._world, facts, notes, slots)
        run = Run(Overlay(_NO_MESSAGE if message is None else message), host, script.dialect.limits, None, program.load)
        try:
            error = script.execute(run)
        except Deferred as unavailable:
            return self._failed(live.stage, program, facts, str(unavailable), Place(*run.at))
        if error is not None:
            return self._failed(live.stage, program, facts, error.message, error.place)
        return self._made(live.stage, program, host, run)

    def _made(self, stage: Stage, program: Program, host: PolicyHost, run: Run) -> Decision:
        fields: Mapping[str, Any] = {}
        script, line, _ = run.at
        if run.actions or stage.name == "deliver":
            delivers = stage.name == "deliver"
            actions = run.decided() if delivers else run.actions
            fields, place = verdict_of(actions, keeps=run.implicit_keep, delivers=delivers)
            if place is not None:
                script, line, _ = place
        decision = Decision(
            stage.name,
            params={**stage.initial, **host.params} if host.params else stage.initial,
            edits=run.message if run.message.edited else None,
            script=script or program.script.name,
            line=line,
            version=program.version,
            facts_read=host.facts.reads,
            **fields,
        )
        _tell(decision)
        return decision

    def _failed(self, stage: Stage, program: Program, facts: Facts, error: str, place: Place) -> Decision:
        script, line = place.name or program.script.name, place.line
        decision = failed(stage, error, script=script, line=line, version=program.version, reads=facts.reads)
        _errors.inc(stage.name)
        _tell(decision)
        return decision


def findings(settings: EngineSettings, tables: Tables) -> list[Finding]:
    """All that is wrong with the scripts as they are; nothing is put to use or written to the log."""
    found: list[Finding] = []
    for loader in _loaders(settings, tables):
        try:
            loader.load()
        except Invalid as error:
            found += error.findings
    return found


def warm_up() -> None:
    """Load what the first compilation needs: processes that are forked after it share that, and begin sooner."""
    CodeCache(None).compile("keep;", "warm-up", dialect_of(STAGES["rcpt"]))


def _loaders(settings: EngineSettings, tables: Tables) -> Iterator[Loader]:
    """One for each stage."""
    sources, cache = Sources((settings.folder, settings.defaults)), CodeCache(settings.cache)
    for name, stage in STAGES.items():
        yield Loader(name, dialect_of(stage, tables, settings.names), sources, cache)


class _Live:
    """One stage: the program that decides now, and what is wrong with the files as they are."""

    program: Program

    def __init__(self, stage: Stage, loader: Loader, kept: KeptScripts | None) -> None:
        self.stage, self.loader, self._kept = stage, loader, kept
        self._seen: Mapping[Path, files.Signature] | None = None
        self._findings: tuple[Finding, ...] = ()

    @property
    def can_run(self) -> bool:
        """There is a program, whatever the files are like now."""
        return "program" in self.__dict__

    def refresh(self) -> tuple[Finding, ...]:
        """Compile again if a file has changed that the last attempt looked at: all findings as they stand."""
        if self._seen is not None and self._seen == files.signatures(self.loader.paths()):
            return self._findings
        first = self._seen is None
        before = files.signatures(self.loader.paths())
        try:
            program, self._findings = self.loader.load(), ()
            if not first:
                maillog.script_live(stage=self.stage.name, version=program.version)
            self.program = program
            if self._kept is not None:
                self._kept.keep(self.stage.name, program.sources)
        except Invalid as error:
            self._findings = error.findings
            _report(self.stage.name, error.findings)
            if first and self._kept is not None:
                self._take_kept(self._kept)
        # Of a file that changes while it is read, the signature from before counts: so it is read again the next time.
        after = files.signatures(self.loader.paths())
        self._seen = {path: before.get(path, signature) for path, signature in after.items()}
        return self._findings

    def _take_kept(self, kept: KeptScripts) -> None:
        """At the start, what was live before."""
        try:
            self.program = self.loader.of(kept.sources(self.stage.name)).load()
        except Invalid as error:
            log.error("stage=%s has no copy of what was live before: %s", self.stage.name, error.findings[0])
        else:
            maillog.script_kept(stage=self.stage.name, version=self.program.version)


def _report(stage: str, findings: Iterable[Finding]) -> None:
    _invalid.inc(stage)
    for finding in findings:
        place = f"{finding.name}:{finding.position.line}:{finding.position.column}"
        maillog.script_invalid(
            stage=stage, place=place, error=finding.message, hint=finding.hint, source=finding.source_line.strip()
        )


def _tell(decision: Decision) -> None:
    _decisions.inc(decision.stage, decision.verdict)
    maillog.decided(
        stage=decision.stage,
        verdict=decision.verdict,
        reply=str(decision.reply) if decision.reply else "",
        script=decision.script,
        line=decision.line,
        version=decision.version,
        error=decision.error or "",
        facts=decision.facts_read,
    )
