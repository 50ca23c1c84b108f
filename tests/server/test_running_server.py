"""The whole server as processes: mail goes through, workers die and come back, changes are taken up, it ends."""

from __future__ import annotations

import os
import pwd
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from peers.ours import PROGRAM, Ours

from stalwart_g.cli.home import initialise
from stalwart_g.green.tls import self_signed

MAIL = "From: carol@remote.example\r\nTo: alice@example.test\r\nSubject: hello\r\n\r\nbody\r\n"


def eventually(check: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not (good := check()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return good


def send(server: Ours, sender: str = "carol@remote.example", recipient: str = "alice@example.test") -> None:
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=20) as client:
        client.ehlo("client.example")
        client.sendmail(sender, [recipient], MAIL)


def children(server: Ours, name: str) -> dict[int, str]:
    """Processes of the server whose name starts so, by pid."""
    assert server.process
    task = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    pids = [int(word) for word in task.read_text().split()]
    names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}
    return {pid: comm for pid, comm in names.items() if comm.startswith(name)}


def certificate_of(port: int) -> bytes:
    """The DER octets of what is shown after STARTTLS."""
    context = ssl._create_unverified_context()
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.starttls(context=context)
        assert isinstance(client.sock, ssl.SSLSocket)
        return client.sock.getpeercert(binary_form=True) or b""


def test_mail_for_an_account_is_delivered(server: Ours) -> None:
    send(server, sender="first@remote.example")
    assert "reply=" in server.wait_for_log(r"delivered .*to=alice@example\.test from=<first@remote\.example>")


def test_implicit_tls_and_a_login_work(server: Ours) -> None:
    context = ssl._create_unverified_context()
    with smtplib.SMTP_SSL("127.0.0.1", server.ports["submissions"], timeout=20, context=context) as client:
        client.login("bob@example.test", server.passwords["bob@example.test"])
        client.sendmail("bob@example.test", ["alice@example.test"], MAIL)
    server.wait_for_log(r"delivered .*to=alice@example\.test from=<bob@example\.test>")


def test_the_log_says_where_it_listens_and_what_it_took_over(server: Ours) -> None:
    server.wait_for_log(rf"listening listener=smtp protocol=smtp on=127\.0\.0\.1:{server.ports['smtp']} tls=starttls")
    server.wait_for_log(r"recovered partition=0 messages=0")
    server.wait_for_log(r"recovered partition=1 messages=0")
    server.wait_for_log(r"serving version=\S+ hostname=mail\.example\.test home=\S+ workers=2")


def test_each_process_has_a_name(server: Ours) -> None:
    assert sorted(children(server, "stalwart").values()) == ["stalwart-broker", "stalwart-worker", "stalwart-worker"]


def test_a_worker_that_dies_is_replaced_and_its_partition_goes_on(server: Ours) -> None:
    before = children(server, "stalwart-worker")
    os.kill(min(before), signal.SIGKILL)
    server.wait_for_log(r"worker-\d ended with signal SIGKILL")
    assert eventually(
        lambda: len(children(server, "stalwart-worker")) == 2 and children(server, "stalwart-worker") != before
    )
    assert eventually(lambda: len(re.findall(r"recovered partition=", server.log)) == 3)
    send(server, sender="second@remote.example")
    server.wait_for_log(r"delivered .*from=<second@remote\.example>")


def test_without_the_broker_mail_goes_on_and_it_comes_back(server: Ours) -> None:
    (broker,) = children(server, "stalwart-broker")
    os.kill(broker, signal.SIGKILL)
    server.wait_for_log(r"the state broker is gone")
    send(server, sender="third@remote.example")
    server.wait_for_log(r"delivered .*from=<third@remote\.example>")
    server.wait_for_log(r"the state broker is back")


def test_a_changed_certificate_is_used_without_a_restart(server: Ours, tmp_path: Path) -> None:
    before = certificate_of(server.ports["smtp"])
    fresh = self_signed("other.example.test", tmp_path)
    folder = server.home / "certs"
    (folder / "self-signed.key").write_bytes(fresh.private_key.read_bytes())
    (folder / "self-signed.crt").write_bytes(fresh.certificate.read_bytes())
    server.wait_for_log(r"certificates_live listener=smtp")
    wanted = ssl.PEM_cert_to_DER_cert(fresh.certificate.read_text())
    assert before != wanted
    assert eventually(lambda: certificate_of(server.ports["smtp"]) == wanted)


def test_a_reload_takes_settings_up_and_tells_which_wait_for_a_restart(server: Ours) -> None:
    config = server.home / "config.toml"
    text = config.read_text()
    config.write_text(
        text.replace('#greeting = "stalwart_g"', 'greeting = "changed"').replace("workers = 2", "workers = 3")
    )
    said = server.run("reload")
    assert "server.workers has changed; that counts from the next start on" in said
    assert said.endswith("reloaded by 2 workers\n")
    with smtplib.SMTP(timeout=20) as client:
        assert b"changed" in client.connect("127.0.0.1", server.ports["smtp"])[1]
    config.write_text(text)
    assert server.json("reload")["ok"]


def test_a_reload_of_a_broken_script_is_refused_with_its_place(server: Ours) -> None:
    script = server.home / "policy" / "ehlo.sieve"
    text = script.read_text()
    script.write_text("kepp;\n")
    try:
        with pytest.raises(AssertionError, match=r"(?s)ehlo\.sieve:1:1.*nothing was reloaded"):
            server.run("reload")
    finally:
        script.write_text(text)


def test_a_worker_that_starts_while_a_script_is_broken_takes_what_was_live(server: Ours) -> None:
    script = server.home / "policy" / "ehlo.sieve"
    text = script.read_text()
    script.write_text("kepp;\n")
    try:
        server.wait_for_log(r"script_invalid stage=ehlo")
        os.kill(min(children(server, "stalwart-worker")), signal.SIGKILL)
        server.wait_for_log(r"script_kept stage=ehlo")
    finally:
        script.write_text(text)


def test_a_second_server_on_the_same_home_is_refused(server: Ours) -> None:
    with pytest.raises(AssertionError, match="runs already"):
        server.run("serve")


def test_on_a_stop_idle_sessions_hear_421_and_the_program_ends_with_0() -> None:
    with Ours("--workers", "1") as server:
        assert server.process
        with socket.create_connection(("127.0.0.1", server.ports["smtp"]), timeout=20) as sock:
            assert sock.recv(1000).startswith(b"220 ")
            server.process.send_signal(signal.SIGTERM)
            assert sock.recv(1000).startswith(b"421 ")
        assert server.process.wait(20) == 0


def test_after_a_sudden_death_of_the_master_the_next_start_has_all_mail() -> None:
    with Ours("--workers", "2") as server:
        (server.home / "policy" / "route.sieve").write_text(
            'require "vnd.stalwart_g.policy";\nhold "kept for this test";\n'
        )
        server.run("reload")
        send(server)
        server.kill()
        server.start()
        (entry,) = server.json("queue", "list")
        assert "alice@example.test" in str(entry)
        assert len(re.findall(r"recovered partition=\d messages=1", server.log)) == 1


def test_fewer_workers_look_after_what_more_left_behind() -> None:
    with Ours("--workers", "2") as server:
        server.stop()
        server.options = ("--workers", "1")
        server.start()
        server.wait_for_log(r"recovered partition=1 ", times=2)


def test_a_home_that_is_too_deep_for_a_socket_works_too(tmp_path: Path) -> None:
    with Ours("--workers", "1", home=tmp_path / ("deep" * 25) / "home") as server:
        server.wait_for_log("is too long for a socket")
        send(server)
        server.wait_for_log(r"delivered .*to=alice@example\.test")


def test_root_becomes_the_user_of_the_configuration_and_others_cannot() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        only = {"server.listener.only.bind": ["127.0.0.1:0"], "server.listener.only.protocol": "smtp"}
        initialise(home, {"server.hostname": "mail.example.test", "server.run-as.user": "nobody", **only})
        server = Ours("--workers", "1", home=home)
        if os.geteuid() != 0:
            with pytest.raises(AssertionError, match="only root can become nobody"):
                server.run("serve")
            return
        for path in (home, *home.rglob("*")):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
        with server:
            assert {Path(f"/proc/{pid}").stat().st_uid for pid in children(server, "stalwart")} == {
                pwd.getpwnam("nobody").pw_uid
            }
            with socket.create_connection(("127.0.0.1", server.ports["only"]), timeout=20) as sock:
                assert sock.recv(1000).startswith(b"220 ")


def test_a_port_that_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        only = {"server.listener.only.bind": [f"127.0.0.1:{port}"], "server.listener.only.protocol": "smtp"}
        initialise(tmp_path, {"server.hostname": "mail.example.test", **only})
        done = subprocess.run(
            [*PROGRAM, "--home", str(tmp_path), "serve"], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == f"error: listener only cannot listen on 127.0.0.1:{port}: Address already in use\n"
