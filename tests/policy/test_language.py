"""The checks of the language (findings.toml), and what each action and test does when it runs."""

from __future__ import annotations

import logging
import sqlite3
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import CompileError, compile_text
from sieve.message import parse
from stalwart_g.green.state import MemoryState
from stalwart_g.model.address import NULL, Address
from stalwart_g.policy.decision import EnvelopeEdit
from stalwart_g.policy.engine import EngineSettings, PolicyEngine
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.language import dialect_of, explained
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.slots import Slots
from stalwart_g.policy.sources import packaged
from stalwart_g.policy.tables import TableSettings, open_tables

FINDINGS = tomllib.loads((Path(__file__).parent / "findings.toml").read_text("utf-8"))
LOCAL = Address("b", "x.example")


@pytest.mark.parametrize("case", FINDINGS.values(), ids=FINDINGS)
def test_a_script_that_makes_no_sense_is_told_why(case):
    dialect = dialect_of(STAGES[case["stage"]], ["partners"], {"remote": ["partner"]})
    with pytest.raises(CompileError) as error:
        compile_text(case["script"], "x.sieve", dialect)
    (finding,) = explained(error.value).findings
    assert f"{finding.position.line}:{finding.position.column}" == case["at"]
    assert case["says"] in str(finding)
    assert finding.source_line == case["script"]


@pytest.fixture
def run(engine_of):
    """Runs a script in a stage: the decision."""

    def run(stage, script, facts=None, *, message=None, notes=None, slots=None, **engine):
        made = engine_of({stage: script}, **engine)
        return made.run(stage, Facts(facts or {}), message=message, notes=notes, slots=slots)

    return run


def test_a_script_that_says_nothing_accepts(run):
    decision = run("mail", "")
    assert (decision.verdict, decision.error, decision.line) == ("accept", None, 0)


# reply, reject, discard, hold


def test_reply_refuses_and_ends_the_script(run):
    decision = run("rcpt", 'reply :code 550 :status "5.7.1" "no";\nparam "relay" "1";')
    assert decision.verdict == "reply"
    assert str(decision.reply) == "550 5.7.1 no"
    assert decision.params["relay"] is False
    assert (decision.script, decision.line, decision.close) == ("rcpt.sieve", 1, False)


@pytest.mark.parametrize("words", [':code 421 :status "4.7.0"', ':code 550 :status "5.7.1" :close'])
def test_a_reply_may_be_the_last_word(run, words):
    assert run("connect", f'reply {words} "x";').close


def test_what_the_network_said_cannot_break_the_line_of_a_reply(run):
    decision = run(
        "ehlo", 'reply :code 550 :status "5.7.1" "no ${env.helo.name}";', {"helo.name": "a\r\n250 " + "é" * 500}
    )
    text = decision.reply.text
    assert text.isprintable()
    assert len(text.encode()) <= 400


def test_a_status_that_contradicts_the_code_at_run_time_is_an_error(run):
    decision = run("route", 'reply :code 451 :status "${env.attempt.error}" "x";', {"attempt.error": "5.1.1"})
    assert "contradict" in decision.error
    assert str(decision.reply).startswith("451 4.3.0")


@pytest.mark.parametrize("command", ["reject", "ereject"])
@pytest.mark.parametrize("stage", ["data", "deliver"])
def test_reject_is_a_reply(run, stage, command):
    decision = run(stage, f'{command} "no\\r\\nthanks";')
    assert decision.verdict == "reply"
    assert (decision.reply.code, decision.reply.enhanced_code) == (550, "5.7.1")
    assert decision.reply.text.isprintable()


@pytest.mark.parametrize("stage", ["rcpt", "data", "deliver"])
def test_discard_discards_unless_the_mail_is_kept_too(run, stage):
    decision = run(stage, 'set "x" "";\ndiscard;\nlog "x";')
    assert (decision.verdict, decision.line) == ("discard", 2)
    assert run(stage, "discard; keep;").verdict == "accept"


def test_hold_keeps_until_a_time(run):
    decision = run("data", 'hold :until "${env.mail.holduntil}" "later";', {"mail.holduntil": 1_900_000_000})
    assert (decision.verdict, decision.hold_reason, decision.hold_until) == ("hold", "later", 1_900_000_000.0)
    assert run("route", 'hold "look at it";').hold_until is None


def test_hold_until_no_time_is_an_error(run):
    assert "is no time" in run("data", 'hold :until "${env.msg.id}" "x";', {"msg.id": "soon"}).error


def test_a_refusal_outweighs_what_was_decided_before(run):
    decision = run("data", 'hold "x"; setenvelope "ret" "HDRS"; reply :code 550 :status "5.7.1" "no";')
    assert decision.verdict == "reply"
    assert not decision.envelope_edits


# setenvelope, redirect


@pytest.mark.parametrize(
    ("stage", "command", "edit"),
    [
        ("mail", '"from" "<A@X.example>"', EnvelopeEdit("from", addresses=(Address("A", "x.example"),))),
        ("mail", '"from" ""', EnvelopeEdit("from", addresses=(NULL,))),
        ("mail", '"ret" "full"', EnvelopeEdit("ret", text="FULL")),
        ("mail", '"envid" "id 1"', EnvelopeEdit("envid", text="id 1")),
        ("mail", '"by" "3600;RT"', EnvelopeEdit("by", text="RT", number=3600)),
        ("mail", '"priority" "-3"', EnvelopeEdit("priority", number=-3)),
        ("mail", '"holduntil" "1900000000"', EnvelopeEdit("holduntil", number=1_900_000_000)),
        (
            "rcpt",
            '"to" ["a@x.example", "b@x.example"]',
            EnvelopeEdit("to", addresses=(Address("a", "x.example"), LOCAL)),
        ),
        ("rcpt", '"notify" "success,delay"', EnvelopeEdit("notify", words=("SUCCESS", "DELAY"))),
        ("rcpt", '"notify" "NEVER"', EnvelopeEdit("notify", words=("NEVER",))),
        ("rcpt", '"orcpt" "rfc822;a@x.example"', EnvelopeEdit("orcpt", text="rfc822;a@x.example")),
        ("data", ':add "to" "b@x.example"', EnvelopeEdit("to", "add", (LOCAL,))),
        ("data", ':remove "to" "b@x.example"', EnvelopeEdit("to", "remove", (LOCAL,))),
    ],
)
def test_the_envelope_changes(run, stage, command, edit):
    decision = run(stage, f"setenvelope {command};")
    assert (decision.verdict, decision.envelope_edits, decision.error) == ("accept", (edit,), None)


@pytest.mark.parametrize("value", ["nobody", "a@b@@c", "a b@x.example", "x" * 300 + "@x.example", "a@x\r\n.example"])
def test_a_path_that_smtp_would_not_take_is_an_error(run, value):
    decision = run("rcpt", 'setenvelope "to" "${env.rcpt.orcpt}";', {"rcpt.orcpt": value})
    assert decision.error
    assert decision.verdict == "reply"


def test_redirect_at_data_replaces_the_recipients_and_copy_adds_one(run):
    (edit,) = run("data", 'redirect "b@x.example";').envelope_edits
    assert edit == EnvelopeEdit("to", "set", (LOCAL,))
    (edit,) = run("data", 'redirect :copy "b@x.example";').envelope_edits
    assert edit == EnvelopeEdit("to", "add", (LOCAL,))
    assert [e.operation for e in run("data", 'redirect "b@x.example"; redirect "c@x.example";').envelope_edits] == [
        "set",
        "add",
    ]


def test_actions_at_deliver_are_handed_on(run):
    decision = run("deliver", 'addflag "$a"; fileinto :create "Lists"; redirect :copy "b@x.example";')
    assert [action.name for action in decision.actions] == ["store", "redirect"]
    assert decision.actions[0].flags == ("$a",)
    assert [action.implicit for action in run("deliver", "").actions] == [True]


# param


def test_parameters_are_typed_and_the_last_value_counts(run):
    decision = run("ehlo", 'param "size" "1M"; param "size" "2M"; param "auth.mechanisms" ["plain", "login"];')
    assert decision.params["size"] == 2 << 20
    assert decision.params["auth.mechanisms"] == ("PLAIN", "LOGIN")


def test_parameters_that_nobody_set_have_their_initial_value_or_are_absent(run):
    params = run("route", "").params
    assert params["tls.level"] == "may"
    assert "mx.max" not in params


def test_a_parameter_out_of_bounds_at_run_time_is_an_error(run):
    decision = run("connect", 'param "delay" "${env.client.conns}";', {"client.conns": 61})
    assert decision.error == "parameter 'delay' must be from 0 to 60, not 61"


# note, log


def test_notes_travel_to_later_stages(engine_of):
    engine = engine_of(
        {
            "connect": 'note :session "Who" "friend";',
            "mail": 'note "seen" "${session.who}";',
            "dsn": 'if string "${txn.seen}" "friend" { param "send" ""; }',
        }
    )
    notes = Notes()
    engine.run("connect", Facts({}), notes=notes)
    engine.run("mail", Facts({}), notes=notes)
    assert notes.transaction == {"seen": "friend"}
    assert engine.run("dsn", Facts({}), notes=dict(notes.transaction)).params["send"] is False


def test_too_long_a_note_is_an_error(run):
    assert "larger than 4096 octets" in run("mail", 'note "x" "${env.sender}";', {"sender": "x" * 4096}).error


def test_log_writes_a_line_with_its_place(run, caplog):
    with caplog.at_level(logging.INFO, "maillog"):
        run("mail", '\nlog :level "warning" "from ${env.sender}";', {"sender": "a@b"})
    (record,) = [record for record in caplog.records if record.getMessage().startswith("script ")]
    assert record.levelno == logging.WARNING
    assert 'script=mail.sieve:2 text="from a@b"' in record.getMessage()


# limit, slot, remember, lookup

LIMIT = 'if not limit :key "k${env.client.ip}" :count 2 :period 60 %s { reply :code 451 :status "4.4.5" "slow"; }'


def test_limit_lets_so_many_through(engine_of):
    engine = engine_of({"connect": LIMIT % ""})
    verdicts = [engine.run("connect", Facts({"client.ip": "a"})).verdict for _ in range(3)]
    assert verdicts == ["accept", "accept", "reply"]
    assert engine.run("connect", Facts({"client.ip": "b"})).verdict == "accept"


def test_limit_peek_counts_nothing_and_cost_counts_more(engine_of):
    engine = engine_of({"connect": LIMIT % ":peek", "ehlo": LIMIT % ":cost 2"})
    assert {engine.run("connect", Facts({})).verdict for _ in range(5)} == {"accept"}
    assert [engine.run("ehlo", Facts({})).verdict for _ in range(2)] == ["accept", "reply"]


SLOT = 'if not slot :key "k" :max 1 { reply :code 421 :status "4.7.0" "busy"; }'


def test_slots_last_until_the_caller_releases_them(engine_of):
    state = MemoryState()
    engine = engine_of({"connect": SLOT}, state=state)
    first, second = Slots(state), Slots(state)
    assert engine.run("connect", Facts({}), slots=first).verdict == "accept"
    assert engine.run("connect", Facts({}), slots=second).verdict == "reply"
    first.release("session")
    assert engine.run("connect", Facts({}), slots=second).verdict == "accept"


def test_without_a_holder_slots_last_as_long_as_the_run(engine_of):
    engine = engine_of({"connect": SLOT})
    assert [engine.run("connect", Facts({})).verdict for _ in range(2)] == ["accept", "accept"]


REMEMBER = """
if remember :table "t" :ttl 60 :age "age" "${env.sender}" { note "age" "${age}"; } else { note "new" "1"; }
"""


def test_remember_knows_the_second_time_and_how_long(engine_of):
    now = [1000.0]
    engine = engine_of({"mail": REMEMBER}, state=MemoryState(lambda: now[0]))
    first, second = Notes(), Notes()
    engine.run("mail", Facts({"sender": "a"}), notes=first)
    now[0] += 7.9
    engine.run("mail", Facts({"sender": "a"}), notes=second)
    assert (first.transaction, second.transaction) == ({"new": "1"}, {"age": "7"})


LOOKUP = """
if lookup :table "t" :value "v" ["${env.rcpt}", "@${env.rcpt.domain}"] { note "found" "${v}"; }
note "error" "${lookup.error}";
"""


@pytest.mark.parametrize(("rcpt", "notes"), [("a@x", {"found": "one"}), ("b@x", {"found": "all"}), ("b@y", {})])
def test_lookup_finds_the_first_key_that_is_there(run, rcpt, notes):
    table = TableSettings("t", "memory", {"a@x": "one", "@x": "all"})
    found = Notes()
    run("rcpt", LOOKUP, {"rcpt": rcpt, "rcpt.domain": rcpt[2:]}, tables=[table], notes=found)
    assert found.transaction == notes


def test_lookup_knows_when_nobody_can_tell(run, tmp_path):
    found = Notes()
    table = TableSettings("t", "file", path=tmp_path / "missing")
    decision = run("rcpt", LOOKUP, {"rcpt": "a"}, tables=[table], notes=found)
    assert decision.error is None
    assert "missing" in found.transaction["error"]


def test_lookups_are_counted(run):
    keys = ", ".join(f'"{number}"' for number in range(31))
    decision = run("rcpt", f'if lookup :table "t" [{keys}] {{ stop; }}', tables=[TableSettings("t", "memory")])
    assert "limit of 30 lookups" in decision.error


# environment

LISTS = {"account.groups": ["admins", "staff"], "rcpt.notify": []}


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ('environment "account.groups" "staff"', True),
        ('environment "account.groups" "admins staff"', False),
        ('environment :contains "account.groups" "dmi"', True),
        ('environment :count "eq" :comparator "i;ascii-numeric" "account.groups" "2"', True),
        ('environment :count "eq" :comparator "i;ascii-numeric" "rcpt.notify" "0"', True),
        ('environment "rcpt.notify" ""', True),
        ('environment "rcpt.orcpt" ""', True),
        ('environment "vnd.stalwart_g.helo.name" "MX.example"', True),
        ('environment "remote-ip" "192.0.2.1"', True),
        ('environment "remote-host" "${env.client.ptr}"', True),
        ('environment :value "ge" :comparator "i;ascii-numeric" "rcpts.count" "10"', True),
        ('string "${env.account.groups}" "admins staff"', True),
        ('string "${env.account.groups.count}" "2"', True),
        ('string "${env.rcpt.notify.count}" "0"', True),
        ('string "${env.rcpts.count}" "12"', True),
        ('environment "${env.stage}" "x"', False),
        ('environment "${env.helo.verb}.name" "mx.example"', True),
        ('envelope :domain "from" "Example.net"', True),
    ],
)
def test_facts_in_tests_and_strings(run, test, holds):
    facts = {
        **LISTS, "client.ip": "192.0.2.1", "helo.name": "mx.example", "helo.verb": "helo", "rcpts.count": 12,
        "stage": "rcpt", "sender": "a@example.net",
    }  # fmt: skip
    decision = run("rcpt", f"if {test} {{ discard; }}", facts)
    assert decision.error is None
    assert decision.verdict == ("discard" if holds else "accept")


def test_iprev_has_two_names(run):
    decision = run(
        "data", 'if environment "iprev.result" "fail" { hold "${env.iprev.result}"; }', {"client.iprev": "fail"}
    )
    assert decision.hold_reason == "fail"


def test_a_header_can_be_looked_at_where_there_is_a_message(run):
    message = parse(b"Subject: [x] y\r\n\r\nbody\r\n")
    assert run("data", 'if header :matches "subject" "[*]*" { hold "${1}"; }', message=message).hold_reason == "x"


ECHO = """
set "x" "${env.helo.name}";
log "${x}";
note "x" "${x}";
if allof (limit :key "${x}" :count 5 :period 60, remember :table "t" :ttl 60 "${x}") { stop; }
if lookup :table "t" "${x}" { stop; }
if lookup :table "sql" "${x}" { stop; }
reply :code 550 :status "5.7.1" "${x}";
"""


@given(name=st.text(st.characters(codec=None), max_size=300))
@settings(max_examples=50, deadline=None)
def test_whatever_the_network_says_a_decision_comes_out(echo, name):
    decision = echo.run("ehlo", Facts({"helo.name": name}))
    assert decision.error is None
    if decision.reply:
        assert decision.reply.encode().count(b"\r\n") == 1


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("policy")
    (folder / "ehlo.sieve").write_text(ECHO)
    path = folder / "t.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (k TEXT)")
    sql = TableSettings("sql", "sql", query="SELECT k FROM t WHERE k = ?", database=f"sqlite://{path}")
    tables = open_tables([TableSettings("t", "memory"), sql])
    yield PolicyEngine(EngineSettings(folder, packaged()), tables, MemoryState())
    tables.close()
