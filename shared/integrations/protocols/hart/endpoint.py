"""Where a gateway or HART-IP device is reached, and how."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked, Fault

HART_IP_PORT = 5094


class Transport(StrEnum):
    """What carries HART-IP messages."""

    UDP = "udp"
    TCP = "tcp"


class HartEndpoint(Checked, frozen=True):
    """A HART-IP server.

    `timeout_seconds` counts from a request to its answer, and for a session to open. `inactivity_seconds` is
    what the server is asked to wait before it closes a silent session; keep-alives come well before.
    `max_in_flight` requests are under way at a time, each to another device; more than one needs a server
    that can read them from one TCP segment.
    """

    host: str
    port: Annotated[int, Meta(ge=1, le=65535)] = HART_IP_PORT
    transport: Transport = Transport.UDP
    timeout_seconds: Annotated[float, Meta(gt=0, le=300)] = 3.0
    inactivity_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
    max_in_flight: Annotated[int, Meta(ge=1, le=64)] = 4

    def faults(self) -> Iterable[Fault]:
        """Check that there is an address."""
        if not self.host:
            yield Fault("", "host", self.host, "must be a name or an address")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
