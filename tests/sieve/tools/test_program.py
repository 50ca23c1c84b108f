"""The program itself, as the shell sees it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sieve.tools.program import main

REPOSITORY = Path(__file__).parents[3]


def program(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sieve", *arguments]
    paths = {"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=paths, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        ("check good.sieve", 0, "good.sieve: ok"),
        ("check good.sieve bad.sieve", 1, "validation failed: 2 error(s) found"),
        ("check junk.sieve", 2, "junk.sieve: this is no script: there is a NUL octet at offset 6"),
        ("check --strict good.sieve", 0, "good.sieve: ok"),
        ("check --strict inner.sieve odd.sieve", 1, "odd.sieve: 1 warning"),
        ("fmt --check good.sieve", 0, "good.sieve: unchanged"),
        ("fmt --diff odd.sieve", 1, "+}"),
        ("run good.sieve mail.eml", 0, 'fileinto "Lists.ops" :create   (good.sieve:3)'),
        ("run fails.sieve mail.eml", 1, "implicit keep"),
        ("run good.sieve empty.eml", 2, "empty.eml: there is no message in it"),
        ("run good.sieve mail.eml mail.eml", 0, '    fileinto "Lists.ops" :create   (good.sieve:3)'),
        ("trace outer.sieve mail.eml --from x@example.org", 0, "discard   (global/all.sieve:1)"),
        ("explain good.sieve mail.eml", 0, "after 3 steps"),
        ("replay good.sieve good.sieve mail.eml", 0, "0 of 1 messages would be treated differently"),
        ("replay good.sieve empty.sieve mail.eml", 1, "1 of 1 messages would be treated differently"),
        ("profile none mail.eml", 2, "none: No such file or directory"),
        ("test well.svtest", 0, "1 passed, 0 failed"),
        ("test --quiet .", 1, "2 passed, 1 failed"),
        ("test -k badly -j 2 .", 1, "1 passed, 1 failed"),
        ("test -k nothing .", 2, "no test has 'nothing' in its name"),
        ("coverage", 2, "sieve-coverage.json: No such file or directory"),
        ("test none.svtest", 2, "none.svtest: No such file or directory"),
        ("dump bad.sieve", 1, "validation failed: 2 error(s) found"),
    ],
)
def test_the_last_line_and_the_exit_code(folder: Path, arguments: str, code: int, last: str) -> None:
    done = program(folder, *arguments.split())
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (code, last, "")


def test_fmt_is_a_filter(folder: Path) -> None:
    command = [sys.executable, "-m", "sieve", "fmt", "-"]
    done = subprocess.run(command, input=b"keep ;", cwd=REPOSITORY, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"keep;\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["check"], ["run", "good.sieve"], ["test", "--nonsense", "x"]])
def test_wrong_use_is_2(folder: Path, arguments: list[str]) -> None:
    done = program(folder, *arguments)
    assert done.returncode == 2
    assert "Usage: python -m sieve" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "tool",
    [
        "check good.sieve",
        "run good.sieve mail.eml",
        "trace good.sieve mail.eml",
        "explain good.sieve mail.eml",
        "test .",
    ],
)
def test_json_is_for_programs(folder: Path, tool: str) -> None:
    done = program(folder, *tool.split(), "--json")
    assert isinstance(json.loads(done.stdout)["ok"], bool)


def test_mailboxes_may_be_named_one_after_the_other(folder: Path) -> None:
    (folder / "m.sieve").write_text('require "mailbox"; if mailboxexists ["A", "B"] { discard; }')
    done = program(folder, "run", "m.sieve", "mail.eml", "--mailbox", "A", "--mailbox", "B", "--to", "x@example.org")
    assert done.stdout == "discard   (m.sieve:1)\n"


def test_dump_takes_several_files(folder: Path) -> None:
    done = program(folder, "dump", "--traced", "good.sieve", "empty.sieve", "--json")
    assert [file["ok"] for file in json.loads(done.stdout)] == [True, True]


def test_tests_write_what_build_servers_read(folder: Path) -> None:
    (folder / "s.svtest").write_text(
        'require "vnd.dovecot.testsuite"; test "a" { if not test_script_compile "good.sieve" { test_fail "c"; }\n'
        'if not test_script_run { test_fail "r"; } }'
    )
    done = program(folder, "test", "--junit", "out.xml", "--coverage", "s.svtest")
    assert (done.returncode, done.stdout.splitlines()[1].split()) == (0, ["good.sieve", "50%", "50%", "3,", "2", "if"])
    assert '<testcase classname="s.svtest" name="a" />' in (folder / "out.xml").read_text()
    shown = program(folder, "coverage", "--html", "page.html")
    assert (shown.returncode, shown.stdout.splitlines()[-1].split()) == (0, ["total", "50%", "50%"])
    assert "good.sieve" in (folder / "page.html").read_text()


def test_the_readme_names_every_command(readme: str) -> None:
    assert [name for name in main.commands if not re.search(rf"`(python -m sieve )?{name}\b", readme)] == []
