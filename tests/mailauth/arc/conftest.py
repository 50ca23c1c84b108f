"""Three hops that seal, and a DNS in memory that has their keys."""

from __future__ import annotations

import pytest

from sieve.message import parse
from stalwart_g.mailauth.arc.sealing import seal
from stalwart_g.mailauth.arc.verifying import Chain, verify
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim import keys
from stalwart_g.mailauth.dkim.signing import Signer
from stalwart_g.mailauth.dns import Dns, Zone

NOW = 1_700_000_000
MAIL = (
    b"From: Ann <ann@example.org>\r\nTo: list@example.net\r\nSubject: The plan\r\n"
    b"Date: Mon, 20 Jul 2009 13:55:01 +0200\r\nMessage-ID: <1@example.org>\r\n\r\nA  line \r\nanother line\r\n"
)
HOPS = ("one.example", "two.example", "three.example")
WORDS = ("spf=pass", "smtp.mailfrom=ann@example.org;", "dkim=none")


class Hops:
    now = NOW
    mail = MAIL
    names = HOPS

    def __init__(self, *algorithms: keys.Algorithm) -> None:
        self.keys = {hop: keys.generate(algorithm) for hop, algorithm in zip(HOPS, algorithms, strict=True)}
        self.records = {keys.record_name("arc", hop): keys.record_text(key) for hop, key in self.keys.items()}
        self.zone = Zone({(name, "TXT"): [text] for name, text in self.records.items()})

    def signer(self, hop: str, **settings: object) -> Signer:
        return Signer(domain=hop, selector="arc", key=self.keys[hop], **settings)  # type: ignore[arg-type]

    def chain(self, octets: bytes, *, dns: Dns | None = None, now: float = NOW) -> Chain:
        return verify(Content.of(parse(octets)), dns or self.zone, now)

    def sealed(self, octets: bytes, hop: str, chain: Chain | None = None, **settings: object) -> bytes:
        """The message with one more set, on top of a chain that was checked before, or else is now."""
        before = chain or self.chain(octets)
        words = (f"{hop};", *WORDS)
        return b"".join(seal(Content.of(parse(octets)), before, words, self.signer(hop, **settings), NOW)) + octets

    def way(self, *hops: str, octets: bytes = MAIL) -> bytes:
        for hop in hops or HOPS:
            octets = self.sealed(octets, hop)
        return octets

    def answer(self, name: bytes, timeout: int = 5) -> bytes | None:
        """The DNS as dkimpy asks it."""
        text = self.records.get(name.decode().removesuffix("."))
        return None if text is None else text.encode()


@pytest.fixture(scope="session")
def hops() -> Hops:
    return Hops("rsa-sha256", "ed25519-sha256", "ed25519-sha256")


@pytest.fixture(scope="session")
def rsa_hops() -> Hops:
    return Hops("rsa-sha256", "rsa-sha256", "rsa-sha256")
