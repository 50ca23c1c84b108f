"""Scripts from files: checked, tried, explained, tested, and put in force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

OPS = """require ["fileinto", "mailbox", "variables"];
if header :matches "subject" "[*] *" {
    fileinto :create "Lists/${1}";
}
"""
MESSAGE = b"From: carol@remote.example\r\nTo: ann@example.org\r\nSubject: [ops] disk full\r\n\r\nbody\r\n"
Put = Callable[[str, str | bytes], str]


@pytest.fixture
def file(tmp_path: Path) -> Put:
    """Writes a file; its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


@pytest.fixture
def ann(run, domain: str) -> str:
    run("account", "create", f"ann@{domain}", "--no-password")
    return f"ann@{domain}"


# check


def test_a_valid_script_is_ok(run, ask, file: Put) -> None:
    path = file("ops.sieve", OPS)
    assert run("script", "check", path).stdout == f"{path}: ok\n"
    assert ask("script", "check", path)["ok"] is True


def test_every_fault_of_every_script_has_its_place_and_hint(run, ask, file: Put) -> None:
    good, bad = file("good.sieve", "keep;"), file("bad.sieve", "kepe;\ndiscrad;\n")
    text = run("script", "check", good, bad, code=1).stdout
    assert f"{bad}:1:1: " in text
    assert f"{bad}:2:1: " in text
    assert "keep" in text
    answer = ask("script", "check", good, bad, code=1)
    assert [each["ok"] for each in answer["files"]] == [True, False]
    assert [each["line"] for each in answer["files"][1]["findings"]] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("rcpt.sieve", 'if environment "rcpt.exists" "no" { reply :code 550 :status "5.1.1" "no"; }', ["--trusted"]),
        ("rcpt-new.sieve", "keep;", ["--trusted"]),
        ("mine.sieve", 'param "via" "local";', ["--trusted", "--stage", "route"]),
        ("mine.sieve", 'param "via" "local";', ["--stage", "route"]),
    ],
)
def test_a_script_of_a_stage_is_checked_against_its_stage(run, file: Put, name, content, options) -> None:
    assert run("script", "check", *options, file(name, content)).stdout.endswith(": ok\n")


def test_a_fault_of_a_stages_script_has_the_hint_for_administrators(run, file: Put) -> None:
    text = run("script", "check", "--trusted", file("rcpt.sieve", "keep;\ndeny;\n"), code=1).stdout
    assert "rcpt.sieve:2:1: " in text
    assert "use reply" in text


def test_names_of_the_configuration_are_known(run, file: Put, home: Path) -> None:
    path = file("route.sieve", 'param "via" "relay:hub";')
    assert "hub" in run("script", "check", "--trusted", path, code=1).stdout
    with (home / "config.toml").open("a") as config:
        config.write('\n[remote.hub]\naddress = "hub.example"\n')
    run("script", "check", "--trusted", path)


def test_without_a_home_scripts_of_stages_are_checked_all_the_same(run, file: Put, home: Path) -> None:
    (home / "config.toml").unlink()
    run("script", "check", "--trusted", file("rcpt.sieve", "keep;"))


# run, explain, test


def test_run_tells_the_actions(run, ask, file: Put) -> None:
    paths = file("ops.sieve", OPS), file("1.eml", MESSAGE)
    assert run("script", "run", *paths).stdout.startswith('fileinto "Lists/ops" :create')
    (action,) = ask("script", "run", *paths)["actions"]
    assert (action["action"], action["mailbox"], action["line"]) == ("store", "Lists/ops", 3)


def test_trace_tells_each_step(run, ask, file: Put) -> None:
    paths = file("ops.sieve", OPS), file("1.eml", MESSAGE)
    text = run("script", "trace", *paths).stdout
    assert '2  if header :matches "subject"' in text
    assert '"[ops] disk full"' in text
    assert "-> yes" in text
    assert ask("script", "trace", *paths)["trace"]


def test_explain_tells_the_reasons_as_a_tree(run, ask, file: Put) -> None:
    paths = file("ops.sieve", OPS), file("1.eml", MESSAGE)
    assert '├─ if, line 2: header :matches "subject" ["[ops] disk full"]' in run("script", "explain", *paths).stdout
    assert ask("script", "explain", *paths)["actions"][0]["because"][0]["line"] == 2


def test_in_the_world_of_an_account_its_mailboxes_and_scripts_count(run, ask, file: Put, ann: str, home: Path) -> None:
    (home / "data" / "sieve" / ann).mkdir(parents=True)
    (home / "data" / "sieve" / ann / "mine.sieve").write_text('require "fileinto"; fileinto "Mine";')
    script = """require ["include", "mailbox", "envelope", "fileinto", "special-use"];
    if allof(mailboxexists "INBOX", specialuse_exists "INBOX" "\\\\Inbox") { discard; }
    if envelope "to" "ann@example.org" { include :personal "mine"; }
    """
    paths = file("s.sieve", script), file("1.eml", MESSAGE)
    actions = ask("script", "run", "--account", ann, *paths)["actions"]
    assert [(action["action"], action.get("mailbox")) for action in actions] == [("discard", None), ("store", "Mine")]


def test_test_files_are_run(run, ask, file: Put) -> None:
    good = 'require "vnd.dovecot.testsuite"; test "true" { if false { test_fail "no"; } }'
    bad = 'require "vnd.dovecot.testsuite"; test "false" { test_fail "because"; }'
    assert "PASS" in run("script", "test", file("good.svtest", good)).stdout
    assert "because" in run("script", "test", file("bad.svtest", bad), code=1).stdout
    assert ask("script", "test", file("good.svtest", good))["passed"] == 1


# in force


def test_a_script_is_put_shown_and_removed(run, ask, file: Put, ann: str, home: Path) -> None:
    path = file("ops.sieve", OPS)
    put = ask("script", "put", ann, path)
    assert Path(put["path"]) == home / "data" / "sieve" / ann / "active.sieve"
    assert Path(put["path"]).read_text() == OPS
    assert run("script", "show", ann).stdout == OPS
    assert ask("script", "show", ann)["script"] == OPS
    assert ask("script", "remove", ann, "--yes") == {"removed": ann}
    assert "has no script" in run("script", "show", ann, code=1).stderr
    assert "has no script" in run("script", "remove", ann, "--yes", code=1).stderr


def test_a_script_that_is_not_valid_changes_nothing(run, file: Put, ann: str) -> None:
    run("script", "put", ann, file("ops.sieve", OPS))
    path = file("bad.sieve", "kepe;")
    assert f"{path}:1:1: " in run("script", "put", ann, path, code=1).stdout
    assert run("script", "show", ann).stdout == OPS


def test_an_account_may_be_named_by_another_of_its_addresses(run, file: Put, ann: str, home: Path) -> None:
    run("account", "alias", "add", ann, "boss@example.org")
    run("script", "put", "boss@example.org", file("ops.sieve", OPS))
    assert (home / "data" / "sieve" / ann / "active.sieve").exists()


def test_an_address_of_several_is_not_guessed(run, file: Put, ann: str) -> None:
    run("account", "create", "bob@example.org", "--no-password")
    run("list", "create", "all@example.org", ann, "bob@example.org")
    error = run("script", "put", "all@example.org", file("ops.sieve", OPS), code=1).stderr
    assert error == f"error: all@example.org is the address of several: {ann} bob@example.org\n"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["check", "none.sieve"], 2, "none.sieve: No such file or directory"),
        (["check", "."], 2, "Is a directory"),
        (["check", "--trusted", "own.sieve"], 2, "the script of which stage? Use --stage"),
        (["check", "--stage", "nothing", "x.sieve"], 2, "--stage"),
        (["check"], 2, "Missing argument"),
        (["run", "none.sieve", "none.eml"], 2, "none.sieve: No such file or directory"),
        (["test", "none.svtest"], 2, "none.svtest: No such file or directory"),
        (["put", "nobody", "none.sieve"], 1, "error: there is no account nobody\n"),
        (["put", "nobody@", "none.sieve"], 1, "error: there is no account nobody@\n"),
        (["put", "x@[\udcff", "none.sieve"], 1, "error: there is no account"),
        (["show", "nobody"], 1, "error: there is no account nobody\n"),
        (["remove", "nobody", "--yes"], 1, "error: there is no account nobody\n"),
    ],
)
def test_bad_input_is_one_clear_line(run, arguments: list[str], code: int, text: str) -> None:
    result = run("script", *arguments, code=code)
    assert text in result.stdout + result.stderr
    assert "Traceback" not in result.output


def test_a_script_that_cannot_be_read_is_not_put(run, file: Put, ann: str) -> None:
    assert "error: " in run("script", "put", ann, "none.sieve", code=1).stderr
    assert "NUL" in run("script", "put", ann, file("nul.sieve", b"keep;\0"), code=1).stderr


def test_an_empty_message_is_none(run, file: Put) -> None:
    assert "no message" in run("script", "run", file("s.sieve", OPS), file("empty.eml", b"\n"), code=2).stdout
