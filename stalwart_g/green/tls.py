"""TLS contexts of servers and clients, hot reload of certificates, self-signed certificates for a first start."""

from __future__ import annotations

import _ssl
import datetime
import ipaddress
import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stalwart_g.green.tls_channel import NamedSSLObject

CIPHERS = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES256-GCM-SHA384", "AES128-GCM-SHA256", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
)
"""The six forward-secret suites of TLS 1.2; the three of TLS 1.3 are OpenSSL's own default."""

_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
_SELF_SIGNED_DAYS = 3650
_RENEW_DAYS = 30


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files: a certificate with its chain, and its private key."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The ``tls.*`` keys of a listener that shape its contexts. ``versions``: of ``TLSv1.2`` and ``TLSv1.3``."""

    versions: Sequence[str] = ("TLSv1.2", "TLSv1.3")
    ciphers: str = CIPHERS
    ignore_client_order: bool = True
    client_authorities: Path | None = None
    """Ask clients for a certificate of these authorities; none is needed."""


DEFAULT = ServerOptions()


def server_context(files: CertificateFiles, options: ServerOptions = DEFAULT) -> ssl.SSLContext:
    """A context for accepted connections.

    Raises:
        OSError: a file is missing, or (as ssl.SSLError) is no certificate or not the key of it.
        ValueError: an unknown version.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = NamedSSLObject
    versions = sorted(_version(name) for name in options.versions)
    context.minimum_version, context.maximum_version = versions[0], versions[-1]
    context.set_ciphers(options.ciphers)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if options.ignore_client_order:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    if options.client_authorities is not None:
        context.load_verify_locations(options.client_authorities)
        context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(files.certificate, files.private_key)
    return context


@dataclass
class ServerTls:
    """The contexts of one listener: the default, and others by the name that the client asks for (SNI, RFC 6066).

    Args:
        by_name: exact names and wildcards (``*.example.org``), lower case.

    Raises:
        OSError, ValueError: see `server_context`.
    """

    default: CertificateFiles
    by_name: Mapping[str, CertificateFiles] = field(default_factory=dict)
    options: ServerOptions = DEFAULT

    def __post_init__(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read the files anew. Sessions in progress keep what they have; after an error everything stays as it was.

        Raises:
            OSError, ValueError: see `server_context`.
        """
        context = server_context(self.default, self.options)
        named = {name: server_context(files, self.options) for name, files in self.by_name.items()}
        _set_sni_callback(context, _sni_callback(named))
        self._context = context

    def current(self) -> ssl.SSLContext:
        """The context for the next handshake; goes to `Listener` as ``tls``."""
        return self._context

    def files(self) -> list[Path]:
        """All files that `reload` reads, for `files.watch`."""
        pairs = [self.default, *self.by_name.values()]
        return [path for pair in pairs for path in (pair.certificate, pair.private_key)]


def _set_sni_callback(context: ssl.SSLContext, callback: Callable[[ssl.SSLObject, str, ssl.SSLContext], None]) -> None:
    # Below the property of `ssl.SSLContext`: gevent, when it has patched `ssl`, puts one in its place that takes each
    # connection for a socket of its own and fails on ours, which works in memory.
    below: Any = _ssl._SSLContext.sni_callback
    below.__set__(context, callback)


def _sni_callback(named: Mapping[str, ssl.SSLContext]) -> Callable[[ssl.SSLObject, str, ssl.SSLContext], None]:
    def choose(connection: ssl.SSLObject, name: str, _: ssl.SSLContext) -> None:
        if not name:  # None when the client names nobody
            return
        name = name.lower().rstrip(".")
        if isinstance(connection, NamedSSLObject):
            connection.asked_name = name
        wildcard = "*." + name.partition(".")[2]
        if context := named.get(name) or named.get(wildcard):
            connection.context = context

    return choose


def opportunistic_context(*, versions: Sequence[str] = ("TLSv1.2", "TLSv1.3")) -> ssl.SSLContext:
    """A client context that encrypts for whoever answers (RFC 7435): no verification at all.

    DANE uses it too, and checks `Stream.peer_chain` itself.
    """
    context = _client_context(versions)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def verifying_context(
    authorities: Path | None = None, *, versions: Sequence[str] = ("TLSv1.2", "TLSv1.3")
) -> ssl.SSLContext:
    """A client context that accepts only a valid certificate of the name it is given.

    Args:
        authorities: PEM file of trusted roots; None: those of the system.
    """
    context = _client_context(versions)
    if authorities is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.load_verify_locations(authorities)
    return context


def _client_context(versions: Sequence[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    chosen = sorted(_version(name) for name in versions)
    context.minimum_version, context.maximum_version = chosen[0], chosen[-1]
    context.options |= ssl.OP_NO_TICKET
    return context


def _version(name: str) -> ssl.TLSVersion:
    if name not in _VERSIONS:
        raise ValueError(f"TLS version {name!r}; known are {', '.join(_VERSIONS)}")
    return _VERSIONS[name]


def days_left(certificate: Path, now: datetime.datetime | None = None) -> float:
    """How long the first certificate of a PEM file is still valid, in days; negative once it is over.

    Raises:
        OSError, ValueError: unreadable, or no certificate.
    """
    end = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    return (end - (now or datetime.datetime.now(datetime.UTC))).total_seconds() / 86400


def self_signed(hostname: str, folder: Path) -> CertificateFiles:
    """A certificate for a first start: ECDSA P-256, also good for ``localhost`` and the loopback addresses.

    One that is already in the folder is used again unless it is for another name or ends soon.

    Raises:
        OSError: the folder cannot be written.
    """
    files = CertificateFiles(folder / "self-signed.crt", folder / "self-signed.key")
    if _still_good(files, hostname):
        return files
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _replace(files.private_key, private, 0o600)
    _replace(files.certificate, _certificate(hostname, key).public_bytes(serialization.Encoding.PEM), 0o644)
    return files


def _certificate(hostname: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=_SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName(_alternative_names(hostname)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _alternative_names(hostname: str) -> list[x509.GeneralName]:
    hosts = dict.fromkeys([hostname.encode("idna").decode(), "localhost"])
    loopback = ("127.0.0.1", "::1")
    return [*map(x509.DNSName, hosts), *(x509.IPAddress(ipaddress.ip_address(ip)) for ip in loopback)]


def _still_good(files: CertificateFiles, hostname: str) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        key = serialization.load_pem_private_key(files.private_key.read_bytes(), None)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return (
        hostname.encode("idna").decode() in names.get_values_for_type(x509.DNSName)
        and key.public_key() == certificate.public_key()
        and days_left(files.certificate) > _RENEW_DAYS
    )


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by others in between."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
