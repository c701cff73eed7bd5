"""How to reach the bus."""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta

from integrations.configuration import Checked, Fault, secret_from

_SCHEMES = ("nats", "tls", "ws", "wss")
_LOGINS = ("credentials_file", "nkey_seed_file", "user", "token", "token_file")


class BusSettings(Checked, frozen=True):
    """Servers, who we are to them, and how far we trust them; secrets come as files or from the environment.

    Without `url` a server on 127.0.0.1:4222 is used, or one of our own is started.
    """

    url: str | None = None
    """One server or several, separated by commas: `nats://a:4222,nats://b:4222`."""
    name: str = ""
    """What the server's monitoring calls us."""
    credentials_file: str | None = None
    nkey_seed_file: str | None = None
    user: str | None = None
    password: str | None = None
    password_file: str | None = None
    """File with the password as its first line; better than the password itself."""
    token: str | None = None
    inbox_prefix: str | None = None
    """Where answers to us go; the server may let us listen there and nobody else. `_INBOX` otherwise."""
    token_file: str | None = None
    """The same for a token."""
    tls_ca_file: str | None = None
    tls_certificate_file: str | None = None
    tls_key_file: str | None = None
    tls_server_hostname: str | None = None
    tls_verify: bool = True
    connect_timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 2.0

    def faults(self) -> Iterable[Fault]:
        """A URL that is none, halves of pairs, two ways to log in, files that are not there."""
        for url in self.servers:
            if fault := _url_fault(url):
                yield Fault("", "url", redacted(url), fault)
        password = self.password if self.password is not None else self.password_file
        if (self.user is None) != (password is None):
            yield Fault("", "user", _given(self.user), "must come together with password or password_file")
        if (self.tls_key_file is None) != (self.tls_certificate_file is None):
            allowed = "must come together with tls_certificate_file"
            yield Fault("", "tls_key_file", _given(self.tls_key_file), allowed)
        for one in ("password", "token"):
            if getattr(self, one) is not None and getattr(self, f"{one}_file") is not None:
                yield Fault("", f"{one}_file", "given", f"must be left out beside {one}")
        ways = [key for key in _LOGINS if getattr(self, key) is not None]
        if len(ways) > 1:
            yield Fault("", ways[1], "given", f"must not come together with {ways[0]}")
        for key in self.__struct_fields__:
            path = getattr(self, key)
            if key.endswith("_file") and path is not None and not Path(path).is_file():
                yield Fault("", key, path, "must be an existing file")

    @property
    def servers(self) -> list[str]:
        """The URLs one by one."""
        return [url.strip() for url in (self.url or "").split(",") if url.strip()]

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={redacted(url)!r}" for key, url in (("url", self.url),) if url)
        return f"BusSettings({shown})"

    def tls_context(self) -> ssl.SSLContext | None:
        """What to check of the server and to show it; None leaves it to the URL's scheme."""
        if not (self.tls_ca_file or self.tls_certificate_file or not self.tls_verify):
            return None
        context = ssl.create_default_context(cafile=self.tls_ca_file)
        if self.tls_certificate_file:
            context.load_cert_chain(self.tls_certificate_file, self.tls_key_file)
        if not self.tls_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def login_options(self) -> dict[str, Any]:
        """The options of nats.connect that concern identity and TLS.

        Raises:
            ConfigurationError: a secret's file cannot be read.
        """
        options = {
            "user_credentials": self.credentials_file,
            "nkeys_seed": self.nkey_seed_file,
            "user": self.user,
            "inbox_prefix": self.inbox_prefix,
            "password": self._secret("password"),
            "token": self._secret("token"),
            "tls": self.tls_context(),
            "tls_hostname": self.tls_server_hostname,
        }
        return {key: value for key, value in options.items() if value is not None}

    def _secret(self, key: str) -> str | None:
        file = f"{key}_file"
        path: str | None = getattr(self, file)
        given: str | None = getattr(self, key)
        return secret_from(file, path) if path is not None else given


def redacted(urls: str) -> str:
    """The URL or URLs without user, password and token, fit for a log."""
    return ",".join(_redacted_one(url) for url in urls.split(","))


def _redacted_one(url: str) -> str:
    scheme, mark, rest = url.rpartition("://")
    return scheme + mark + rest.rpartition("@")[2]  # a password may have a slash that nobody has escaped


def _given(value: str | None) -> str:
    return "nothing" if value is None else "given"


def _url_fault(url: str) -> str | None:
    try:
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        port = parts.port
    except ValueError:
        return "must have a port 1 to 65535"
    if parts.scheme not in _SCHEMES:
        return f"must begin with {', '.join(f'{scheme}://' for scheme in _SCHEMES)}"
    if not parts.hostname or port == 0:
        return "must be like nats://host:4222"
    return None
