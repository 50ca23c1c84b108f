from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator

import pytest

from sieve import USER, CompileError, Dialect, Host, Limits, Result, Script, cache_key, compile_text, load_script
from sieve.actions import Discard, FileInto, Keep, Redirect, Reject, stores
from sieve.extensions import ALL
from sieve.message import parse
from sieve.runtime import Run
from sieve.spec import Extension, Param

Decide = Callable[..., Result]
MESSAGE = b"From: ann@example.org\r\nTo: bob@example.com\r\nSubject: [ops] Disk full on web-1\r\n\r\nIt is full.\r\n"


class TimedHost(Host):
    """Its clock shows the given times, one after the other."""

    def __init__(self, *seconds: float) -> None:
        self.clock: Iterator[float] = iter(seconds)
        self.breaths = 0

    def cpu_seconds(self) -> float:
        return next(self.clock)

    def breathe(self) -> None:
        self.breaths += 1


def named(result: Result) -> list[str]:
    return [str(action) for action in result.actions]


def test_the_empty_script_keeps(decide: Decide) -> None:
    assert decide("").actions == (Keep(implicit=True),)


def test_actions_come_in_order_each_with_its_line(decide: Decide) -> None:
    result = decide('require "fileinto";\nfileinto "a";\n\nredirect "x@example.org"; keep;')
    assert result.actions == (FileInto(mailbox="a"), Redirect(address="x@example.org"), Keep())
    assert [action.position for action in result.actions] == [("test", 2), ("test", 4), ("test", 4)]


def test_copy_leaves_the_implicit_keep(decide: Decide) -> None:
    assert named(decide('require ["fileinto", "copy"]; fileinto :copy "a";')) == ['fileinto "a"', "implicit keep"]


def test_discard_cancels_the_implicit_keep_only(decide: Decide) -> None:
    assert decide("discard;").actions == (Discard(),)
    assert decide("keep; discard;").actions == (Keep(), Discard())


@pytest.mark.parametrize(
    "script", ['keep; reject "x";', 'reject "x"; keep;', 'reject "x"; ereject "y";', 'reject "x"; redirect "a@b.c";']
)
def test_what_does_not_go_together_is_an_error_that_keeps_the_original(decide: Decide, script: str) -> None:
    result = decide('require ["reject", "ereject"];\n' + script)
    assert result.error is not None
    assert "is not possible after" in str(result.error)
    assert result.error.place[:2] == ("test", 2)
    assert result.actions == (Keep(implicit=True),)


def test_discard_and_reject_go_together(decide: Decide) -> None:
    assert decide('require "reject"; discard; reject "x";').actions == (Discard(), Reject(reason="x"))


@pytest.mark.parametrize(
    ("command", "count", "words"),
    [
        ('fileinto "f";', 33, "total number of actions exceeds policy limit"),
        ('redirect "a@b.c";', 5, "number of redirect actions exceeds policy limit"),
    ],
)
def test_actions_have_limits(decide: Decide, command: str, count: int, words: str) -> None:
    assert decide('require "fileinto";' + command * (count - 1)).error is None
    assert words in str(decide('require "fileinto";' + command * count).error)


def test_stop_ends_the_script(decide: Decide) -> None:
    assert decide("if true { stop; } discard;").actions == (Keep(implicit=True),)


def test_the_first_branch_that_holds_is_taken(decide: Decide) -> None:
    script = (
        'require "fileinto"; if false { keep; } elsif true { fileinto "b"; } elsif true { keep; } else { discard; }'
    )
    assert decide(script).actions == (FileInto(mailbox="b"),)


@pytest.mark.parametrize("taken", [0, 49, 50, 51, 299, 300])
def test_a_chain_of_any_length_works(decide: Decide, taken: int) -> None:
    names = [f'size :over {0 if n == taken else "1M"} {{ fileinto "f{n}"; }}' for n in range(300)]
    script = 'require "fileinto"; if ' + " elsif ".join(names) + " else { discard; }"
    assert decide(script).actions == ((FileInto(mailbox=f"f{taken}") if taken < 300 else Discard()),)


def test_tests_are_evaluated_from_left_to_right_and_no_further_than_needed(decide: Decide) -> None:
    script = """require ["variables", "fileinto"];
    if anyof (string :matches "a" "?", string :matches "b" "?") { fileinto "${1}"; }
    if allof (string :matches "c" "x?", string :matches "d" "?") { keep; }
    fileinto "${0}";"""
    assert named(decide(script)) == ['fileinto "a"', 'fileinto "a"']


def test_one_store_for_each_mailbox_and_the_last_flags_win() -> None:
    actions = [Keep(flags=("a",)), FileInto(mailbox="x"), FileInto(mailbox="inbox", flags=("b",)), Discard()]
    assert stores(actions) == [FileInto(mailbox="INBOX", flags=("b",)), FileInto(mailbox="x")]


# -- budget

LOOP = Extension("loop", "a test")


@LOOP.command(Param("times", "number"), block="for")
def repeat(run: Run, times: int) -> range:
    return range(times)


LOOPS = Dialect("loops", (*ALL, LOOP), requires_optional=True)


def test_each_command_and_test_costs_a_step(decide: Decide) -> None:
    assert decide("if allof (true, size :over 1) { keep; }").instructions == 3
    assert decide('repeat 10 { set "a" "b"; }', dialect=LOOPS).instructions == 11


def test_the_budget_ends_a_script_at_the_place_where_it_ran_out() -> None:
    script = compile_text('repeat 100000 {\n  set "a" "b"; }', "loop", LOOPS)
    result = script.run(parse(MESSAGE), Host(), limits=Limits(instructions=5000))
    assert "instructions" in str(result.error)
    assert result.error is not None
    assert result.error.place[:2] == ("loop", 2)
    assert result.instructions == 5000
    assert result.actions == (Keep(implicit=True),)


def test_a_script_that_runs_long_lets_others_work_and_ends_when_its_time_is_up() -> None:
    script = compile_text('repeat 100000 { set "a" "b"; }', "loop", LOOPS)
    host = TimedHost(0.0, 1.0, 2.0, 6.0)  # the first look, after some steps, begins the count
    assert "time limit of 5 seconds" in str(script.run(parse(MESSAGE), host).error)
    assert host.breaths == 3


def test_a_loop_inside_a_run_that_is_under_the_limit_ends_well(decide: Decide) -> None:
    assert decide('repeat 30000 { set "a" "${a}"; }', dialect=LOOPS).error is None


# -- errors

BROKEN = Extension("broken", "a test")


@BROKEN.test()
def breaks(run: Run) -> bool:
    raise OSError("store is gone")


def test_exceptions_of_the_host_pass_through_and_speak_of_the_script(tmp_path: object) -> None:
    script = compile_text(
        "keep;\nif anyof (false,\n  breaks) { keep; }", "my.sieve", Dialect("b", (*ALL, BROKEN), requires_optional=True)
    )
    with pytest.raises(OSError, match="store is gone") as caught:
        script.run(parse(MESSAGE), Host())
    assert 'File "my.sieve", line 3, in script\n    breaks) { keep; }' in "".join(
        traceback.format_exception(caught.value)
    )


def test_generated_code_has_no_builtins_and_strings_stay_strings(decide: Decide) -> None:
    script = compile_text('require ["fileinto"]; fileinto "\\"); import os #{x} \\\\";')
    assert script.code.__globals__["__builtins__"] == {}  # type: ignore[attr-defined]
    assert named(decide(script.source)) == ['fileinto ""); import os #{x} \\"']


# -- the cache

RULES = """require ["fileinto", "variables", "date", "relational", "comparator-i;ascii-numeric"];
require ["imap4flags", "environment"];
if header :matches "subject" "[*] *" { set :upper "tag" "${1}"; addflag ["a", "b"]; fileinto "L.${tag}"; }
if anyof (address :domain "to" ["example.com", "x"], date :zone "+0000" "date" "hour" "11") { fileinto "two"; }
if header :count "ge" :comparator "i;ascii-numeric" ["to", "from"] "2" { fileinto "three"; }
if environment :contains "name" "x" { keep; }
"""


def test_stored_code_decides_as_fresh_code_does() -> None:
    script = compile_text(RULES, "rules")
    loaded = load_script(script.marshal(), RULES, "rules")
    assert loaded is not None
    fresh, stored = (each.run(parse(MESSAGE), Host()).actions for each in (script, loaded))
    assert fresh == stored
    assert len(fresh) == 3
    assert str(loaded.run(parse(MESSAGE), Host(), traced=True).trace) == str(
        script.run(parse(MESSAGE), Host(), traced=True).trace
    )


@pytest.mark.parametrize("octets", [b"", b"rubbish", compile_text(RULES).marshal()[:-10]])
def test_stored_code_that_is_damaged_is_stale(octets: bytes) -> None:
    assert load_script(octets, RULES) is None


def test_stored_code_for_extensions_that_are_gone_is_stale() -> None:
    few = Dialect("few", ALL[:1])
    assert load_script(compile_text(RULES).marshal(), RULES, dialect=few) is None


def test_whatever_changes_the_code_changes_the_key() -> None:
    keys = {
        cache_key(RULES, "a"),
        cache_key(RULES, "b"),
        cache_key(RULES + " ", "a"),
        cache_key(RULES, "a", Dialect("other", ALL)),
        cache_key(RULES, "a", Dialect("user", ALL[:-1])),
    }
    assert len(keys) == 5


def test_the_same_text_is_compiled_once() -> None:
    assert compile_text("keep;", "same") is compile_text("keep;", "same")


def test_a_script_knows_its_name_and_hash() -> None:
    script = compile_text("keep;", "a")
    assert isinstance(script, Script)
    assert (script.name, script.source_hash[:8]) == ("a", script.source_hash[:8])
    assert len(script.source_hash) == 64


# -- trace


def test_a_trace_tells_lines_values_keys_captures_variables_and_actions(decide: Decide) -> None:
    script = """require ["fileinto", "variables"];
if header :matches "subject" ["x", "[*] *"] {
  set :upper "tag" "${1}";
  fileinto "L.${tag}";
} elsif header "x-no" "y" { keep; }
if not exists "x-no" { stop; }
"""
    trace = decide(script).trace
    assert trace is not None
    assert str(trace).splitlines() == [
        '   2  if header :matches "subject" ["[ops] Disk full on web-1"] with ["x", "[*] *"] -> yes'
        '  0="[ops] Disk full on web-1" 1="ops" 2="Disk full on web-1"',
        '   3    set :upper "tag" "${1}"',
        '   3      set tag <- "OPS"',
        '   4    fileinto "L.${tag}"',
        '   4      queued #1  fileinto "L.OPS", implicit keep off',
        '   6  if exists "x-no" -> no',
        "   6    stop",
    ]
    assert trace.lines("test") == {2, 3, 4, 6}
    assert trace.as_dicts()[0]["captures"] == ("[ops] Disk full on web-1", "ops", "Disk full on web-1")


def test_a_trace_ends_with_the_error(decide: Decide) -> None:
    trace = decide('require "reject"; keep;\nreject "x";').trace
    assert trace is not None
    assert trace.steps[-1].op == "error"
    assert trace.steps[-1].place.line == 2


def test_compile_errors_are_not_cached_as_scripts() -> None:
    for _ in range(2):
        with pytest.raises(CompileError):
            compile_text("kep;", "same", USER)
