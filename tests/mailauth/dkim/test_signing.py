from __future__ import annotations

from typing import Any

import pytest

from sieve.message import parse
from stalwart_g.mailauth import tags
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim.signing import Signer, SignerInvalid, sign


def tags_of(ring: Any, octets: bytes | None = None, **settings: object) -> dict[str, str]:
    field = sign(Content.of(parse(octets or ring.mail)), ring.signer(**settings), ring.now)
    return tags.parse(field.decode().partition(":")[2])


def names(found: dict[str, str]) -> list[str]:
    return [name.lower() for name in tags.listed(found["h"])]


def test_each_field_that_is_there_is_named(ring: Any) -> None:
    mail = b"X-A: 1\r\nX-A: 2\r\n" + ring.mail
    assert names(tags_of(ring, mail, headers=["X-A", "X-B"], oversigned=[])) == ["from", "from", "x-a", "x-a"]


def test_guarded_fields_are_named_once_more_than_they_are_there(ring: Any) -> None:
    found = names(tags_of(ring, headers=[], oversigned=["Subject", "Reply-To"]))
    assert found == ["from", "from", "subject", "subject", "reply-to"]


def test_by_default_nobody_can_add_what_a_reader_sees(ring: Any) -> None:
    found = names(tags_of(ring))
    assert {name: found.count(name) for name in ("from", "subject", "reply-to", "content-type", "mime-version")} == {
        "from": 2, "subject": 2, "reply-to": 1, "content-type": 1, "mime-version": 1,
    }  # fmt: skip


def test_the_time_and_the_end_of_validity_are_said(ring: Any) -> None:
    found = tags_of(ring, expire_seconds=3600)
    assert (found["t"], found["x"]) == (str(ring.now), str(ring.now + 3600))


def test_what_the_signer_wants_said_is_said(ring: Any) -> None:
    found = tags_of(
        ring, identity="ann@mail.example.org", reports=True, third_party="author.example", third_party_hash="sha1",
        header_form="simple", body_length=True,
    )  # fmt: skip
    assert {name: found[name] for name in ("i", "r", "atps", "atpsh", "c")} == {
        "i": "ann@mail.example.org", "r": "y", "atps": "author.example", "atpsh": "sha1", "c": "simple/relaxed",
    }  # fmt: skip
    assert found["l"] == str(len(b"First line\r\n\r\n second line\r\n"))


def test_what_is_not_asked_for_is_not_said(ring: Any) -> None:
    assert not {"i", "r", "l", "x", "atps", "z"} & tags_of(ring).keys()


def test_lines_are_folded(ring: Any) -> None:
    field = ring.signed(selector="rsa").removesuffix(ring.mail)
    assert field.endswith(b"==\r\n")
    assert max(map(len, field.split(b"\r\n"))) <= 78


def test_a_signature_of_the_same_moment_is_the_same(ring: Any) -> None:
    assert ring.signed() == ring.signed()


@pytest.mark.parametrize(
    "settings",
    [
        {"domain": "Example.org"},
        {"domain": "bücher.example"},
        {"domain": "a b"},
        {"domain": "x;y"},
        {"selector": ""},
        {"selector": "a\r\nb"},
        {"header_form": "strict"},
        {"body_form": ""},
        {"identity": "ann@example.net"},
        {"identity": "a;b@example.org"},
        {"identity": "example.org"},
        {"third_party_hash": "md5"},
        {"third_party": "a;b"},
        {"headers": ["To\r\nBcc"]},
        {"headers": ["To:Cc;"]},
        {"oversigned": [""]},
        {"expire_seconds": 0},
    ],
)
def test_settings_that_make_no_signature_are_refused(ring: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(SignerInvalid):
        Signer(**{"domain": "example.org", "selector": "s", "key": ring.keys["ed"], **settings})
