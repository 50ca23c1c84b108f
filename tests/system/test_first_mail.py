"""One mail's whole way, with real clients: STARTTLS, AUTH, policy, queue, the user's script, the mailbox."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from peers.ours import Ours

pytestmark = pytest.mark.peer

SCRIPT = """require ["fileinto", "mailbox", "variables", "imap4flags"];
if header :matches "subject" "[*] *" {
    addflag "$Filed";
    fileinto :create "Lists/${1}";
}
"""


def submit(server: Ours, swaks, message: Path, recipient: str = "alice@example.test"):
    return swaks(
        server.ports["submission"], "--tls", "--auth", "PLAIN", "--auth-user", "bob@example.test",
        "--auth-password", server.passwords["bob@example.test"], "--from", "bob@example.test",
        "--to", recipient, "--data", f"@{message}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def used(server: Ours, swaks, tmp_path_factory: pytest.TempPathFactory) -> Ours:
    """The server, which has taken a user's mail for a local account."""
    message = tmp_path_factory.mktemp("mail") / "used.eml"
    message.write_bytes(b"From: bob@example.test\r\nSubject: used\r\n\r\nbody\r\n")
    dialogue = submit(server, swaks, message)
    assert dialogue.returncode == 0, dialogue.stdout
    return server


def test_a_submitted_mail_is_filed_by_the_users_script_and_shown_byte_exact(server, swaks, message, tmp_path):
    script = tmp_path / "active.sieve"
    script.write_text(SCRIPT)
    server.run("script", "put", "alice@example.test", str(script))

    dialogue = submit(server, swaks, message)

    assert dialogue.returncode == 0, dialogue.stdout
    server.wait_for_log(r"delivered.*alice@example\.test.*Lists/ops")
    (row,) = [row for row in server.json("mail", "list", "alice@example.test") if row["mailbox"] == "Lists/ops"]
    assert "$filed" in row["keywords"]
    shown = server.run("mail", "show", "alice@example.test", str(row["id"]), binary=True)
    head, sent = shown.split(b"From: Carol", 1)
    assert b"From: Carol" + sent == message.read_bytes() + b"\r\n"
    assert b"Received: from" in head
    assert b"Return-Path: <bob@example.test>" in head


@pytest.mark.parametrize("stage", ["connect", "ehlo", "auth", "mail", "rcpt", "data", "route", "deliver"])
def test_the_log_line_of_each_stage_names_script_and_line(used, stage):
    assert used.wait_for_log(rf"decided.*stage={stage}\b.*script={stage}\.sieve:\d+")


def test_an_unknown_user_is_refused_at_rcpt(server, swaks):
    dialogue = swaks(server.ports["smtp"], "--to", "nobody@example.test", "--from", "x@remote.example")
    assert re.search(r"<\*\* 550 5\.1\.1 ", dialogue.stdout), dialogue.stdout


def test_a_stranger_cannot_relay(server, swaks):
    dialogue = swaks(server.ports["smtp"], "--to", "someone@elsewhere.example", "--from", "x@remote.example")
    assert re.search(r"<\*\* 550 5\.7\.1 ", dialogue.stdout), dialogue.stdout


def test_a_wrong_password_is_refused(server, swaks):
    dialogue = swaks(
        server.ports["submission"], "--tls", "--auth", "LOGIN", "--auth-user", "bob@example.test",
        "--auth-password", "wrong", "--to", "alice@example.test",
    )  # fmt: skip
    assert re.search(r"535 5\.7\.8 ", dialogue.stdout), dialogue.stdout


def test_passwords_are_not_offered_in_the_clear(server, swaks):
    dialogue = swaks(server.ports["submission"], "--quit-after", "EHLO")
    assert "STARTTLS" in dialogue.stdout
    assert "AUTH" not in dialogue.stdout.replace("ENHANCED", "")
