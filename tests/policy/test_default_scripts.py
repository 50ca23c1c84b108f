"""The scripts in etc/policy: each case of cases/<stage>.toml is one run, facts in and decision out.

``before``: so many equal runs come first, each of which keeps its slots. ``session`` and ``txn`` are notes.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from stalwart_g.green.state import MemoryState
from stalwart_g.policy.decision import Decision
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.reference import updated
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.slots import Slots
from stalwart_g.policy.tables import TableSettings

ETC = Path(__file__).parents[2] / "etc" / "policy"
CASES = {
    f"{path.stem}:{name}": (path.stem, case)
    for path in sorted((Path(__file__).parent / "cases").glob("*.toml"))
    for name, case in tomllib.loads(path.read_text("utf-8")).items()
}


def test_each_stage_has_a_script_and_cases():
    assert {path.stem for path in ETC.glob("*.sieve")} == STAGES.keys() == {stage for stage, _ in CASES.values()}


@pytest.mark.parametrize(("stage", "case"), CASES.values(), ids=CASES)
def test_the_default_script_decides(engine_of, stage, case):
    state = MemoryState(lambda: 1_800_000_000.0)
    engine = engine_of(state=state)
    notes = Notes(case.get("txn"), case.get("session"))
    facts = {"stage": stage, **case["facts"]}
    assert facts.keys() <= STAGES[stage].sees.keys()
    for _ in range(case.get("before", 0)):
        engine.run(stage, Facts(facts), notes=notes, slots=Slots(state))
    compare(engine.run(stage, Facts(facts), notes=notes, slots=Slots(state)), notes, case["want"])


def compare(decision: Decision, notes: Notes, want: dict[str, Any]) -> None:
    assert decision.error is None
    reply = f"{decision.reply.code} {decision.reply.enhanced_code}" if decision.reply else None
    params = {name: list(value) if isinstance(value, tuple) else value for name, value in decision.params.items()}
    found = {
        "verdict": decision.verdict,
        "reply": reply,
        "close": decision.close,
        "params": {name: params.get(name) for name in want.get("params", ())},
        "absent": [name for name in want.get("absent", ()) if name not in params],
        "session": dict(notes.session),
        "txn": dict(notes.transaction),
    }
    assert {name: found[name] for name in want} == want


def test_a_line_of_the_script_stands_behind_each_decision(engine_of):
    engine = engine_of()
    for stage in STAGES:
        decision = engine.run(stage, Facts({}))
        assert decision.script == f"{stage}.sieve"


GREYLIST = 'include "greylist";'


def test_greylisting_puts_off_the_first_attempt_and_those_that_come_too_soon(engine_of):
    now = [1000.0]
    engine = engine_of({"rcpt": GREYLIST}, state=MemoryState(lambda: now[0]))
    facts = {"client.subnet": "192.0.2.0/24", "sender": "a@example.net", "rcpt": "b@example.org"}
    verdicts = []
    for wait in (0, 200, 200, 10):
        now[0] += wait
        verdicts.append(engine.run("rcpt", Facts(facts)).verdict)
    assert verdicts == ["reply", "reply", "accept", "accept"]


def test_examples_in_comments_compile(engine_of, folder):
    """What is commented out is there to be switched on."""
    for path in ETC.glob("*.sieve"):
        text = path.read_text("utf-8")
        text = re.sub(r"^( *)# ((?:if|reply|param|include|require|\}| {4}).*)$", r"\1\2", text, flags=re.MULTILINE)
        (folder / path.name).write_text(text)
    (folder / "lib" / "greylist.sieve").write_text((ETC / "lib" / "greylist.sieve").read_text("utf-8"))
    tables = [TableSettings(name, "memory") for name in ("unwanted", "moved")]
    engine = engine_of(tables=tables, names={"remote": ["partner", "bulk"], "queue": ["bulk"]})
    assert engine.reload() == []


def test_the_readme_is_up_to_date():
    readme = (ETC / "README.md").read_text("utf-8")
    assert updated(readme) == readme, "run tools/policy_reference.py"
