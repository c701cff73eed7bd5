"""Our application instance certificate: read, or made on first use and kept.

Source: OPC UA Part 6 §6.2.2 (what stands in an application instance certificate).
"""

import contextlib
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .endpoint import OpcUaEndpoint
from .errors import OwnCertificateError

logger = structlog.get_logger(__name__)

KEY_BITS = 2048
VALID_DAYS = 3650
CLOCK_SKEW = timedelta(days=1)
USES = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]


@dataclass(frozen=True)
class KeyPair:
    """A certificate and the private key to it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    certificate_file: Path

    @property
    def certificate_der(self) -> bytes:
        """The certificate as it goes over the wire."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        """The private key, unencrypted."""
        return self.key.private_bytes(
            Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def application_uri(self) -> str:
        """The URI in the certificate; a server compares it with what the session says."""
        return next(iter(subject_uris(self.certificate)), "")


def own_key_pair(endpoint: OpcUaEndpoint) -> KeyPair:
    """Read our certificate and key, or make both if neither is there; blocks while a key is made.

    Raises:
        OwnCertificateError: names the file and what is wrong with it.
    """
    certificate_file, key_file = endpoint.own_certificate, endpoint.own_key
    if not certificate_file.exists() and not key_file.exists():
        _make(endpoint, certificate_file, key_file)
    pair = read_key_pair(certificate_file, key_file, server=endpoint.address)
    if pair.application_uri and endpoint.application_uri not in {"", pair.application_uri}:
        raise OwnCertificateError(
            f"application_uri must be that of certificate {certificate_file}, {pair.application_uri!r},"
            f" got {endpoint.application_uri!r}; leave it out, or delete certificate and key {key_file}"
            " to have new ones made",
            server=endpoint.address,
        )
    return pair


def read_key_pair(certificate_file: Path, key_file: Path, *, server: str) -> KeyPair:
    """Read a certificate and its key, DER or PEM; errors as `own_key_pair`."""
    certificate = read_certificate(certificate_file, server=server)
    key = _read_key(key_file, server)
    if certificate.public_key() != key.public_key():
        raise OwnCertificateError(
            f"key {key_file} is not that of certificate {certificate_file}", server=server
        )
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise OwnCertificateError(
            f"our certificate {certificate_file} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to"
            f" {certificate.not_valid_after_utc:%Y-%m-%d}, now is {now:%Y-%m-%d}; renew it, or delete it and"
            f" {key_file} to have new ones made",
            server=server,
        )
    return KeyPair(certificate, key, certificate_file)


def read_certificate(file: Path, *, server: str) -> x509.Certificate:
    """Read a certificate, DER or PEM; errors as `own_key_pair`."""
    try:
        content = file.read_bytes()
        is_pem = content.lstrip().startswith(b"-----")
        return x509.load_pem_x509_certificate(content) if is_pem else x509.load_der_x509_certificate(content)
    except (OSError, ValueError) as error:
        raise OwnCertificateError(f"certificate {file} cannot be read: {error}", server=server) from error


def subject_uris(certificate: x509.Certificate) -> list[str]:
    """URIs among the alternative names of a certificate."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _read_key(file: Path, server: str) -> rsa.RSAPrivateKey:
    try:
        content = file.read_bytes()
        is_pem = content.lstrip().startswith(b"-----")
        load = serialization.load_pem_private_key if is_pem else serialization.load_der_private_key
        key = load(content, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise OwnCertificateError(f"private key {file} cannot be read: {error}", server=server) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise OwnCertificateError(f"private key {file} must be an RSA key", server=server)
    return key


def _make(endpoint: OpcUaEndpoint, certificate_file: Path, key_file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    certificate = self_signed(key, endpoint.application_name, endpoint.own_uri)
    pair = KeyPair(certificate, key, certificate_file)
    try:
        for file in (certificate_file, key_file):
            file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            key_file.unlink()
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(pair.key_pem)
        certificate_file.write_bytes(pair.certificate_der)
    except OSError as error:
        raise OwnCertificateError(
            f"our certificate cannot be kept as {certificate_file} and {key_file}: {error}",
            server=endpoint.address,
        ) from error
    logger.info(
        "made our OPC UA certificate; servers must be told to trust it",
        certificate=str(certificate_file),
        application_uri=endpoint.own_uri,
    )


def self_signed(
    key: rsa.RSAPrivateKey,
    common_name: str,
    application_uri: str,
    *,
    hosts: tuple[x509.GeneralName, ...] = (),
    valid_from: datetime | None = None,
    valid_days: int = VALID_DAYS,
) -> x509.Certificate:
    """Make an application instance certificate for this host, or for `hosts`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
    begin = valid_from or datetime.now(UTC) - CLOCK_SKEW
    names = [
        x509.UniformResourceIdentifier(application_uri),
        *(hosts or (x509.DNSName(socket.gethostname()),)),
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=valid_days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage(USES), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=True,
    data_encipherment=True,
    key_cert_sign=True,  # a self-signed certificate signs one: itself
    key_agreement=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
