"""The folders of a trust list, for people: what is trusted, what was rejected, and moving between the two.

Source: OPC UA Part 12 §7.8 (folders of a trust list).
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from .endpoint import OpcUaEndpoint
from .own_certificate import subject_uris
from .trust import certificates_in, thumbprint

_PLACEHOLDER_HOST = "localhost"


class Standing(StrEnum):
    """How we stand to a certificate."""

    TRUSTED = "trusted"
    REJECTED = "rejected"
    ISSUER = "issuer"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Entry:
    """A certificate in one of the folders."""

    standing: Standing
    file: Path
    certificate: x509.Certificate

    @property
    def thumbprint(self) -> str:
        """SHA-1 thumbprint in hexadecimal digits."""
        return thumbprint(self.certificate)

    @property
    def application_uri(self) -> str:
        """URI of the application it was made for; empty where it names none."""
        return next(iter(subject_uris(self.certificate)), "")


class UnknownCertificateError(LookupError):
    """No certificate, or more than one, has that thumbprint; the text says which there are."""


def entries(pki_folder: Path) -> list[Entry]:
    """Return what is in the folders; files that hold no certificate are passed over."""
    return [
        Entry(standing, file, certificate)
        for standing, folder in _folders(pki_folder).items()
        for file, certificate in certificates_in(folder)
    ]


def move(pki_folder: Path, digits: str, *, to: Standing) -> Entry:
    """Move the certificate whose thumbprint begins with `digits` between trusted and rejected.

    Raises:
        UnknownCertificateError: none, or several, of those that are not there yet.
        OSError: it cannot be moved.
    """
    came_from = Standing.REJECTED if to is Standing.TRUSTED else Standing.TRUSTED
    there = [entry for entry in entries(pki_folder) if entry.standing is came_from]
    wanted = digits.replace(":", "").replace(" ", "").upper()
    found = [entry for entry in there if wanted and entry.thumbprint.startswith(wanted)]
    if len({entry.thumbprint for entry in found}) != 1:
        known = ", ".join(sorted({entry.thumbprint for entry in found or there})) or "none"
        raise UnknownCertificateError(
            f"thumbprint must be that of one {came_from} certificate, got {digits!r}; there: {known}"
        )
    folder = _folders(pki_folder)[to]
    folder.mkdir(parents=True, exist_ok=True)
    for entry in found:
        entry.file.replace(folder / entry.file.name)
    return Entry(to, folder / found[0].file.name, found[0].certificate)


def _folders(pki_folder: Path) -> dict[Standing, Path]:
    endpoint = OpcUaEndpoint(host=_PLACEHOLDER_HOST, pki_folder=str(pki_folder))
    return {
        Standing.TRUSTED: endpoint.trusted,
        Standing.REJECTED: endpoint.rejected,
        Standing.ISSUER: endpoint.issuers,
        Standing.OWN: endpoint.own_certificate.parent,
    }
