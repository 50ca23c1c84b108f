"""Properties of edits of the header (RFC 5293)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import Host, compile_text
from sieve.extensions.editheader import ProtectedHeader
from sieve.message import parse

MAIL = b"From: ann@example.org\r\nSubject: hi\r\nX-A: 1\r\nX-A: 2\r\n\r\nbody \xff\r\n.\r\n"
ADD = compile_text(
    'require ["editheader", "variables", "environment"];'
    'if environment :matches "v" "*" { addheader :last "X-New" "${0}"; }'
)


class One(Host):
    """Knows one item."""

    def __init__(self, value: str) -> None:
        self.value = value

    def environment(self, name: str) -> str:
        return self.value


@settings(max_examples=200)
@given(value=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=300))
def test_any_value_comes_back(value):
    result = ADD.run(parse(MAIL), One(value))
    (found,) = parse(result.message.materialise()).header("X-New")
    assert found.split() == value.split()


@given(value=st.text(max_size=60))
def test_no_value_makes_another_field_or_changes_the_body(value):
    result = ADD.run(parse(MAIL), One(value))
    found = parse(result.message.materialise())
    assert [field.name for field in found.fields][:4] == ["From", "Subject", "X-A", "X-A"]
    assert len(found.fields) == (5 if result.error is None else 4)
    assert found.root.body == b"body \xff\r\n.\r\n"


def test_nothing_but_what_was_edited_changes():
    script = compile_text('require "editheader"; deleteheader :index 2 "x-a"; addheader "X-B" "b";')
    octets = script.run(parse(MAIL), Host()).message.materialise()
    assert octets == b"X-B: b\r\n" + MAIL.replace(b"X-A: 2\r\n", b"")


def test_nobody_is_asked_about_the_subject():
    class Strict(Host):
        def ask(self, question: object) -> object:
            return isinstance(question, ProtectedHeader)

    script = compile_text('require "editheader"; deleteheader "Subject"; addheader "X-B" "b";')
    assert parse(script.run(parse(MAIL), Strict()).message.materialise()).header("Subject") == []
    assert b"X-B" not in script.run(parse(MAIL), Strict()).message.materialise()


def test_the_trace_tells_of_edits():
    script = compile_text('require "editheader"; deleteheader "X-A"; deleteheader "Received"; addheader "X-B" "b";')
    trace = str(script.run(parse(MAIL), Host(), traced=True).trace)
    assert 'deleted 2 of "X-A"' in trace
    assert '"Received" may not be deleted' in trace
    assert 'added "X-B: b"' in trace
