"""DKIM: checking and making signatures, against dkimpy. Ratios within one run count, absolute times do not.

Answers of the DNS come from memory. Both sides parse the message each time. ``bare`` is the public key operation alone,
which nobody who uses OpenSSL can go below. Times are those of the processor.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import dkim as dkimpy
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sieve.message import parse
from stalwart_g.mailauth import dkim
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim import keys
from stalwart_g.mailauth.dns import Zone

NOW = 1_700_000_000
DOMAIN = "example.org"
CASES = ("rsa-sha256", 2048), ("rsa-sha256", 4096), ("ed25519-sha256", 0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--repeat", type=int, default=20, help="signatures in a round")
    arguments = options.parse_args()
    for octets in (5_300, 1_000_000):
        for algorithm, bits in CASES:
            compare(message(octets), algorithm, bits, arguments)


def message(octets: int) -> bytes:
    """Text with indented lines and runs of spaces, as mail has it."""
    head = [
        f"Received: from a{hop}.example by b{hop}.example; Mon, 20 Jul 2009 13:55:{hop:02} +0200" for hop in range(6)
    ]
    head += [f"From: Ann <ann@{DOMAIN}>", "To: list@lists.example", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and more"]
    head += ["Date: Mon, 20 Jul 2009 13:00:41 +0200", f"Message-ID: <1@{DOMAIN}>", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=utf-8", ""]
    line = "    if something.happens(here) and  not there:\treturn the words of an answer that fills a line"
    return "\r\n".join([*head, *[line] * (octets // len(line)), ""]).encode()


def compare(octets: bytes, algorithm: str, bits: int, arguments: argparse.Namespace) -> None:
    key = keys.generate("rsa-sha256", bits=bits) if bits else keys.generate("ed25519-sha256")
    record = keys.record_text(key).encode()
    zone = Zone({(keys.record_name("s", DOMAIN), "TXT"): [record.decode()]})
    signer = dkim.Signer(domain=DOMAIN, selector="s", key=key)
    signed = dkim.sign(Content.of(parse(octets)), signer, NOW) + octets
    repeat = arguments.repeat if len(octets) < 100_000 else max(1, arguments.repeat // 10)

    def verify() -> None:
        if dkim.verify(Content.of(parse(signed)), zone, NOW).result != "pass":
            raise SystemExit("our check fails")

    def verify_dkimpy() -> None:
        if not dkimpy.verify(signed, dnsfunc=lambda name, timeout=5: record):
            raise SystemExit("the check of dkimpy fails")

    def sign() -> None:
        dkim.sign(Content.of(parse(octets)), signer, NOW)

    def sign_dkimpy() -> None:
        include = [b"from", b"to", b"date", b"subject", b"message-id"]
        dkimpy.sign(
            octets, b"s", DOMAIN.encode(), secret, canonicalize=(b"relaxed", b"relaxed"),
            signature_algorithm=algorithm.encode(), include_headers=include,
        )  # fmt: skip

    secret = for_dkimpy(key)
    data = b"x" * 1000
    value = key.sign(data) if isinstance(key, Ed25519PrivateKey) else key.sign(data, PKCS1v15(), SHA256())

    def bare_sign() -> None:
        key.sign(data) if isinstance(key, Ed25519PrivateKey) else key.sign(data, PKCS1v15(), SHA256())

    def bare_verify() -> None:
        public = key.public_key()
        if isinstance(public, Ed25519PublicKey):
            public.verify(value, data)
        else:
            public.verify(value, data, PKCS1v15(), SHA256())

    case = f"{algorithm} {bits or ''} {len(octets):7} octets"
    report(f"verify {case}", (verify, verify_dkimpy, bare_verify), arguments.rounds, repeat)
    report(f"sign   {case}", (sign, sign_dkimpy, bare_sign), arguments.rounds, repeat)


def for_dkimpy(key: keys.PrivateKey) -> bytes:
    """The key in the form that dkimpy takes."""
    if isinstance(key, Ed25519PrivateKey):
        return b64encode(key.private_bytes_raw())
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def report(what: str, calls: Sequence[Callable[[], None]], rounds: int, repeat: int) -> None:
    rows = [[microseconds(call, repeat) for call in calls] for _ in range(rounds)]
    ratio = statistics.median(theirs / ours for ours, theirs, _ in rows)
    ours, theirs, bare = (min(column) for column in zip(*rows, strict=True))
    print(
        f"{what:42} ours {ours:8.0f} us  dkimpy {theirs:8.0f} us  ratio {ratio:5.1f}  bare {bare:6.0f} us", flush=True
    )


def microseconds(call: Callable[[], None], repeat: int) -> float:
    start = time.process_time()
    for _ in range(repeat):
        call()
    return (time.process_time() - start) / repeat * 1e6


if __name__ == "__main__":
    main()
