"""Chains against dkimpy, which knows RSA only, in both directions and mixed."""

from __future__ import annotations

from typing import Any

import dkim as dkimpy
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def sealed_by_dkimpy(hops: Any, octets: bytes, hop: str, chain: str) -> bytes:
    """``chain``: what dkimpy is to say of the chain before; it takes that from Authentication-Results."""
    secret = hops.keys[hop].private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    octets = f"Authentication-Results: {hop}; arc={chain}; spf=pass smtp.mailfrom=ann@example.org\r\n".encode() + octets
    names = [b"from", b"to", b"subject"]
    return b"".join(dkimpy.arc_sign(octets, b"arc", hop.encode(), secret, hop.encode(), include_headers=names)) + octets


def verdict_of_dkimpy(hops: Any, octets: bytes) -> bytes:
    verdict, _, _ = dkimpy.arc_verify(octets, dnsfunc=hops.answer)
    return bytes(verdict)


def test_dkimpy_accepts_our_chain_of_three_hops(rsa_hops: Any) -> None:
    assert verdict_of_dkimpy(rsa_hops, rsa_hops.way()) == b"pass"


def test_dkimpy_refuses_our_chain_when_the_message_was_changed(rsa_hops: Any) -> None:
    assert verdict_of_dkimpy(rsa_hops, rsa_hops.way().replace(b"another", b"no")) == b"fail"


def test_we_accept_a_chain_of_three_hops_of_dkimpy(rsa_hops: Any) -> None:
    octets = rsa_hops.mail
    for hop, before in zip(rsa_hops.names, ("none", "pass", "pass"), strict=True):
        octets = sealed_by_dkimpy(rsa_hops, octets, hop, before)
    chain = rsa_hops.chain(octets, now=4e9)
    assert (chain.result, chain.sealers) == ("pass", rsa_hops.names)
    assert rsa_hops.chain(octets.replace(b"another", b"no"), now=4e9).result == "fail"


def test_a_chain_may_be_mixed(rsa_hops: Any) -> None:
    octets = rsa_hops.sealed(rsa_hops.mail, "one.example")
    octets = sealed_by_dkimpy(rsa_hops, octets, "two.example", "pass")
    octets = rsa_hops.sealed(octets, "three.example", rsa_hops.chain(octets, now=4e9))
    assert (verdict_of_dkimpy(rsa_hops, octets), rsa_hops.chain(octets, now=4e9).result) == (b"pass", "pass")
