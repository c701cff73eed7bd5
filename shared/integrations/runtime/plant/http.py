"""Where a service answers probes and shows its metrics."""

from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked


class HttpSettings(Checked, frozen=True):
    """Host and port of /healthz, /readyz and /metrics; port 0 means nowhere."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
