from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from stalwart_g.mailauth.dkim import keys, records


@pytest.fixture(scope="module")
def rsa_key() -> keys.PrivateKey:
    return keys.generate("rsa-sha256")


def test_a_new_key_is_what_was_asked_for(rsa_key: keys.PrivateKey) -> None:
    assert keys.algorithm_of(rsa_key) == "rsa-sha256"
    assert keys.algorithm_of(keys.generate("ed25519-sha256")) == "ed25519-sha256"


@pytest.mark.parametrize("bits", [1024, 2047, 8192])
def test_no_new_key_is_too_weak_or_too_large(bits: int) -> None:
    with pytest.raises(keys.KeyInvalid):
        keys.generate("rsa-sha256", bits=bits)


def test_a_key_is_loaded_as_it_was_written(rsa_key: keys.PrivateKey) -> None:
    assert keys.pem(keys.load(keys.pem(rsa_key))) == keys.pem(rsa_key)


def test_pkcs1_is_loaded(rsa_key: keys.PrivateKey) -> None:
    text = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    assert keys.pem(keys.load(text)) == keys.pem(rsa_key)


def test_the_octets_of_an_ed25519_key_are_loaded() -> None:
    key = keys.load("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    assert keys.record_text(key) == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


@pytest.mark.parametrize("text", ["", "QUJD", "???", "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(keys.KeyInvalid):
        keys.load(text)


def test_an_encrypted_key_is_refused(rsa_key: keys.PrivateKey) -> None:
    text = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")).decode()
    with pytest.raises(keys.KeyInvalid):
        keys.load(text)


def test_a_key_of_another_kind_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(keys.KeyInvalid, match="neither RSA nor Ed25519"):
        keys.load(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def test_a_key_of_1024_bits_is_loaded_and_known_to_be_short(rsa_key: keys.PrivateKey) -> None:
    key = keys.load(keys.pem(rsa.generate_private_key(65537, 1024)))
    assert (keys.is_short(key), keys.is_short(rsa_key)) == (True, False)


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_the_record_is_read_as_the_key(algorithm: keys.Algorithm) -> None:
    key = keys.generate(algorithm)
    assert records.parse(keys.record_text(key)).key == key.public_key()


def test_the_record_can_say_that_things_are_tried_out(rsa_key: keys.PrivateKey) -> None:
    assert records.parse(keys.record_text(rsa_key, testing=True)).testing


def test_a_record_is_split_into_strings_that_fit(rsa_key: keys.PrivateKey) -> None:
    text = keys.record_text(rsa_key)
    strings = keys.record_strings(text)
    assert ("".join(strings), [len(each) <= 255 for each in strings]) == (text, [True, True])


def test_the_record_is_a_line_of_a_zone_file() -> None:
    key = keys.load(base64.b64encode(bytes(32)).decode())
    text = keys.record_text(key)
    assert keys.zone_line("s1", "example.org", key) == f's1._domainkey.example.org. IN TXT ( "{text}" )'
