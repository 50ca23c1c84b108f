"""Several files as one script: one set of variables, and every place in the file where it is."""

from __future__ import annotations

import pytest

from sieve import TRUSTED, CompileError, Host, Limits, Script, cache_key, compile_files, load_script
from sieve.message import parse

FILES = (
    ("config.sieve", 'let "limit" "3";\n'),
    ("rules.sieve", '# rules\nlet "n" "limit + 1";\nif eval "n > 3" {\n  discard;\n}'),
    ("end.sieve", "\n\nkeep;\n"),
)


def compiled() -> Script:
    return compile_files(FILES, "filter", TRUSTED)


def test_files_share_their_variables_and_actions_name_the_file() -> None:
    result = compiled().run(parse(b"\r\n"), Host())
    assert [str(action.place) for action in result.actions] == ["rules.sieve:4:3", "end.sieve:3:1"]


def test_a_trace_names_the_file() -> None:
    result = compiled().run(parse(b"\r\n"), Host(), traced=True)
    assert result.trace is not None
    assert result.trace.lines("rules.sieve") == {2, 3, 4}
    assert result.trace.lines("end.sieve") == {3}


def test_a_finding_names_the_file_and_quotes_its_line() -> None:
    files = (*FILES[:1], ("bad.sieve", '\nlet "a" "limit + nothing";'), ("worse.sieve", "keep"))
    with pytest.raises(CompileError) as caught:
        compile_files(files[:2], "filter", TRUSTED)
    (finding,) = caught.value.findings
    assert str(finding).startswith("bad.sieve:2:18: ")
    assert finding.source_line == 'let "a" "limit + nothing";'
    with pytest.raises(CompileError) as caught:
        compile_files([("a", "\nkeep keep;"), ("b", "stop stop;")], "filter", TRUSTED)
    assert [(each.name, each.position.line) for each in caught.value.findings] == [("a", 2), ("b", 1)]


def test_a_run_that_fails_names_the_file() -> None:
    script = compile_files([("a", 'let "a" "1";\n\n'), ("b", '\nwhile "a" { }')], "filter", TRUSTED)
    error = script.run(parse(b"\r\n"), Host(), limits=Limits(instructions=100)).error
    assert error is not None
    assert (error.place.name, error.place.line) == ("b", 2)


def test_stored_code_knows_the_files() -> None:
    script = compiled()
    loaded = load_script(script.marshal(), script.source, "filter", TRUSTED)
    assert loaded is not None
    result = loaded.run(parse(b"\r\n"), Host())
    assert [str(action.place) for action in result.actions] == ["rules.sieve:4:3", "end.sieve:3:1"]
    assert cache_key(script.source, "filter", TRUSTED)
