"""Where an OPC UA server is reached, how securely and as whom."""

import socket
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from integrations.configuration import Checked, Fault

SCHEME = "opc.tcp"
DEFAULT_PORT = 4840


class SecurityPolicy(StrEnum):
    """Security policies by their names in OPC UA Part 7; those that are broken by now are left out."""

    NONE = "None"
    BASIC256SHA256 = "Basic256Sha256"
    AES128_SHA256_RSAOAEP = "Aes128Sha256RsaOaep"
    AES256_SHA256_RSAPSS = "Aes256Sha256RsaPss"


class SecurityMode(StrEnum):
    """What is done to messages."""

    NONE = "None"
    SIGN = "Sign"
    SIGN_AND_ENCRYPT = "SignAndEncrypt"


class OpcUaEndpoint(Checked, frozen=True):
    """A server by `url`, or by `host`, `port` and `path`; its security; the user.

    `security_mode` is SignAndEncrypt unless told otherwise, and None under the policy None. Without username
    and user certificate the user is anonymous. Certificates live in `pki_folder`, laid out as OPC UA Part 12
    has it: own/certs, own/private, trusted/certs, issuers/certs, rejected/certs; certificate, key and trust
    list may be elsewhere. Our certificate is made on first use.

    `timeout_seconds` is for each answer; `keep_alive_seconds` is how often the server is asked whether it is
    there, and how long it may be silent between changes.
    """

    url: str = ""
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = DEFAULT_PORT
    path: str = ""
    security_policy: SecurityPolicy = SecurityPolicy.NONE
    security_mode: SecurityMode | None = None
    username: str = ""
    password: str = ""
    user_certificate_file: str = ""
    user_key_file: str = ""
    pki_folder: str = "pki"
    certificate_file: str = ""
    key_file: str = ""
    trust_folder: str = ""
    application_uri: str = ""
    application_name: str = "GL-003 integrations"
    timeout_seconds: Annotated[float, Meta(gt=0, le=300)] = 5.0
    session_timeout_seconds: Annotated[float, Meta(ge=5, le=86_400)] = 60.0
    keep_alive_seconds: Annotated[float, Meta(gt=0, le=300)] = 3.0

    def faults(self) -> Iterable[Fault]:
        """Check that there is one address, and that security and user are told completely."""
        yield from self._address_faults()
        if self.security_policy is SecurityPolicy.NONE and self.security_mode not in {
            None,
            SecurityMode.NONE,
        }:
            yield Fault("", "security_mode", self.security_mode, "must be None under security_policy None")
        if self.security_policy is not SecurityPolicy.NONE and self.security_mode is SecurityMode.NONE:
            allowed = f"must be Sign or SignAndEncrypt under security_policy {self.security_policy.value}"
            yield Fault("", "security_mode", self.security_mode, allowed)
        if self.password and not self.username:
            yield Fault("", "username", self.username, "must be given with a password")
        if bool(self.user_certificate_file) != bool(self.user_key_file):
            missing = "user_key_file" if self.user_certificate_file else "user_certificate_file"
            yield Fault("", missing, "", "must be given: a user certificate needs both files")
        if self.username and self.user_certificate_file:
            allowed = "must be left out where user_certificate_file is given: a session has one user"
            yield Fault("", "username", self.username, allowed)

    def _address_faults(self) -> Iterable[Fault]:
        if bool(self.url) == bool(self.host):
            yield Fault("", "host" if self.url else "url", self.host, "either url or host must be given")
        if not self.url:
            return
        try:
            parts = urlsplit(self.url)
            is_right = parts.scheme == SCHEME and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_right = False
        if not is_right:
            yield Fault("", "url", self.url, f"must be {SCHEME}://host:port/path")
        elif parts.username is not None:
            yield Fault("", "password in url", "", "must go to username and password: urls are logged")

    def __repr__(self) -> str:
        return f"OpcUaEndpoint({self.address!r})"  # a Struct's own would show the password

    def __str__(self) -> str:
        return self.address

    @property
    def address(self) -> str:
        """The endpoint URL as configured."""
        if self.url:
            return self.url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{SCHEME}://{host}:{self.port}{'/' * bool(self.path)}{self.path.lstrip('/')}"

    @property
    def server_host(self) -> str:
        """Host to connect to."""
        return urlsplit(self.address).hostname or ""

    @property
    def mode(self) -> SecurityMode:
        """The security mode that holds."""
        if self.security_policy is SecurityPolicy.NONE:
            return SecurityMode.NONE
        return self.security_mode or SecurityMode.SIGN_AND_ENCRYPT

    @property
    def own_uri(self) -> str:
        """Our application URI, which stands in our certificate too."""
        return self.application_uri or f"urn:{socket.gethostname()}:GL003:integrations"

    @property
    def own_certificate(self) -> Path:
        """Our certificate, DER or PEM."""
        return Path(self.certificate_file or Path(self.pki_folder, "own", "certs", "gl003.der"))

    @property
    def own_key(self) -> Path:
        """Our private key, PEM or DER."""
        return Path(self.key_file or Path(self.pki_folder, "own", "private", "gl003.pem"))

    @property
    def user_files(self) -> tuple[Path, Path]:
        """The user's certificate and key."""
        return Path(self.user_certificate_file), Path(self.user_key_file)

    @property
    def trusted(self) -> Path:
        """Folder of the server and CA certificates that are trusted."""
        return Path(self.trust_folder or Path(self.pki_folder, "trusted", "certs"))

    @property
    def issuers(self) -> Path:
        """Folder of CA certificates that complete a chain, but are not trusted by themselves."""
        return Path(self.pki_folder, "issuers", "certs")

    @property
    def rejected(self) -> Path:
        """Folder where certificates of servers that are not trusted are put."""
        return Path(self.pki_folder, "rejected", "certs")
