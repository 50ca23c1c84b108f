"""What a process does to itself, tried in processes that may be spoilt."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False, cwd=ROOT
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


DROP = """
import os
from stalwart_g.green.process import drop_privileges
drop_privileges("nobody")
try:
    os.setuid(0)
except PermissionError:
    print(os.getuid() == os.geteuid() != 0, os.getgroups())
"""


def test_root_becomes_another_user_for_good_and_others_cannot() -> None:
    said = run(DROP)
    if os.geteuid() == 0:
        assert said == "True []"
    else:
        assert said.startswith("PermissionError")


def test_an_unknown_user_is_an_error() -> None:
    assert run("from stalwart_g.green import process; process.drop_privileges('no-such-user')").startswith("KeyError")


def test_a_settled_process_has_nothing_for_the_collector_to_walk() -> None:
    program = (
        "import gc, sys; from stalwart_g.green import process; process.settle();"
        "print(gc.get_freeze_count() > 1000, gc.get_threshold()[0], sys.getswitchinterval())"
    )
    assert run(program) == "True 50000 0.001"


def test_a_process_has_a_name() -> None:
    program = (
        "from stalwart_g.green import process; process.set_name('stalwart-worker-12');"
        "print(open('/proc/self/comm').read())"
    )
    assert run(program) == "stalwart-worker"


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be() -> None:
    program = (
        "import resource; from stalwart_g.green import process; _, hard = resource.getrlimit(resource.RLIMIT_NOFILE);"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)); most = process.raise_file_limit();"
        "print(most == resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 256)"
    )
    assert run(program) == "True"


def test_the_service_manager_is_told_where_there_is_one(tmp_path: Path) -> None:
    address = Path(os.path.relpath(tmp_path / "notify", ROOT))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        program = (
            f"import os; from stalwart_g.green import process; print(process.tell_service_manager('READY=1'));"
            f"os.environ['NOTIFY_SOCKET'] = {str(address)!r}; print(process.tell_service_manager('READY=1'))"
        )
        assert run(program).split() == ["False", "True"]
        assert sock.recv(100) == b"READY=1"
