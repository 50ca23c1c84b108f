from __future__ import annotations

import pytest

from stalwart_g.policy.schemas import LATER, STAGES

TYPES = {"str", "int", "bool", "ip", "time", "list"}


def test_the_stages_stand_in_the_order_of_a_mails_way():
    assert list(STAGES) == ["connect", "ehlo", "auth", "mail", "rcpt", "data", "route", "retry", "deliver", "dsn"]
    assert not set(LATER) & STAGES.keys()


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_facts_have_types_and_are_there_once(stage):
    assert {fact.type for fact in stage.facts} <= TYPES
    assert len({fact.name for fact in stage.facts}) == len(stage.facts)


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_initial_values_are_such_as_scripts_could_set(stage):
    for parameter in stage.parameters:
        if parameter.initial is not None:
            text = ("1" if parameter.initial else "") if isinstance(parameter.initial, bool) else str(parameter.initial)
            assert parameter.kind.read((text,), {}) == parameter.initial


@pytest.mark.parametrize(("stage", "fact"), [("rcpt", "client.ip"), ("data", "sender"), ("retry", "sts.mode")])
def test_a_stage_sees_the_facts_of_earlier_ones(stage, fact):
    assert fact in STAGES[stage].sees


@pytest.mark.parametrize(("stage", "fact"), [("mail", "rcpt"), ("connect", "helo.name"), ("route", "attempt.age")])
def test_a_stage_does_not_see_facts_of_later_ones(stage, fact):
    assert fact not in STAGES[stage].sees


def test_the_queue_keeps_some_facts_of_the_session_and_loses_others():
    assert {"client.ip", "sender", "rcpt", "auth.account", "helo.name"} <= STAGES["route"].sees.keys()
    assert {"client.ptr", "dkim.result", "rcpt.exists"} <= set(STAGES["route"].lost)


def test_a_report_is_about_several_recipients_so_that_it_has_no_fact_of_one():
    assert not any(name.startswith("rcpt") for name in STAGES["dsn"].sees)


def test_final_stages_go_on_when_their_script_fails():
    assert {name for name, stage in STAGES.items() if stage.on_error == "proceed"} == {"retry", "dsn"}
