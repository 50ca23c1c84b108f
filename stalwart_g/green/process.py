"""What a process does to itself: privileges, its name, garbage collection, thread switching."""

from __future__ import annotations

import ctypes
import gc
import grp
import os
import pwd
import sys

_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS = 38
_GC_THRESHOLD = 50_000
_SWITCH_SECONDS = 0.001


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
