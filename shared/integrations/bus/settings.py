"""How to reach the bus."""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta

from integrations.configuration import Checked, Fault

_SCHEMES = ("nats", "tls", "ws", "wss")


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
    token: str | None = None
    inbox_prefix: str | None = None
    """Where answers to us go; the server may let us listen there and nobody else. `_INBOX` otherwise."""
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
        for one, other in (("user", "password"), ("tls_key_file", "tls_certificate_file")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                yield Fault("", one, _given(getattr(self, one)), f"must come together with {other}")
        ways = [
            key
            for key in ("credentials_file", "nkey_seed_file", "user", "token")
            if getattr(self, key) is not None
        ]
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
        """The options of nats.connect that concern identity and TLS."""
        options = {
            "user_credentials": self.credentials_file,
            "nkeys_seed": self.nkey_seed_file,
            "user": self.user,
            "password": self.password,
            "token": self.token,
            "inbox_prefix": self.inbox_prefix,
            "tls": self.tls_context(),
            "tls_hostname": self.tls_server_hostname,
        }
        return {key: value for key, value in options.items() if value is not None}


def redacted(urls: str) -> str:
    """The URL or URLs without user, password and token, fit for a log."""
    return ",".join(_redacted_one(url) for url in urls.split(","))


def _redacted_one(url: str) -> str:
    scheme, mark, rest = url.rpartition("://")
    authority, slash, path = rest.partition("/")
    return scheme + mark + authority.rpartition("@")[2] + slash + path


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
