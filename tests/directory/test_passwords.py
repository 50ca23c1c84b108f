from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib import hash as passlib_hash

from stalwart_g.directory import libcrypt
from stalwart_g.directory.passwords import MAX_OCTETS, Cost, PasswordChecker, hash_password, matches
from stalwart_g.directory.schemes import is_plain
from stalwart_g.green import tasks

PASSWORD = "correct horse"
LINES = Path(__file__).with_name("vectors.tsv").read_text().splitlines()
VECTORS = [line.split("\t") for line in LINES if not line.startswith("#")]
CHEAP = Cost(time=1, memory_kib=64, parallelism=1)
BILL = "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe"

MALFORMED = [
    "$argon2id$v=19$m=64",
    "$argon2x$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$26dLPdRDe0KLFCV7qICigg",
    "$2y$05$tooshort",
    "$2y$31$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe",
    "$scrypt$ln=40,r=8,p=1$c2FsdA$ZGlnZXN0ZGlnZXN0ZGlnZXN0",
    "$pbkdf2-sha256$99999999999$c2FsdA$ZGlnZXN0ZGlnZXN0ZGlnZXN0",
    "$pbkdf2-sha256$20$c2FsdA$QQ",
    "$unknown$salt$hash",
    "$sha1$many$salt$hash",
    "{UNKNOWN}abc",
    "{SHA}",
    "{SHA}!!!",
    "{SSHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
    "{SHA}+NZTFiwZu0AA4J4E5OnUeevkx9nGWGst",
    "{SSHA}QUJD",
    "{SHA256.ROT13}abc",
    "{CRYPT}not thirteen",
    "{ARGON2}plain",
    "{PBKDF2}1$2",
    "{PLAIN}",
    "{SHA}\u00e9",
    "{CRYPT}$6$\u00e9$abc",
]


@pytest.mark.parametrize(("stored", "maker"), VECTORS)
def test_the_right_password_matches_and_others_do_not(stored: str, maker: str) -> None:
    assert matches(PASSWORD, stored), maker
    assert not matches("Correct horse", stored)


@pytest.mark.parametrize("password", ["", "correct hors", "correct horse\0", "correct horse\0x", PASSWORD * 200])
@pytest.mark.parametrize("stored", [VECTORS[0][0], "{CRYPT}" + VECTORS[0][0], "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="])
def test_what_crypt_would_cut_off_does_not_match(stored: str, password: str) -> None:
    assert not matches(password, stored)


@pytest.mark.parametrize("scheme", ["sha512_crypt", "sha256_crypt", "md5_crypt", "sha1_crypt", "bsdi_crypt"])
@pytest.mark.parametrize("password", ["x", "pässwörd ☃", "a" * 100])
def test_passlib_agrees(scheme: str, password: str) -> None:
    maker = getattr(passlib_hash, scheme)
    rounds = {} if scheme == "md5_crypt" else {"rounds": 1001}
    assert matches(password, maker.using(**rounds).hash(password))


def test_the_vector_of_the_specification() -> None:
    assert matches("password", BILL)


@pytest.mark.parametrize("stored", MALFORMED)
def test_what_is_malformed_matches_nothing_and_is_logged_without_the_secret(
    stored: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert not matches(PASSWORD, stored)
    assert "malformed" in caplog.text
    assert stored not in caplog.text


def test_an_empty_secret_matches_nothing_not_even_the_empty_password() -> None:
    assert not matches("", "")


@given(st.text(max_size=40), st.text(min_size=1, max_size=80) | st.from_regex(r"[{$][a-zA-Z0-9]{1,8}[}$].{0,40}"))
def test_no_text_raises(password: str, stored: str) -> None:
    assert matches(password, stored) in (True, False)


def test_a_system_without_the_library_says_what_to_install() -> None:
    with pytest.raises(libcrypt.LibraryMissing, match="install libxcrypt"):
        libcrypt.load(("libnothing.so.9",))


def test_a_fresh_hash_is_argon2id_and_matches() -> None:
    stored = hash_password(PASSWORD, CHEAP)
    assert stored.startswith("$argon2id$")
    assert matches(PASSWORD, stored)


@pytest.mark.parametrize("password", ["", "a\0b", "a" * (MAX_OCTETS + 1)])
def test_what_nobody_could_log_in_with_is_not_hashed(password: str) -> None:
    with pytest.raises(ValueError, match="password"):
        hash_password(password)


@pytest.mark.parametrize(("stored", "plain"), [("secret", True), ("{PLAIN}x", True), ("{SHA}x", False), (BILL, False)])
def test_clear_text_is_known_as_such(stored: str, plain: bool) -> None:
    assert is_plain(stored) is plain


def test_any_of_several_secrets_logs_in() -> None:
    checker = PasswordChecker(1, CHEAP)
    assert checker.check(PASSWORD, ["other", "", PASSWORD])
    assert not checker.check(PASSWORD, ["other", ""])
    checker.close()


def test_an_unknown_user_costs_what_a_wrong_password_costs() -> None:
    checker = PasswordChecker(1, CHEAP)
    stored = [hash_password(PASSWORD, Cost(time=4, memory_kib=16_384, parallelism=1))]

    def seconds(known: list[str]) -> float:
        start = time.perf_counter()
        assert not checker.check("wrong", known)
        return time.perf_counter() - start

    wrong = min(seconds(stored) for _ in range(5))
    unknown = min(seconds([]) for _ in range(5))
    checker.close()
    assert 0.4 < unknown / wrong < 2.5
    assert wrong > 0.002


def test_the_hub_goes_on_while_a_password_is_checked() -> None:
    checker, turns, done = PasswordChecker(1, CHEAP), [0], [False]

    def turn() -> None:
        while not done[0]:
            turns[0] += 1
            tasks.sleep(0)

    turning = tasks.spawn(turn)
    checker.check("wrong", [hash_password(PASSWORD, Cost(time=2, memory_kib=16_384, parallelism=1))])
    done[0] = True
    turning.join()
    checker.close()
    assert turns[0] > 20
