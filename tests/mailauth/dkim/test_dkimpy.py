"""Against dkimpy, in both directions."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

FORMS = [(header, body) for header in ("simple", "relaxed") for body in ("simple", "relaxed")]
BODIES = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\r", b".", b"\xff", b"\x0b"]), max_size=40).map(
    b"".join
)


def secret(ring: Any, selector: str) -> bytes:
    key = ring.keys[selector]
    if isinstance(key, Ed25519PrivateKey):
        return base64.b64encode(key.private_bytes_raw())
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))


def signed_by_dkimpy(ring: Any, octets: bytes, selector: str, forms: tuple[str, str]) -> bytes:
    algorithm = b"rsa-sha256" if selector == "rsa" else b"ed25519-sha256"
    field = dkimpy.sign(
        octets, selector.encode(), b"example.org", secret(ring, selector), signature_algorithm=algorithm,
        canonicalize=tuple(form.encode() for form in forms), include_headers=[b"from", b"subject", b"to", b"x-none"],
    )  # fmt: skip
    return bytes(field) + octets


@pytest.mark.parametrize("selector", ["rsa", "ed"])
@pytest.mark.parametrize("forms", FORMS)
def test_dkimpy_accepts_our_signatures(ring: Any, selector: str, forms: tuple[str, str]) -> None:
    octets = ring.signed(selector=selector, header_form=forms[0], body_form=forms[1])
    assert dkimpy.verify(octets, dnsfunc=ring.answer)


@pytest.mark.parametrize("selector", ["rsa", "ed"])
@pytest.mark.parametrize("forms", FORMS)
def test_we_accept_the_signatures_of_dkimpy(ring: Any, selector: str, forms: tuple[str, str]) -> None:
    assert ring.verdict(signed_by_dkimpy(ring, ring.mail, selector, forms), 4e9).result == "pass"


@given(BODIES, st.sampled_from(FORMS))
def test_dkimpy_accepts_our_signatures_of_any_body(ring: Any, body: bytes, forms: tuple[str, str]) -> None:
    octets = ring.signed(ring.mail + body + b"\r\n", header_form=forms[0], body_form=forms[1])
    assert dkimpy.verify(octets, dnsfunc=ring.answer)


@pytest.mark.slow
def test_200_messages_hold_in_both_directions(ring: Any, mails: Sequence[bytes]) -> None:
    assert len(mails) == 200
    ours = [octets for octets in mails if not dkimpy.verify(ring.signed(octets), dnsfunc=ring.answer)]
    theirs = [
        octets for octets in mails
        if ring.verdict(signed_by_dkimpy(ring, octets, "ed", ("relaxed", "simple")), 4e9).result != "pass"
    ]  # fmt: skip
    assert (len(ours), len(theirs)) == (0, 0)
