from __future__ import annotations

from weakref import ref

import pytest

from sieve import TRUSTED, Host, compile_text
from sieve.limits import USER_LIMITS
from sieve.message import Overlay, parse
from sieve.runtime import Run

MESSAGE = parse(b"To: bob@example.com\r\nX-One: 1\r\nx-two: 2\r\nX-ONE: 3\r\n\r\n")


@pytest.fixture
def run() -> Run:
    return Run(Overlay(MESSAGE), Host(), USER_LIMITS)


def test_fields_of_several_names_come_in_the_order_of_the_message(run: Run) -> None:
    assert [field.text for field in run.fields(["X-Two", "x-one"])] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("index", "last", "found"), [(1, False, ["1"]), (1, True, ["3"]), (3, False, []), (0, False, [])]
)
def test_an_index_counts_fields_from_either_end(run: Run, index: int, last: bool, found: list[str]) -> None:
    assert [field.text for field in run.fields(["x-one"], index, last=last)] == found


def test_the_names_that_are_there_follow_the_message(run: Run) -> None:
    there = run.there()
    run.message.delete_fields("X-One")
    run.message.add_field("X-New", "4")
    run.edited()
    assert there == {"to", "x-two", "x-new"}


def test_a_test_sees_what_the_script_has_just_added_and_deleted() -> None:
    source = """
        require ["editheader", "fileinto"];
        if header :contains "x-new" "" { fileinto "early"; }
        addheader "X-New" "here";
        deleteheader "X-One";
        if header :contains "x-new" "here" { fileinto "added"; }
        if header :contains "x-one" "" { fileinto "left over"; }
    """
    result = compile_text(source).run(MESSAGE, Host())
    assert [str(action) for action in result.actions] == ['fileinto "added"']


def test_nothing_that_a_run_has_made_refers_back_to_it() -> None:
    run = Run(Overlay(MESSAGE), Host(), USER_LIMITS)
    compile_text('if header :contains "to" "bob" { keep; }').code(run)
    over = ref(run)
    del run
    assert over() is None


@pytest.mark.parametrize("octets", [b"", b"\r\nbody", b"A: 1\r\nB: 2\r\n\r\n"])
@pytest.mark.parametrize("name", ["", "a\\nb", "\\n"])
def test_what_is_no_name_names_no_field(octets: bytes, name: str) -> None:
    source = (
        f'set "name" "{name}"; if header :contains "${{name}}" "" {{ discard; }} if exists "${{name}}" {{ discard; }}'
    )
    result = compile_text(source, dialect=TRUSTED).run(parse(octets), Host())
    assert (result.error, [str(action) for action in result.actions]) == (None, ["implicit keep"])
