"""The command without a server; with one it is tested in tests/server."""

from __future__ import annotations

from pathlib import Path


def test_nobody_is_there_to_reload(run, home: Path) -> None:
    assert run("reload", code=1).stderr == f"error: no server runs on {home}\n"


def test_what_is_there_is_checked_first(run, ask, home: Path) -> None:
    script = home / "policy" / "rcpt.sieve"
    script.write_text("kepp;\n")
    first, last = run("reload", code=1).stdout.splitlines()
    assert first.startswith(f"{script}:1:1: ")
    assert last == "nothing was reloaded"
    assert ask("reload", code=1)["ok"] is False
