"""Whether a server's certificate is trusted: trust list, chain, dates, host name.

Source: OPC UA Part 4 §6.1.3 (certificate validation), Part 12 §7.8 (folders of a trust list).
"""

import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from .endpoint import OpcUaEndpoint
from .errors import ServerCertificateExpiredError, ServerCertificateUntrustedError
from .own_certificate import subject_uris

logger = structlog.get_logger(__name__)

MOST_REJECTED = 100
LONGEST_CHAIN = 8
SUFFIXES = {".der", ".pem", ".crt", ".cer", ".cert"}


def check_server_certificate(
    sent: bytes | None, application_uri: str, endpoint: OpcUaEndpoint
) -> x509.Certificate:
    """Return the server's certificate if it is to be trusted; `sent` is DER, its chain behind it.

    Raises:
        ServerCertificateUntrustedError: it isn't, or cannot be read; it was put into the rejected folder.
        ServerCertificateExpiredError: it is trusted, and out of date.
    """
    chain = chain_of(sent, endpoint)
    leaf = chain[0]
    if not is_trusted(chain, endpoint):
        file = _reject(leaf, endpoint)
        raise ServerCertificateUntrustedError(
            f"certificate {describe(leaf)} of the server is not trusted. If it is the right one (compare the"
            f" thumbprint at the server), move {file} to {endpoint.trusted}",
            server=endpoint.address,
        )
    begin, end, now = leaf.not_valid_before_utc, leaf.not_valid_after_utc, datetime.now(UTC)
    if not begin <= now <= end:
        raise ServerCertificateExpiredError(
            f"certificate {describe(leaf)} of the server is valid from {begin:%Y-%m-%d %H:%M} to"
            f" {end:%Y-%m-%d %H:%M} UTC, now is {now:%Y-%m-%d %H:%M}: the server needs a new one, or a clock"
            " is wrong",
            server=endpoint.address,
        )
    _warn_of_names(leaf, application_uri, endpoint)
    return leaf


def describe(certificate: x509.Certificate) -> str:
    """Subject and SHA-1 thumbprint, as certificate tools show them."""
    return f"{certificate.subject.rfc4514_string()} (thumbprint {thumbprint(certificate)})"


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-1 thumbprint, by which OPC UA names certificates."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  # a name, not a proof: Part 6 asks for it


def chain_of(sent: bytes | None, endpoint: OpcUaEndpoint) -> list[x509.Certificate]:
    """Read what a server sent: its certificate, and those of its issuers behind it."""
    rest = sent or b""
    chain: list[x509.Certificate] = []
    try:
        while rest and len(chain) < LONGEST_CHAIN:
            # DER: 0x30 0x82 and two bytes of length; certificates stand one behind the other
            length = int.from_bytes(rest[2:4], "big") + 4
            chain.append(x509.load_der_x509_certificate(rest[:length]))
            rest = rest[length:]
    except ValueError as error:
        raise ServerCertificateUntrustedError(
            f"the server's certificate cannot be read: {error}", server=endpoint.address
        ) from error
    if not chain:
        raise ServerCertificateUntrustedError("the server sent no certificate", server=endpoint.address)
    return chain


def is_trusted(chain: list[x509.Certificate], endpoint: OpcUaEndpoint) -> bool:
    """Whether the leaf, or an issuer of it, is in the trust list."""
    trusted = {certificate for _, certificate in certificates_in(endpoint.trusted)}
    issuers = [*trusted, *chain[1:], *(each for _, each in certificates_in(endpoint.issuers))]
    current, now = chain[0], datetime.now(UTC)
    for _ in range(LONGEST_CHAIN):
        if current in trusted:
            return True
        issuer = next((issuer for issuer in issuers if issuer != current and _issued(current, issuer)), None)
        if issuer is None or not issuer.not_valid_before_utc <= now <= issuer.not_valid_after_utc:
            return False
        current = issuer
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca


def certificates_in(folder: Path) -> Iterable[tuple[Path, x509.Certificate]]:
    """Yield the certificates in a folder and their files; a file that holds none is told of."""
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() not in SUFFIXES:
            continue
        try:
            content = file.read_bytes()
            if content.lstrip().startswith(b"-----"):
                yield from ((file, each) for each in x509.load_pem_x509_certificates(content))
            else:
                yield file, x509.load_der_x509_certificate(content)
        except (OSError, ValueError) as error:
            logger.warning("a file in the trust list is no certificate", file=str(file), error=str(error))


def _reject(certificate: x509.Certificate, endpoint: OpcUaEndpoint) -> Path:
    """Keep the certificate where people look for it, and make the folder that they will move it to.

    The oldest go when there are too many.
    """
    folder = endpoint.rejected
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    common_name = "".join(
        c if c.isalnum() or c in " -._@" else "_" for c in str(names[0].value if names else "")
    )
    file = folder / f"{common_name[:64]} [{thumbprint(certificate)}].der"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(certificate.public_bytes(Encoding.DER))
        kept = sorted(folder.glob("*.der"), key=lambda path: path.stat().st_mtime)
        for old in kept[:-MOST_REJECTED]:
            old.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("a rejected certificate cannot be kept", file=str(file), error=str(error))
    with suppress(OSError):  # whoever keeps it may not let us write there
        endpoint.trusted.mkdir(parents=True, exist_ok=True)
    return file


def _warn_of_names(leaf: x509.Certificate, application_uri: str, endpoint: OpcUaEndpoint) -> None:
    if application_uri not in subject_uris(leaf):
        logger.warning(
            "the server's certificate is for another application",
            server=endpoint.address,
            application_uri=application_uri,
            in_certificate=subject_uris(leaf),
        )
    if endpoint.server_host not in (hosts := _hosts(leaf)):
        logger.warning(
            "the server's certificate is for another host",
            server=endpoint.address,
            host=endpoint.server_host,
            in_certificate=sorted(hosts),
        )


def _hosts(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [
        address
        for address in names.get_values_for_type(x509.IPAddress)
        if isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address)
    ]
    return {name.lower() for name in names.get_values_for_type(x509.DNSName)} | {str(ip) for ip in addresses}
