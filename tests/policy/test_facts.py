from __future__ import annotations

import pytest

from stalwart_g.policy.facts import Facts


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("text", ("text",)),
        ("", ("",)),
        (True, ("1",)),
        (False, ("",)),
        (0, ("0",)),
        (-5, ("-5",)),
        (1.0, ("1",)),
        (0.5, ("0.5",)),
        (["a", "b"], ("a", "b")),
        ((), ("",)),
    ],
)
def test_values_have_one_text_form(value, texts):
    assert Facts({"x": value}).texts("x") == texts


def test_an_unknown_fact_is_empty():
    assert Facts({}).texts("x") == ("",)


def test_a_lazy_fact_is_found_out_once_for_all_later_stages():
    asked = []
    mail = Facts({"spf": lambda: asked.append(1) or "pass"})
    assert [Facts({}, mail).get("spf"), Facts({}, mail).get("spf"), mail.get("spf")] == ["pass"] * 3
    assert len(asked) == 1


def test_a_lazy_fact_that_failed_is_asked_again():
    answers = iter([OSError(), "yes"])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    facts = Facts({"x": ask})
    with pytest.raises(OSError):
        facts.get("x")
    assert facts.get("x") == "yes"


def test_a_later_stage_covers_what_an_earlier_one_said():
    assert Facts({"stage": "mail"}, Facts({"stage": "ehlo"})).get("stage") == "mail"


def test_the_values_given_are_not_changed():
    values = {"x": lambda: "found"}
    Facts(values).get("x")
    assert callable(values["x"])


def test_reads_are_remembered_in_order_and_once():
    facts = Facts({"a": 1, "b": lambda: True}, Facts({"c": "old"}))
    for name in ("b", "c", "b", "a"):
        facts.texts(name)
    assert list(facts.reads.items()) == [("b", ("1",)), ("c", ("old",)), ("a", ("1",))]
