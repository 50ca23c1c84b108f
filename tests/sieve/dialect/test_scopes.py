"""Variables: typed, and as long as the block that gave them their first value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sieve.errors import Finding

Run = Callable[..., Any]
Faults = Callable[..., list[Finding]]


def test_let_keeps_the_type(run: Run) -> None:
    variables = run('let "a" "1"; let "b" "1.5"; let "c" "\'1\'"; let "d" "[1]";').variables
    assert variables == {"a": 1, "b": 1.5, "c": "1", "d": (1,)}
    assert [type(each) for each in variables.values()] == [int, float, str, tuple]


def test_set_reads_a_number_only_if_it_would_be_spelled_the_same(run: Run) -> None:
    script = 'set "a" "1"; set "b" "1.5"; set "c" "007"; set "d" "1.50"; set "e" "."; set "f" "-1"; set "g" "1e3";'
    assert list(run(script).variables.values()) == [1, 1.5, "007", "1.50", ".", "-1", "1e3"]


def test_set_with_references_makes_text(run: Run) -> None:
    assert run('let "a" "5"; set "b" "${a}";').variables["b"] == "5"


def test_modifiers_see_text(run: Run) -> None:
    assert run('set :length "a" "123";').variables["a"] == "3"


def test_replace_changes_every_occurrence_literally(run: Run) -> None:
    assert run('set :replace "a" "bb" "x" "banana"; ').variables["x"] == "bbbnbbnbb"
    assert run('set :upper :replace "A" "." "x" "banana"; ').variables["x"] == "B.N.N."
    assert run('set :replace "" "." "x" "ab"; ').variables["x"] == "ab"


def test_a_value_in_a_string_is_spelled(run: Run) -> None:
    script = (
        'let "f" "5.0"; let "a" "[1, [2], \'x\']"; set "s" "${f}|${a}|${header.x-twice[*]}|${env.spf.result}|${no}";'
    )
    assert run(script).variables["s"] == "5|1\r\nx|first\r\nsecond|pass|"


def test_a_name_means_the_same_in_any_case(run: Run) -> None:
    assert run('let "Abc" "1"; let "d" "aBC + 1"; set "e" "${ABC}";').variables == {"abc": 1, "d": 2, "e": "1"}


def test_a_block_changes_the_variable_around_it(run: Run) -> None:
    assert run('let "a" "1"; if true { let "a" "2"; } let "b" "a";').variables["b"] == 2


def test_a_variable_ends_with_its_block(faults: Faults) -> None:
    (finding,) = faults('if true {\n  let "a" "1";\n}\nlet "b" "a";')
    assert finding.position == (4, 10)
    assert finding.hint == "it was set in a block (line 2) and ended with it: give it a value before that block"


def test_in_strings_too(faults: Faults) -> None:
    (finding,) = faults('if true { set "a" "1"; }\nset "b" "x${a}";')
    assert finding.message == "the variable 'a' ended with the block in line 1"


def test_a_name_may_be_used_again_after_its_block(run: Run) -> None:
    assert run('if true { let "a" "1"; } let "a" "2"; let "b" "a";').variables["b"] == 2


def test_local_declares_for_the_whole_script(run: Run) -> None:
    assert run('if true { set :local "a" "1"; } let "b" "a";').variables["b"] == 1
    assert run('if false { set :local "a" "1"; } let "b" "a";').variables["b"] == ""


def test_global_names_are_there_everywhere(run: Run) -> None:
    ran = run('if true { let "t.a" "1"; } let "b" "global.a + t.a"; global "c"; let "c" "5"; let "d" "t.c";')
    assert (ran.variables["b"], ran.variables["d"]) == (2, 5)
    assert ran.tags == {"a": 1, "c": 5}


def test_var_names_are_those_of_the_globals_that_were_set(run: Run) -> None:
    ran = run('let "t.SPAM" "1"; if false { let "t.HAM" "1"; } set "global.x" ""; let "l" "1"; let "n" "var_names()";')
    assert ran.variables["n"] == ("SPAM", "X")


def test_globals_are_shared_with_included_scripts(run: Run, world: Any) -> None:
    host = world(scripts={"lib": 'let "t.b" "t.a + 1"; let "own" "1";'})
    ran = run('let "t.a" "1"; include :global "lib"; let "c" "t.b";', world=host)
    assert ran.variables == {"c": 2}


def test_the_envelope_can_be_changed_and_is_read_as_changed(run: Run) -> None:
    ran = run('set "envelope.from" "x@example.org"; let "envelope.to" "\'y@\' + \'z\'"; let "a" "envelope.from";')
    assert ran.actions == [
        'set envelope from "x@example.org"',
        'set envelope to "y@z"',
        "implicit keep",
    ]
    assert ran.variables["a"] == "x@example.org"


def test_an_envelope_that_makes_no_sense_is_left_out_and_noted(run: Run) -> None:
    ran = run('set "envelope.to" "nobody"; set "envelope.by_mode" "X"; let "a" "envelope.to";', traced=True)
    assert ran.actions == ["implicit keep"]
    assert [step.text for step in ran.run.trace.steps if step.op == "note"] == [
        "envelope.to cannot be 'nobody'",
        "envelope.by_mode cannot be 'X'",
    ]


def test_control_characters_can_be_written_in_strings(run: Run) -> None:
    assert run('set "a" "x\\r\\n\\ty\\q\\\\n";').variables["a"] == "x\r\n\tyq\\n"
