"""A Postfix of our own (Debian's package): accepts on a loopback port, then discards, keeps or hands on the mail."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from peers import PeerMissing, free_port, wait_for_port

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log/maillog
maillog_file_prefixes = {folder}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.example.test
mydestination =
local_recipient_maps =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = {transport}
relay_domains = {domains}
relay_transport = {transport}
virtual_mailbox_domains =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_security_level = none
default_process_limit = 100
append_dot_mydomain = no
disable_dns_lookups = yes
alias_maps =
alias_database =
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
discard unix - - n - - discard
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
keep unix - n n - - pipe flags=DRhu user=nobody argv={folder}/keep.sh ${{recipient}}
"""

_KEEP = """#!/bin/sh
umask 077
exec cat > "$(mktemp {folder}/kept/"$1".XXXXXX)"
"""


class Postfix:
    """``with Postfix() as postfix:`` runs it; ``transport`` is ``discard`` or ``keep`` (a file a mail)."""

    def __init__(self, transport: str = "discard", domains: str = "relay.example.test") -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self._transport, self._domains = transport, domains

    def __enter__(self) -> Postfix:
        if not shutil.which("postfix", path="/usr/sbin:/usr/bin"):
            raise PeerMissing("postfix is not installed")
        self._configure()
        self._postfix("start")
        wait_for_port(self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._postfix("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def kept(self) -> dict[str, list[bytes]]:
        """What the ``keep`` transport was given, by recipient."""
        found: dict[str, list[bytes]] = {}
        for file in sorted((self.folder / "kept").iterdir()):
            found.setdefault(file.name.rpartition(".")[0], []).append(file.read_bytes())
        return found

    @property
    def log(self) -> str:
        file = self.folder / "log" / "maillog"
        return file.read_text(errors="replace") if file.exists() else ""

    def _configure(self) -> None:
        self.folder.chmod(0o755)
        for name in ("config", "spool", "data", "log", "kept"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "kept", "nobody")
        values = {"folder": self.folder, "port": self.port, "transport": self._transport, "domains": self._domains}
        (self.folder / "config" / "main.cf").write_text(_MAIN.format(**values))
        (self.folder / "config" / "master.cf").write_text(_MASTER.format(**values))
        script = self.folder / "keep.sh"
        script.write_text(_KEEP.format(**values))
        script.chmod(0o755)

    def _postfix(self, verb: str) -> None:
        command = ["/usr/sbin/postfix", "-c", str(self.folder / "config"), verb]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise PeerMissing(f"postfix {verb}: {done.stderr.strip() or self.log[-2000:]}")
