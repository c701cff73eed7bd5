"""Who may look and who may act: by token, by session, or by the header of a proxy that is trusted."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.runtime.console.config import ConsoleSettings

COOKIE = "gl003_console"
_VIEWER, _OPERATOR = "viewer", "operator"
_PURPOSE = b"gl003 console session\0"


@dataclass(frozen=True)
class Visitor:
    """Somebody who may look."""

    name: str
    may_reset: bool
    until: float | None = None
    """When the session ends, in seconds since 1970."""


class Gate:
    """Knows visitors.

    A session is signed with a key that is made from its token: it outlives a restart of the console and ends
    with the token. Nothing of it is stored.
    """

    def __init__(self, settings: ConsoleSettings, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._now = now
        secrets = {_VIEWER: settings.secret("token"), _OPERATOR: settings.secret("operator_token")}
        self._tokens = {right: token.encode() for right, token in secrets.items() if token}

    @property
    def takes_tokens(self) -> bool:
        """Whether there is a token to log in with."""
        return bool(self._tokens)

    def login(self, token: str) -> str | None:
        """Return the value of the session's cookie; None where the token is none."""
        right = self._right_of(token)
        if right is None:
            return None
        until = str(int(self._now() + self._settings.session_hours * 3600))
        return f"{right}.{until}.{self._signature(right, until)}"

    def visitor(self, headers: Mapping[str, str], cookies: Mapping[str, str], address: str) -> Visitor | None:
        """Return who asks; None for a stranger and for whom the time is over."""
        return (
            self._by_header(headers, address)
            or self._by_bearer(headers.get("authorization", ""))
            or self._by_session(cookies.get(COOKIE, ""))
        )

    def _by_header(self, headers: Mapping[str, str], address: str) -> Visitor | None:
        name = self._settings.user_header
        user = headers.get(name.lower(), "") if name and address in self._settings.trusted_proxies else ""
        return Visitor(user[:256], user in self._settings.operators) if user else None

    def _by_bearer(self, header: str) -> Visitor | None:
        scheme, _, token = header.partition(" ")
        right = self._right_of(token.strip()) if scheme.lower() == "bearer" else None
        return Visitor(right, right == _OPERATOR) if right else None

    def _by_session(self, cookie: str) -> Visitor | None:
        right, _, rest = cookie.partition(".")
        until, _, signature = rest.partition(".")
        if right not in self._tokens or not (until.isascii() and until.isdecimal() and len(until) < 16):
            return None
        if not hmac.compare_digest(signature.encode(), self._signature(right, until).encode()):
            return None
        return Visitor(right, right == _OPERATOR, float(until)) if self._now() < float(until) else None

    def _right_of(self, token: str) -> str | None:
        given, found = token.encode(), None
        for right, known in self._tokens.items():
            if hmac.compare_digest(given, known):
                found = right
        return found

    def _signature(self, right: str, until: str) -> str:
        key = hashlib.sha256(_PURPOSE + self._tokens[right]).digest()
        return hmac.new(key, f"{right}.{until}".encode(), hashlib.sha256).hexdigest()
