"""Health of a service and of the devices behind it, as its `health` endpoint answers."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from .fields import SCHEMA_VERSION, Label, Nanoseconds, Origin, Token, Version


class HealthState(StrEnum):
    """The service in one word."""

    STARTING = "starting"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """It works, but part of what it serves does not: a device is away, readings are simulated."""
    UNHEALTHY = "unhealthy"


class CircuitHealth(Struct, frozen=True):
    """State of one circuit breaker."""

    state: str
    failure_count: Annotated[int, Meta(ge=0)]


class DeviceHealth(Struct, frozen=True, kw_only=True):
    """One device behind an acquisition service."""

    device_id: Token
    address: str
    state: str
    """Connection state, lowercase."""
    origin: Origin
    last_sample: Nanoseconds | None = None
    last_error: str | None = None
    response_time_ms: float | None = None
    circuit: CircuitHealth | None = None


class Health(Struct, frozen=True, kw_only=True):
    """Answer of the `health` endpoint."""

    schema: Version = SCHEMA_VERSION
    site: Token
    service: Token
    instance: Token
    version: Label
    state: HealthState
    time: Nanoseconds
    uptime_seconds: Annotated[float, Meta(ge=0)]
    troubles: list[str] = []
    """What an operator should know first, in words."""
    devices: list[DeviceHealth] = []
