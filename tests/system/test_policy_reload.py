"""An administrator edits a policy script while the server runs."""

from __future__ import annotations

import re
import time

import pytest

pytestmark = pytest.mark.peer


def reply_to_unknown(server, swaks) -> str:
    dialogue = swaks(server.ports["smtp"], "--to", "nobody@example.test", "--from", "x@remote.example")
    found = re.search(r"<\*\* (\d{3} [^\n]*)", dialogue.stdout)
    assert found, dialogue.stdout
    return found[1]


def eventually(server, swaks, wanted: str) -> str:
    reply, deadline = "", time.monotonic() + 15
    while wanted not in reply and time.monotonic() < deadline:
        reply = reply_to_unknown(server, swaks)
    return reply


def test_an_edit_is_live_without_a_restart_and_an_error_keeps_the_old_script(server, swaks):
    script = server.home / "policy" / "rcpt.sieve"
    default = script.read_text()
    assert reply_to_unknown(server, swaks).startswith("550 5.1.1 ")

    script.write_text(default.replace('"5.1.1"', '"5.1.6"'))
    assert eventually(server, swaks, "5.1.6").startswith("550 5.1.6 ")

    script.write_text('require "vnd.stalwart_g.policy";\nrepyl :code 550 :status "5.7.1" "no";\n')
    line = server.wait_for_log(r"rcpt\.sieve:2")
    assert "reply" in line, "the hint names the command that was meant"
    assert reply_to_unknown(server, swaks).startswith("550 5.1.6 ")

    script.write_text(default)
    assert eventually(server, swaks, "5.1.1").startswith("550 5.1.1 ")


def test_check_reports_place_and_hint(server):
    script = server.home / "policy" / "mail.sieve"
    default = script.read_text()
    script.write_text('require ["environment", "vnd.stalwart_g.policy"];\nif environment :is "sendr" "" { keep; }\n')
    try:
        output = server.run("check", check=False)
    finally:
        script.write_text(default)
    assert re.search(r"mail\.sieve:2:\d+", output)
    assert "sender" in output
