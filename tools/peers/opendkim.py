"""OpenDKIM (Debian's package) as it checks and signs files: many messages with one run, the DNS from a file."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from peers import PeerMissing

_VERIFIED = re.compile(r"^opendkim: (\d+): verification .* (succeeded|failed)", re.MULTILINE)
_SIGNED = re.compile(r"hname='DKIM-Signature' hvalue='([^']*)'")
_TIMEOUT_SECONDS = 120


def verify(messages: Sequence[bytes], records: Mapping[str, str]) -> list[bool]:
    """Does each message have a signature that holds? ``records``: TXT records by name."""
    dns = "".join(f"{name} {text}\n" for name, text in records.items())
    output = _run(messages, "Mode v\nTestDNSData file:{folder}/dns\n", {"dns": dns})
    found = {int(number): word == "succeeded" for number, word in _VERIFIED.findall(output)}
    return [found.get(number, False) for number in range(len(messages))]


def sign(messages: Sequence[bytes], pem: str, settings: Mapping[str, str]) -> list[bytes]:
    """A field for each message; ``settings`` are lines of opendkim.conf (Domain, Selector, SignatureAlgorithm ...)."""
    lines = "".join(f"{name} {value}\n" for name, value in settings.items())
    output = _run(messages, f"Mode s\nKeyFile {{folder}}/key\nRequireSafeKeys no\n{lines}", {"key": pem})
    return [b"DKIM-Signature: %s\r\n" % value.replace("\n", "\r\n").encode() for value in _SIGNED.findall(output)]


def _run(messages: Sequence[bytes], configuration: str, files: Mapping[str, str]) -> str:
    program = shutil.which("opendkim", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        raise PeerMissing("opendkim is not installed")
    with tempfile.TemporaryDirectory(prefix="opendkim-") as name:
        folder = Path(name)
        for number, octets in enumerate(messages):
            (folder / str(number)).write_bytes(octets)
        for file, text in {**files, "conf": configuration.format(folder=folder)}.items():
            (folder / file).write_text(text)
        numbers = ",".join(map(str, range(len(messages))))
        command = [program, "-x", str(folder / "conf"), "-vv", "-t", numbers]
        run = subprocess.run(command, cwd=folder, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False)
        return (run.stderr + run.stdout).decode("utf-8", "replace")
