from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth.arc.sets import Seal
from stalwart_g.mailauth.dkim import keys, records
from stalwart_g.mailauth.dkim.outcome import Unusable
from stalwart_g.mailauth.dns import Known


def fault(text: str) -> tuple[str, str]:
    with pytest.raises(Unusable) as caught:
        records.parse(text)
    return caught.value.result, caught.value.reason


@pytest.fixture(scope="module")
def public(ring: Any) -> str:
    return keys.record_text(ring.keys["rsa"]).partition("p=")[2]


def test_a_key_alone_is_an_rsa_key_for_everything(public: str) -> None:
    record = records.parse(f"p={public}")
    assert (record.kind, record.bits, record.hashes, record.testing, record.exact) == ("rsa", 2048, (), False, False)


def test_white_space_in_the_key_does_not_count(public: str) -> None:
    assert records.parse(f"v=DKIM1; p={public[:30]}  {public[30:60]}\t{public[60:]};").bits == 2048


def test_the_older_form_of_an_rsa_key_is_read(ring: Any) -> None:
    der = ring.keys["rsa"].public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert records.parse(f"p={base64.b64encode(der).decode()}").bits == 2048


def test_flags_and_hashes_are_read(public: str) -> None:
    record = records.parse(f"v=DKIM1; h=SHA1:sha256; s=other:email; t=y : s; n=a note; p={public}")
    assert (record.hashes, record.testing, record.exact) == (("sha1", "sha256"), True, True)


def test_an_empty_key_is_revoked() -> None:
    assert records.parse("v=DKIM1; p=").key is None


def test_unknown_tags_and_flags_do_not_matter(public: str) -> None:
    assert records.parse(f"v=DKIM1; zz=1; t=q; p={public}").bits == 2048


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=spf1 -all",
        "v=DKIM1",
        "v=DKIM2; p=",
        "p=; v=DKIM1",
        "v=DKIM1; k=dsa; p=QUJD",
        "v=DKIM1; p=QUJD",
        "v=DKIM1; p=!!!",
        "v=DKIM1; k=ed25519; p=QUJD",
        "v=DKIM1; s=tlsrpt; p=",
        "v=DKIM1; p=QUJD; p=QUJD",
        "v=DKIM1; n=" + "x" * 9000 + "; p=",
    ],
)
def test_what_is_no_key_for_mail_is_a_permanent_error(text: str) -> None:
    assert fault(text)[0] == "permerror"


def test_a_key_of_another_kind_than_it_says_is_a_permanent_error() -> None:
    der = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    assert fault(f"p={base64.b64encode(der).decode()}") == ("permerror", "key is of another kind than it says")


@given(st.text())
def test_any_text_is_a_record_or_unusable(text: str) -> None:
    try:
        records.parse(text)
    except Unusable as error:
        assert error.result == "permerror"


@given(st.binary(max_size=300), st.sampled_from(["rsa", "ed25519"]))
def test_any_octets_are_a_key_or_unusable(octets: bytes, kind: str) -> None:
    try:
        records.parse(f"k={kind}; p={base64.b64encode(octets).decode()}")
    except Unusable as error:
        assert error.result == "permerror"


@given(st.integers(0, 293), st.integers(0, 255))
def test_a_damaged_key_raises_nothing_else(ring: Any, place: int, octet: int) -> None:
    der = bytearray(base64.b64decode(keys.record_text(ring.keys["rsa"]).partition("p=")[2]))
    der[place] = octet
    data = (b"x" * 256, b"data")
    try:
        record = records.parse(f"p={base64.b64encode(der).decode()}")
        records.check(_signed("rsa-sha256", data[0]), data[1], record)
    except Unusable as error:
        assert error.result in ("permerror", "policy", "fail")


def _signed(algorithm: str, value: bytes) -> records.Signed:
    return Seal(algorithm, value, "example.org", "s", "none")


def test_the_first_record_that_is_a_key_counts(public: str) -> None:
    answer = Known("ok", ("v=spf1 -all", f"v=DKIM1; p={public}"))
    assert records.record_of(answer).bits == 2048


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Known("timeout"), "temperror"),
        (Known("servfail"), "temperror"),
        (Known("nxdomain"), "permerror"),
        (Known("nodata"), "permerror"),
        (Known("ok", ("v=spf1",)), "permerror"),
    ],
)
def test_an_answer_without_key_has_its_result(answer: Known, result: str) -> None:
    with pytest.raises(Unusable) as caught:
        records.record_of(answer)
    assert caught.value.result == result


def test_a_weak_key_is_read_so_that_its_size_can_be_told() -> None:
    text = (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALgbdfh5sTbTig+ZY7n5vrxeF98XmBf+bbN3TtNlQma7ufPJ/+6CKSWVlXM6iL7RsxDrqE6cHXr7"
    )
    assert records.parse(f"p={text}tpfGLdBCgKsCAwEAAQ==").bits == 512


def test_a_key_that_makes_checks_slow_is_refused(ring: Any) -> None:
    numbers = ring.keys["rsa"].public_key().public_numbers()
    key = rsa.RSAPublicNumbers((1 << 2000) + 1, numbers.n).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert fault(f"p={base64.b64encode(der).decode()}") == ("permerror", "key has a huge exponent")


@pytest.mark.parametrize(("bits", "result"), [(1023, "policy"), (1024, "fail"), (512, "policy")])
def test_rsa_keys_below_1024_bits_do_not_count(bits: int, result: str) -> None:
    numbers = rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 1)
    record = records.KeyRecord("rsa", numbers.public_key())
    with pytest.raises(Unusable) as caught:
        records.check(_signed("rsa-sha256", b"x" * (bits // 8)), b"data", record)
    assert caught.value.result == result
