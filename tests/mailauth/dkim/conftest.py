"""Keys, a DNS in memory that has them, and messages."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from peers.corpus import corpus_folder

from sieve.message import parse
from stalwart_g.mailauth.canonical import with_crlf
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim import keys
from stalwart_g.mailauth.dkim.outcome import Verdict
from stalwart_g.mailauth.dkim.signing import Signer, sign
from stalwart_g.mailauth.dkim.verifying import Limits, verify
from stalwart_g.mailauth.dns import Zone

NOW = 1_700_000_000
DOMAIN = "example.org"
MAIL = (
    b"Received: from a.example by b.example; Mon, 20 Jul 2009 13:55:01 +0200\r\n"
    b"From: Ann <ann@example.org>\r\n"
    b"To: ben@example.net,\r\n\tcleo@example.net\r\n"
    b"Subject: The  plan\r\n of today\r\n"
    b"Date: Mon, 20 Jul 2009 13:55:01 +0200\r\n"
    b"Message-ID: <1@example.org>\r\n"
    b"\r\n"
    b"First\tline  \r\n\r\n  second line\r\n\r\n\r\n"
)


class Keyring:
    """Two keys of one domain, and what signs and checks with them."""

    now = NOW
    domain = DOMAIN
    mail = MAIL

    def __init__(self) -> None:
        self.keys: dict[str, keys.PrivateKey] = {
            "rsa": keys.generate("rsa-sha256"),
            "ed": keys.generate("ed25519-sha256"),
        }
        self.records = {
            keys.record_name(selector, DOMAIN): keys.record_text(key) for selector, key in self.keys.items()
        }
        self.zone = Zone({(name, "TXT"): [text] for name, text in self.records.items()})

    def signer(self, selector: str = "ed", **settings: object) -> Signer:
        return Signer(domain=DOMAIN, selector=selector, key=self.keys[selector], **settings)  # type: ignore[arg-type]

    def signed(self, octets: bytes = MAIL, selector: str = "ed", **settings: object) -> bytes:
        return sign(Content.of(parse(octets)), self.signer(selector, **settings), NOW) + octets

    def verdict(
        self, octets: bytes, now: float = NOW, *, zone: Zone | None = None, limits: Limits | None = None
    ) -> Verdict:
        return verify(Content.of(parse(octets)), zone or self.zone, now, limits or Limits())

    def verdict_of_record(self, record: str, **settings: object) -> Verdict:
        """The verdict on a good signature, when the DNS has this record."""
        zone = Zone({(keys.record_name("ed", DOMAIN), "TXT"): [record]})
        return self.verdict(self.signed(**settings), zone=zone)

    def answer(self, name: bytes, timeout: int = 5) -> bytes | None:
        """The DNS as dkimpy asks it."""
        text = self.records.get(name.decode().removesuffix("."))
        return None if text is None else text.encode()


@pytest.fixture(scope="session")
def ring() -> Keyring:
    return Keyring()


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The messages and keys that the RFCs print."""
    return Path(__file__).parent / "rfc"


@pytest.fixture(scope="session")
def mails() -> list[bytes]:
    """Two hundred messages without signatures: real ones where they are on this machine, or else our own."""
    folder = corpus_folder()
    paths = [] if folder is None else sorted(folder.glob("*.tar.gz"))
    found = [octets for path in paths for octets in islice(_members(path), 40)]
    found = [octets for octets in map(_unsigned, found) if len(octets) < 100_000][:: max(1, len(found) // 200)]
    return [*found, *_made()][:200]


def _members(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                yield file.read()


def _unsigned(octets: bytes) -> bytes:
    """As the wire would carry it."""
    message = parse(with_crlf(octets.replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\0", b"")))
    fields = [field.octets for field in message.fields if field.name.lower() not in ("dkim-signature", "from")]
    return b"".join([b"From: ann@example.org\r\n", *fields, b"\r\n", message.root.body.rstrip(b"\r\n"), b"\r\n"])


def _made() -> Iterator[bytes]:
    for number in range(200):
        lines = [b"line %d\t of  %d " % (line, number) + b"\r\n" * (line % 3 + 1) for line in range(number)]
        yield MAIL + b"".join(lines)
