"""The plant's own certificate authority, and the certificates of server and clients.

Source: RFC 5280; what Python 3.13 and Go verify by default.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from integrations.runtime.security.files import write_public, write_secret

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 825
"""The longest that common TLS libraries accept of a server."""
CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class Authority:
    """Signs for one plant; whoever has its key may add users' certificates, so keep it off the plant."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(self, name: str, certificate_file: Path, key_file: Path, hosts: Sequence[str] = ()) -> None:
        """Write a certificate and its key: a server's, reached as `hosts`; without any a client's."""
        key = ec.generate_private_key(ec.SECP256R1())
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH]  # of servers too: in a cluster they are clients
        if hosts:
            uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
        builder = _builder(name, self.certificate.subject, key, CERTIFICATE_DAYS)
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if hosts:
            names = x509.SubjectAlternativeName([_name_of(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        write_secret(key_file, _private_pem(key))
        write_public(certificate_file, _pem(builder.sign(self.key, hashes.SHA256())))


def make_authority(name: str, certificate_file: Path, key_file: Path) -> Authority:
    """Make a new authority and write it down."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(name, subject, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    write_secret(key_file, _private_pem(key))
    write_public(certificate_file, _pem(certificate))
    return Authority(certificate, key)


def read_authority(certificate_file: Path, key_file: Path) -> Authority:
    """Read an authority that was made before.

    Raises:
        ValueError: a file holds something else, or the two do not belong together.
        OSError: a file cannot be read.
    """
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise ValueError(f"{key_file} is not the key of {certificate_file}")
    return Authority(certificate, key)


def expires(certificate_file: Path) -> datetime:
    """Return until when a certificate is valid; errors as `read_authority`."""
    return x509.load_pem_x509_certificate(certificate_file.read_bytes()).not_valid_after_utc


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    begin = datetime.now(UTC) - CLOCK_SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name_of(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
