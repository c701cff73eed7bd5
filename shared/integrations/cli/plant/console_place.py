"""Where `gl003 run` has the console, and how one gets in."""

import secrets
import socket
from dataclasses import dataclass

from integrations.runtime.console.config import DEFAULT_PORT, ConsoleSettings

TOKEN_BYTES = 12


@dataclass(frozen=True)
class ConsolePlace:
    """Address for people, and what its service is told in the environment."""

    address: str
    variables: dict[str, str]


def console_place(settings: ConsoleSettings) -> ConsolePlace:
    """Return the configured place; the usual port makes room for a free one when it is taken.

    Where there is no way to log in, a token is made for this run. It stands behind a # of the address, which
    browsers send to nobody.
    """
    variables, entrance = {}, ""
    port = settings.port
    if port == DEFAULT_PORT and not _is_free(settings.host, port):
        port = _free_port(settings.host)
        variables["CONSOLE_PORT"] = str(port)
    if not settings.has_login:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        variables["CONSOLE_OPERATOR_TOKEN"] = token
        entrance = f"#token={token}"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return ConsolePlace(f"http://{host}:{port}/{entrance}", variables)


def _is_free(host: str, port: int) -> bool:
    try:
        with _bound(host, port):
            return True
    except OSError:
        return False


def _free_port(host: str) -> int:
    with _bound(host, 0) as probe:
        port: int = probe.getsockname()[1]
        return port


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)
