"""Where the console is served, to whom, and how much of it anybody may have."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked, Fault, secret_from

SERVICE = "console"
DEFAULT_PORT = 8330
MIN_TOKEN = 12
Address = Annotated[str, Meta(min_length=1, max_length=64)]


class ConsoleSettings(Checked, frozen=True):
    """The table [console]; a token better comes as a file."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = DEFAULT_PORT
    token: str | None = None
    """Who has it may look."""
    token_file: str | None = None
    operator_token: str | None = None
    """Who has it may also close circuits again."""
    operator_token_file: str | None = None
    session_hours: Annotated[float, Meta(gt=0, le=720)] = 12.0
    https: bool = False
    """Whether browsers come by https, through a proxy: the session's cookie then goes no other way."""
    user_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]*\Z", max_length=64)] = ""
    """Header in which a proxy that has done the OIDC login names the user; empty for none."""
    trusted_proxies: tuple[Address, ...] = ("127.0.0.1", "::1")
    """Addresses from which that header is believed."""
    operators: tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...] = ()
    """Users by that header who may close circuits again."""
    max_browsers: Annotated[int, Meta(ge=1, le=10_000)] = 200
    max_browsers_each: Annotated[int, Meta(ge=1, le=10_000)] = 20
    """From one address."""

    def faults(self) -> Iterable[Fault]:
        """Yield tokens that are given twice, too short, or the same for both rights."""
        for key in ("token", "operator_token"):
            given = getattr(self, key)
            if given is not None and getattr(self, f"{key}_file") is not None:
                yield Fault("", f"{key}_file", "given", f"must be left out beside {key}")
            elif given is not None and len(given) < MIN_TOKEN:
                yield Fault("", key, "***", f"must have at least {MIN_TOKEN} characters")
        if self.token is not None and self.token == self.operator_token:
            yield Fault("", "operator_token", "***", "must be another than token")
        if self.operators and not self.user_header:
            yield Fault("", "operators", ", ".join(self.operators), "must come together with user_header")

    @property
    def has_login(self) -> bool:
        """Whether there is any way in."""
        tokens = (self.token, self.token_file, self.operator_token, self.operator_token_file)
        return bool(self.user_header) or any(one is not None for one in tokens)

    def secret(self, key: str) -> str | None:
        """Return `token` or `operator_token`, from its file where it has one.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        path: str | None = getattr(self, f"{key}_file")
        given: str | None = getattr(self, key)
        return secret_from(f"{key}_file", path) if path is not None else given

    def __repr__(self) -> str:
        return f"ConsoleSettings(host={self.host!r}, port={self.port})"
