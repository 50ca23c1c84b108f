"""What a process does to itself: privileges, limits, its name, garbage collection, thread switching."""

from __future__ import annotations

import ctypes
import gc
import grp
import os
import pwd
import resource
import socket
import sys
from collections.abc import Callable

from gevent import monkey

from stalwart_g.green.wire import RealSocket

_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS = 38
_GC_THRESHOLD = 50_000
_SWITCH_SECONDS = 0.001
_ENOUGH_FILES = 1 << 20

pause: Callable[[float], None] = monkey.get_original("time", "sleep")
"""Stops the whole process for so many seconds: for the master, who has no hub, and for commands."""


def drop_privileges(user: str, group: str = "") -> None:
    """Become another user for good: root binds the ports and reads the keys, then calls this, then forks.

    Raises:
        KeyError: no such user or group.
        PermissionError: we are not root.
        RuntimeError: root could be had back.
    """
    account = pwd.getpwnam(user)
    group_id = grp.getgrnam(group).gr_gid if group else account.pw_gid
    os.setgroups([])
    os.setresgid(group_id, group_id, group_id)
    os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if account.pw_uid != 0 and 0 in (*os.getresuid(), *os.getresgid()):
        raise RuntimeError(f"still root after becoming {user}")


def set_name(name: str) -> None:
    """The name that ``ps -o comm`` and ``top`` show, cut to 15 octets."""
    _prctl(_PR_SET_NAME, name.encode()[:15])


def raise_file_limit() -> int:
    """As many open files, and so connections, as the system lets us have; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def tell_service_manager(state: str) -> bool:
    """Say ``READY=1`` or the like to systemd (sd_notify(3)); False where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    with RealSocket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect("\0" + address[1:] if address.startswith("@") else address)
        sock.sendall(state.encode())
    return True


def settle() -> None:
    """Call once everything long-lived exists: a full collection over a million objects would stop us for 130 ms.

    Also lets native threads get their turn after 1 ms instead of 5, or each commit waits for a busy hub.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 20, 100)
    sys.setswitchinterval(_SWITCH_SECONDS)


def _prctl(option: int, value: int | bytes) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
