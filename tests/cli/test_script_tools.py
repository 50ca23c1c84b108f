"""The tools around scripts, as far as the server's program has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Put = Callable[[str, str], str]


@pytest.fixture
def file(tmp_path: Path) -> Put:
    """Writes a file; its path."""

    def write(name: str, content: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, newline="")
        return str(path)

    return write


def test_strict_takes_warnings_for_faults(run, file: Put) -> None:
    path = file("connect.sieve", "if true { stop; }\n")
    run("script", "check", "--trusted", path)
    refused = run("script", "check", "--trusted", "--strict", path, code=1)
    assert refused.stdout.splitlines()[-1] == f"{path}: 1 warning"


def test_fmt_brings_a_script_into_shape(run, file: Put) -> None:
    path = file("a.sieve", "if true{keep;}")
    run("script", "fmt", "--check", path, code=1)
    run("script", "fmt", path)
    assert Path(path).read_text() == "if true {\n    keep;\n}\n"


MESSAGE = "From: carol@remote.example\nTo: ann@example.org\nSubject: [ops] disk full\n\nbody\n"


def test_a_script_of_a_stage_is_tried_with_given_facts(run, ask, file: Put) -> None:
    script = 'if environment "rcpt.exists" "" { reply :code 550 :status "5.1.1" "no ${env.rcpt.local}"; }\n'
    paths = file("rcpt.sieve", script), file("1.eml", MESSAGE)
    facts = "--fact", "rcpt.exists=", "--fact", "rcpt.local=bob"
    text = run("script", "explain", "--trusted", *facts, *paths).stdout
    assert text.splitlines()[0].startswith("reply 550")
    assert 'environment :is "rcpt.exists" [""] with [""] -> yes' in text.splitlines()[1]
    assert ask("script", "run", "--trusted", "--fact", "rcpt.exists=1", *paths)["implicit_keep"] is True


def test_a_fact_that_the_stage_does_not_know_is_refused(run, file: Put) -> None:
    paths = file("rcpt.sieve", "keep;"), file("1.eml", MESSAGE)
    refused = run("script", "run", "--trusted", "--fact", "rcpt.exist=1", *paths, code=2)
    assert "did you mean 'rcpt.exists'?" in refused.stderr


def test_libraries_lie_below_the_script(run, file: Put) -> None:
    file("lib/all.sieve", "discard;\n")
    paths = file("data.sieve", 'include "all";\n'), file("1.eml", MESSAGE)
    assert run("script", "run", "--stage", "data", *paths).stdout.startswith("discard")


def test_facts_are_for_stages_only(run, file: Put) -> None:
    paths = file("x.sieve", "keep;"), file("1.eml", MESSAGE)
    assert "use --trusted" in run("script", "run", "--fact", "a=b", *paths, code=2).stderr


def test_replay_tells_what_would_change(run, file: Put) -> None:
    old, new = file("old.sieve", "keep;"), file("new.sieve", 'if exists "to" { discard; }')
    told = run("script", "replay", old, new, file("1.eml", MESSAGE), code=1).stdout.splitlines()
    assert told[1].startswith("  - keep")
    assert told[2].startswith("  + discard")


def test_profile_counts_lines(ask, file: Put) -> None:
    paths = file("a.sieve", "keep;\n"), file("1.eml", MESSAGE), file("2.eml", MESSAGE)
    assert ask("script", "profile", *paths)["lines"][0]["hits"] == 2


def test_tests_are_chosen_and_covered(run, ask, file: Put, tmp_path: Path) -> None:
    file("s.sieve", 'if exists "x" { discard; }\n')
    test = 'require "vnd.dovecot.testsuite"; test "one" { if not test_script_compile "s.sieve" { test_fail "c"; }\n'
    path = file("t.svtest", test + 'if not test_script_run { test_fail "r"; } } test "two" { test_fail "no"; }')
    saved, xml = str(tmp_path / "c.json"), str(tmp_path / "j.xml")
    assert ask("script", "test", "-k", "one", "--coverage", saved, "--junit", xml, path)["passed"] == 1
    assert "<testcase classname=" in Path(xml).read_text()
    assert ask("script", "coverage", saved)["scripts"][0]["branches_missed"] == 1


def test_several_processes_run_tests(ask, file: Put) -> None:
    test = 'require "vnd.dovecot.testsuite"; test "one" { keep; }'
    paths = [file(f"{number}.svtest", test) for number in range(5)]
    assert ask("script", "test", "-j", "3", *paths)["passed"] == 5
