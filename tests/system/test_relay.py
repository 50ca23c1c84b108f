"""A second real server takes our relayed mail: Postfix, chosen by the route script by the recipient's domain."""

from __future__ import annotations

import time

import pytest
from peers.ours import Ours
from peers.postfix import Postfix

pytestmark = pytest.mark.peer

ROUTE = """require ["environment", "vnd.stalwart_g.policy"];
if environment :is "rcpt.domain_local" "1" { param "via" "local"; }
elsif environment :is "rcpt.domain" "relay.example.test" { param "via" "relay:postfix"; }
else { param "via" "mx"; }
"""

REMOTE = """
[remote.postfix]
address = "127.0.0.1"
port = {port}

[remote.postfix.tls]
implicit = false
"""


def test_postfix_takes_the_mail_that_the_route_script_sends_its_way(swaks, message):
    with Postfix("keep") as postfix, Ours() as server:
        server.stop()
        config = server.home / "config.toml"
        config.write_text(config.read_text() + REMOTE.format(port=postfix.port))
        (server.home / "policy" / "route.sieve").write_text(ROUTE)
        server.start()

        dialogue = swaks(
            server.ports["submission"], "--tls", "--auth", "PLAIN", "--auth-user", "bob@example.test",
            "--auth-password", server.passwords["bob@example.test"], "--from", "bob@example.test",
            "--to", "carol@relay.example.test,alice@example.test", "--data", f"@{message}",
        )  # fmt: skip

        assert dialogue.returncode == 0, dialogue.stdout
        server.wait_for_log(r"delivered.*carol@relay\.example\.test")
        server.wait_for_log(r"delivered.*alice@example\.test")
        deadline = time.monotonic() + 10
        while not postfix.kept and time.monotonic() < deadline:
            time.sleep(0.1)
        (mail,) = postfix.kept["carol@relay.example.test"]
        assert mail.endswith(message.read_bytes().replace(b"\r\n", b"\n")[-40:] + b"\n")
