"""Scripts that come, change, break and fail; what is logged and counted."""

from __future__ import annotations

import logging

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.errors import StateUnavailable
from stalwart_g.green.state import MemoryState
from stalwart_g.observe import contextids, metrics
from stalwart_g.policy.engine import EngineSettings, PolicyEngine
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.program import Invalid
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.tables import TableSettings, open_tables

REFUSE = 'reply :code 550 :status "5.7.1" "%s";'


def told(engine: PolicyEngine, stage: str = "rcpt") -> str:
    reply = engine.run(stage, Facts({})).reply
    return reply.text if reply else ""


# Start


def test_scripts_that_nobody_wrote_are_the_defaults(engine_of):
    assert engine_of({"rcpt": REFUSE % "mine"}).versions().keys() == STAGES.keys()


def test_a_script_with_errors_is_an_error_at_the_start(engine_of, folder):
    with pytest.raises(Invalid) as error:
        engine_of({"rcpt": "\n  kepp;", "mail": 'param "x" "1";'})
    places = [(finding.name, finding.position.line, finding.position.column) for finding in error.value.findings]
    assert places == [(str(folder / "mail.sieve"), 1, 7), (str(folder / "rcpt.sieve"), 2, 3)]
    assert "    kepp;\n    " in str(error.value)


def test_a_missing_script_is_named(folder, tmp_path):
    with pytest.raises(Invalid) as error:
        PolicyEngine(EngineSettings(folder, tmp_path / "nowhere"), open_tables([]), MemoryState())
    assert str(folder / "connect.sieve") in str(error.value)
    assert len(error.value.findings) == len(STAGES)


def test_an_engine_that_starts_with_a_broken_script_takes_what_was_live_before(engine_of, folder, tmp_path, caplog):
    (folder / "lib" / "say.sieve").write_text(REFUSE % "kept")
    engine_of({"rcpt": 'include "say";'}, kept=tmp_path / "kept")
    (folder / "lib" / "say.sieve").write_text("kepp;")
    engine = engine_of({"rcpt": "broken"}, kept=tmp_path / "kept")
    assert told(engine) == "kept"
    assert "script_invalid" in caplog.text
    assert "script_kept" in caplog.text
    (folder / "rcpt.sieve").write_text(REFUSE % "repaired")
    engine.reload()
    assert told(engine) == "repaired"


def test_without_a_copy_a_broken_script_is_an_error_at_the_start(engine_of, tmp_path):
    with pytest.raises(Invalid):
        engine_of({"rcpt": "broken"}, kept=tmp_path / "kept")


# Reload


def test_a_changed_script_is_live_after_a_reload(engine_of, folder):
    engine = engine_of({"rcpt": REFUSE % "old"})
    before = engine.versions()
    (folder / "rcpt.sieve").write_text(REFUSE % "newer")
    assert told(engine) == "old"
    assert engine.reload() == []
    assert told(engine) == "newer"
    assert {stage for stage, version in engine.versions().items() if version != before[stage]} == {"rcpt"}


def test_a_script_with_errors_leaves_the_old_one_live_and_is_reported(engine_of, folder, caplog):
    engine = engine_of({"rcpt": REFUSE % "old"})
    (folder / "rcpt.sieve").write_text('require "vnd.stalwart_g.policy";\nrepyl "x";\n')
    with caplog.at_level(logging.ERROR, "maillog"):
        (finding,) = engine.reload()
    assert told(engine) == "old"
    assert finding.hint == "did you mean 'reply'?"
    (line,) = [record.getMessage() for record in caplog.records]
    assert f"place={folder}/rcpt.sieve:2:1" in line
    assert "did you mean 'reply'?" in line
    assert 'source="repyl \\"x\\";"' in line


def test_an_error_is_logged_once_but_told_as_long_as_it_stands(engine_of, folder, caplog):
    engine = engine_of()
    (folder / "rcpt.sieve").write_text("kepp;")
    with caplog.at_level(logging.ERROR, "maillog"):
        assert len(engine.reload()) == len(engine.reload()) == 1
    assert len(caplog.records) == 1
    (folder / "rcpt.sieve").write_text("keep;")
    assert engine.reload() == []


def test_a_script_that_cannot_be_read_is_a_finding_too(engine_of, folder):
    engine = engine_of({"rcpt": REFUSE % "old"})
    (folder / "rcpt.sieve").unlink()
    (folder / "rcpt.sieve").symlink_to("rcpt.sieve")
    (finding,) = engine.reload()
    assert finding.name == str(folder / "rcpt.sieve")
    assert told(engine) == "old"


def test_a_script_that_is_no_utf8_is_a_finding(engine_of, folder):
    engine = engine_of()
    (folder / "rcpt.sieve").write_bytes(b'keep;\nlog "\xff";')
    (finding,) = engine.reload()
    assert (finding.position.line, finding.name) == (2, str(folder / "rcpt.sieve"))


def test_a_removed_script_gives_way_to_the_default(engine_of, folder):
    engine = engine_of({"rcpt": REFUSE % "mine"})
    (folder / "rcpt.sieve").unlink()
    engine.reload()
    assert told(engine) != "mine"


def test_a_new_script_takes_the_place_of_the_default(engine_of, folder):
    engine = engine_of()
    (folder / "rcpt.sieve").write_text(REFUSE % "mine")
    engine.reload()
    assert told(engine) == "mine"


def test_a_changed_library_changes_the_scripts_that_include_it(engine_of, folder):
    (folder / "lib" / "a.sieve").write_text('include "b";')
    (folder / "lib" / "b.sieve").write_text(REFUSE % "old")
    engine = engine_of({"rcpt": 'include "a";', "mail": 'include :once "b";'})
    before = engine.versions()
    (folder / "lib" / "b.sieve").write_text(REFUSE % "newer")
    engine.reload()
    assert (told(engine), told(engine, "mail")) == ("newer", "newer")
    assert {stage for stage, version in engine.versions().items() if version != before[stage]} == {"rcpt", "mail"}


def test_a_broken_library_leaves_all_as_it_was(engine_of, folder):
    (folder / "lib" / "a.sieve").write_text(REFUSE % "old")
    engine = engine_of({"rcpt": 'include "a";'})
    (folder / "lib" / "a.sieve").write_text('if environment "dkim.result" "pass" { stop; }')
    (finding,) = engine.reload()
    assert finding.name == str(folder / "lib" / "a.sieve")
    assert told(engine) == "old"


def test_a_missing_library_is_a_finding_until_it_comes(engine_of, folder):
    engine = engine_of()
    (folder / "rcpt.sieve").write_text('keep;\nif true { include "a"; }')
    (finding,) = engine.reload()
    assert (finding.position.line, "lib/a.sieve" in finding.hint) == (2, True)
    (folder / "lib" / "a.sieve").write_text(REFUSE % "here")
    assert engine.reload() == []
    assert told(engine) == "here"


def test_an_optional_library_may_come_later(engine_of, folder):
    engine = engine_of({"rcpt": 'include :optional "a";'})
    assert told(engine) == ""
    (folder / "lib" / "a.sieve").write_text(REFUSE % "here")
    engine.reload()
    assert told(engine) == "here"


def test_the_deciding_line_may_be_in_a_library(engine_of, folder):
    (folder / "lib" / "a.sieve").write_text("\n\n" + REFUSE % "x")
    decision = engine_of({"rcpt": 'include "a";'}).run("rcpt", Facts({}))
    assert (decision.script, decision.line) == ("lib/a.sieve", 3)


def test_libraries_that_include_each_other_are_an_error_of_the_run(engine_of, folder):
    (folder / "lib" / "a.sieve").write_text('include "a";')
    assert "includes itself" in engine_of({"rcpt": 'include "a";'}).run("rcpt", Facts({})).error


def test_tables_are_read_again_too(engine_of, tmp_path):
    path = tmp_path / "table"
    path.write_text("x\n")
    script = f'if lookup :table "t" "new" {{ {REFUSE % "found"} }}'
    engine = engine_of({"rcpt": script}, tables=[TableSettings("t", "file", path=path)])
    path.write_text("new\n")
    engine.reload()
    assert told(engine) == "found"
    assert path in engine.paths()


def test_the_watch_reloads_by_itself(engine_of, folder):
    engine = engine_of({"rcpt": REFUSE % "old"})
    watch = engine.watch(0.01)
    try:
        (folder / "rcpt.sieve").write_text(REFUSE % "newer")
        with tasks.timeout(5):
            while told(engine) != "newer":
                tasks.breathe()
    finally:
        watch.cancel()


# Stored code


def test_compiled_code_is_stored_and_used(engine_of, tmp_path):
    cache = tmp_path / "cache"
    engine_of({"rcpt": REFUSE % "x"}, cache=cache)
    stored = {path: path.stat().st_mtime_ns for path in cache.glob("*.code")}
    assert len(stored) == len(STAGES)
    assert told(engine_of(cache=cache)) == "x"
    assert {path: path.stat().st_mtime_ns for path in cache.glob("*.code")} == stored
    assert cache.stat().st_mode & 0o777 == 0o700


def test_code_that_others_could_have_written_is_not_used(engine_of, tmp_path):
    cache = tmp_path / "cache"
    engine_of(cache=cache)
    for path in cache.glob("*.code"):
        path.chmod(0o666)
        path.write_bytes(b"not ours")
    assert engine_of(cache=cache).run("dsn", Facts({})).error is None


def test_code_that_passed_other_checks_is_not_used(engine_of, tmp_path):
    script = f'if lookup :table "t" "x" {{ {REFUSE % "x"} }}'
    engine_of({"rcpt": script}, cache=tmp_path / "cache", tables=[TableSettings("t", "memory")])
    with pytest.raises(Invalid, match="there is no table 't'"):
        engine_of(cache=tmp_path / "cache")


# Failures

FAILS = 'param "%s" "${env.stage}";'
ENDLESS = "".join('if string "x" "y" { stop; }\n' for _ in range(20))


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt", "data", "route"])
def test_a_script_that_fails_refuses_for_now(engine_of, stage):
    parameter = {"mail": "delay", "connect": "delay", "rcpt": "relay", "data": "priority", "route": "mx.max"}[stage]
    decision = engine_of({stage: "\n" + FAILS % parameter}).run(stage, Facts({"stage": "x"}))
    assert decision.verdict == "reply"
    assert str(decision.reply).startswith("451 4.3.0 ")
    assert (decision.script, decision.line) == (f"{stage}.sieve", 2)
    assert decision.params == STAGES[stage].initial
    assert dict(decision.facts_read) == {"stage": ("x",)}


def test_a_failing_deliver_script_defers(engine_of):
    decision = engine_of({"deliver": FAILS % "over_quota"}).run("deliver", Facts({"stage": "x"}))
    assert str(decision.reply).startswith("451 4.3.0 ")


@pytest.mark.parametrize("stage", ["retry", "dsn"])
def test_at_the_end_of_a_mails_way_a_failing_script_changes_nothing(engine_of, stage):
    parameter = {"retry": "in", "dsn": "send"}[stage]
    decision = engine_of({stage: FAILS % parameter}).run(stage, Facts({"stage": "x"}))
    assert (decision.verdict, decision.reply, decision.params) == ("accept", None, STAGES[stage].initial)
    assert "parameter" in decision.error


def test_an_endless_script_ends(engine_of, folder):
    for level in range(6):
        (folder / "lib" / f"l{level}.sieve").write_text(f'include "l{level + 1}";\n' * 6)
    (folder / "lib" / "l6.sieve").write_text(ENDLESS)
    decision = engine_of({"mail": 'include "l0";'}).run("mail", Facts({}))
    assert decision.verdict == "reply"
    assert "too many scripts included" in decision.error


def test_a_fact_that_nobody_can_tell_now_refuses_for_now(engine_of):
    def down():
        raise StateUnavailable("the directory does not answer")

    decision = engine_of({"rcpt": '\nif environment "rcpt.exists" "no" { discard; }'}).run(
        "rcpt", Facts({"rcpt.exists": down})
    )
    assert decision.error == "the directory does not answer"
    assert str(decision.reply).startswith("451 4.3.0 ")


# Log and metrics


def test_a_decision_is_one_line_with_all_that_led_to_it(engine_of, caplog):
    engine = engine_of({"rcpt": f'\nif environment "rcpt.exists" "no" {{\n{REFUSE % "nobody there"}\n}}'})
    facts = Facts({"rcpt.exists": lambda: "no", "rcpt": "never read"})
    with caplog.at_level(logging.INFO, "maillog"):
        decision = engine.run("rcpt", facts, session_id="s1", queue_id="q1")
    (record,) = caplog.records
    assert record.getMessage() == (
        'decided session=s1 queue=q1 stage=rcpt verdict=reply reply="550 5.7.1 nobody there"'
        f" script=rcpt.sieve:3 version={decision.version} rcpt.exists=no"
    )
    assert record.levelno == logging.INFO


def test_a_fact_that_was_empty_is_shown_as_read(engine_of, caplog):
    engine = engine_of({"mail": 'if environment "auth.account" "" { keep; }'})
    with caplog.at_level(logging.INFO, "maillog"):
        engine.run("mail", Facts({"auth.account": ""}))
    assert caplog.records[0].getMessage().endswith(" auth.account=-")


def test_an_error_is_logged_as_such_with_its_place(engine_of, caplog):
    with caplog.at_level(logging.INFO, "maillog"):
        engine_of({"mail": "\n" + FAILS % "delay"}).run("mail", Facts({"stage": "x"}))
    (record,) = caplog.records
    assert record.levelno >= logging.WARNING
    assert "script=mail.sieve:2" in record.getMessage()
    assert "error=" in record.getMessage()


def test_the_ids_of_whoever_works_already_stay(engine_of, caplog):
    engine = engine_of()
    with caplog.at_level(logging.INFO, "maillog"), contextids.bound(session="outer", queue="q"):
        engine.run("dsn", Facts({}))
        assert contextids.session_id() == "outer"
    assert "session=outer queue=q" in caplog.records[0].getMessage()


def counted(name: str, **labels: str) -> float:
    wanted = "".join(f'{key}="{value}",' for key, value in labels.items()).rstrip(",")
    lines = [
        line
        for line in metrics.render().decode().splitlines()
        if line.startswith(f"stalwart_g_{name}_total{{{wanted}}}")
    ]
    return float(lines[0].split()[-1]) if lines else 0.0


def test_decisions_errors_and_broken_scripts_are_counted(engine_of, folder):
    engine = engine_of({"mail": FAILS % "delay", "rcpt": "discard;"})
    before = counted("policy_decisions", stage="rcpt", verdict="discard")
    engine.run("rcpt", Facts({}))
    assert counted("policy_decisions", stage="rcpt", verdict="discard") == before + 1
    before = counted("policy_errors", stage="mail")
    engine.run("mail", Facts({"stage": "x"}))
    assert counted("policy_errors", stage="mail") == before + 1
    before = counted("policy_invalid", stage="rcpt")
    (folder / "rcpt.sieve").write_text("kepp;")
    engine.reload()
    assert counted("policy_invalid", stage="rcpt") == before + 1
