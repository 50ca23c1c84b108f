"""Contexts and certificates; the handshakes themselves are in test_stream."""

from __future__ import annotations

import datetime
import ssl
import stat
from pathlib import Path

import pytest

from stalwart_g.green import tls


def negotiate(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """A handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    unfinished = [one, other]
    for _ in range(10):
        for side in list(unfinished):
            try:
                side.do_handshake()
                unfinished.remove(side)
            except ssl.SSLWantReadError:
                continue
    assert not unfinished
    return one, other


def common_name(connection: ssl.SSLObject, *candidates: tls.CertificateFiles) -> Path:
    der = connection.getpeercert(binary_form=True)
    for files in candidates:
        if ssl.PEM_cert_to_DER_cert(files.certificate.read_text()) == der:
            return files.certificate.parent
    raise AssertionError("another certificate")


def test_a_self_signed_key_is_private(tmp_path: Path) -> None:
    files = tls.self_signed("mx.example.test", tmp_path / "new")
    assert stat.S_IMODE(files.private_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.private_key.parent.stat().st_mode) == 0o700
    assert [path.name for path in sorted((tmp_path / "new").iterdir())] == ["self-signed.crt", "self-signed.key"]


def test_a_self_signed_certificate_is_used_again(tmp_path: Path) -> None:
    first = tls.self_signed("mx.example.test", tmp_path).certificate.read_bytes()
    assert tls.self_signed("mx.example.test", tmp_path).certificate.read_bytes() == first


@pytest.mark.parametrize("damage", ["other name", "key gone", "key of another", "garbage"])
def test_a_certificate_that_does_not_fit_is_made_anew(tmp_path: Path, damage: str) -> None:
    files = tls.self_signed("mx.example.test", tmp_path)
    before, name = files.certificate.read_bytes(), "mx.example.test"
    if damage == "other name":
        name = "other.example.test"
    elif damage == "key gone":
        files.private_key.unlink()
    elif damage == "key of another":
        other = tls.self_signed(name, tmp_path / "other")
        files.private_key.write_bytes(other.private_key.read_bytes())
    else:
        files.certificate.write_bytes(b"garbage")
    assert tls.self_signed(name, tmp_path).certificate.read_bytes() != before
    assert tls.server_context(files)


def test_days_left_counts_down(tmp_path: Path) -> None:
    files = tls.self_signed("mx.example.test", tmp_path)
    now = datetime.datetime.now(datetime.UTC)
    assert 3600 < tls.days_left(files.certificate, now) < 3660
    assert tls.days_left(files.certificate, now + datetime.timedelta(days=4000)) < 0


def test_the_server_name_chooses_the_certificate(tmp_path: Path) -> None:
    default, exact, wild = (tls.self_signed("x.test", tmp_path / name) for name in ("default", "exact", "wild"))
    server = tls.ServerTls(default, {"mx.a.test": exact, "*.b.test": wild})
    expected = {"mx.a.test": exact, "MX.A.test": exact, "any.b.test": wild, "a.any.b.test": default, "c.test": default}
    for name, files in expected.items():
        client, server_side = negotiate(server.current(), tls.opportunistic_context(), name)
        assert common_name(client, default, exact, wild) == files.certificate.parent
        assert server_side.asked_name == name.lower()  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_are_refused(tmp_path: Path) -> None:
    server = tls.ServerTls(tls.self_signed("x.test", tmp_path))
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        negotiate(server.current(), old, "x.test")


def test_one_version_may_be_demanded(tmp_path: Path) -> None:
    files = tls.self_signed("x.test", tmp_path)
    server = tls.ServerTls(files, options=tls.ServerOptions(versions=["TLSv1.2"]))
    client, _ = negotiate(server.current(), tls.opportunistic_context(), "x.test")
    assert client.version() == "TLSv1.2"


def test_an_unknown_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SSLv3"):
        tls.opportunistic_context(versions=["SSLv3"])


def test_a_failed_reload_changes_nothing(tmp_path: Path) -> None:
    files = tls.self_signed("x.test", tmp_path)
    server = tls.ServerTls(files)
    before = server.current()
    files.certificate.write_bytes(b"garbage")
    with pytest.raises(ssl.SSLError):
        server.reload()
    assert server.current() is before


def test_all_files_are_named_for_the_watch(tmp_path: Path) -> None:
    one, two = (tls.self_signed("x.test", tmp_path / name) for name in ("1", "2"))
    server = tls.ServerTls(one, {"a.test": two})
    assert server.files() == [one.certificate, one.private_key, two.certificate, two.private_key]
