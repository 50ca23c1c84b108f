"""What localserve makes and prints; the server itself is tested in tests/server."""

from __future__ import annotations

import json
import re
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.ours import PROGRAM, Ours

OWN = """
[server]
hostname = "own.example.test"
[server.listener.mine]
bind = ["127.0.0.1:{port}"]
protocol = "smtp"
[directory.default]
type = "memory"
[[directory.default.users]]
name = "carol"
email = ["carol@own.example.test"]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Ours]:
    with Ours("--workers", "1") as ours:
        yield ours


def test_each_listener_has_a_line_and_serves(server: Ours) -> None:
    assert set(server.ports) == {"smtp", "submission", "submissions"}
    with socket.create_connection(("127.0.0.1", server.ports["submission"]), timeout=20) as sock:
        assert sock.recv(1000).startswith(b"220 mail.example.test ")


def test_each_account_has_a_line_with_a_password_of_chance(server: Ours) -> None:
    assert set(server.passwords) == {"alice@example.test", "bob@example.test"}
    assert len(set(server.passwords.values())) == 2
    assert min(map(len, server.passwords.values())) >= 16


def test_ready_comes_after_all_that(server: Ours) -> None:
    lines = [line for line in server.output if not re.match(r"\d{4}-", line)]
    assert [line.split()[0] for line in lines] == [
        "smtp", "submission", "submissions", "alice@example.test", "bob@example.test", "ready",
    ]  # fmt: skip


def test_passwords_are_for_the_owner_s_eyes(server: Ours) -> None:
    path = server.home / "passwords.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == server.passwords


def test_a_second_start_prints_the_same_and_leaves_deleted_accounts_alone(server: Ours) -> None:
    passwords = dict(server.passwords)
    server.stop()
    server.run("account", "delete", "--yes", "bob@example.test")
    server.passwords.clear()
    server.start()
    assert server.passwords == {"alice@example.test": passwords["alice@example.test"]}


def test_a_port_that_is_in_use_is_replaced() -> None:
    taken = []
    for port in (2525, 2587, 2465):
        try:
            taken.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue  # somebody else has it: all the better
    try:
        with Ours("--workers", "1") as server:
            assert not {2525, 2587, 2465} & set(server.ports.values())
    finally:
        for sock in taken:
            sock.close()


def test_a_configuration_that_is_there_is_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(OWN.format(port=port))
    with Ours("--workers", "1", home=home) as server:
        assert server.ports == {"mine": port}
        assert server.passwords == {}
    assert (home / "config.toml").read_text() == OWN.format(port=port)


def test_mistakes_of_the_configuration_are_told_and_end_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(OWN.format(port=0).replace("hostname", "hostnam"))
    done = subprocess.run([*PROGRAM, "localserve", str(home)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "config.toml:3: there is no key server.hostnam" in done.stderr
    assert "Traceback" not in done.stderr
