"""Requests to a service and their replies."""

from typing import Any

from msgspec import Struct, field

from .fields import SCHEMA_VERSION, Nanoseconds, Origin, Token, Version
from .readings import RawColumn


class DeviceRequest(Struct, frozen=True):
    """Which device is meant; an empty body or no device means all of the service's."""

    device_id: Token | None = None


class DeviceReading(Struct, frozen=True):
    """One device, read now: its columns, or why there are none."""

    device_id: Token
    time: Nanoseconds | None = None
    origin: Origin | None = None
    columns: list[RawColumn] = []
    error: str | None = None


class ReadReply(Struct, frozen=True, kw_only=True):
    """Answer of the `read` endpoint."""

    schema: Version = SCHEMA_VERSION
    devices: list[DeviceReading]


class CircuitReset(Struct, frozen=True, kw_only=True):
    """Answer of the `reset_circuit` endpoint: devices whose circuit is closed now."""

    schema: Version = SCHEMA_VERSION
    devices: list[Token]


class Metrics(Struct, frozen=True, kw_only=True):
    """Answer of the `metrics` endpoint: counts since the start, and OpenTelemetry's view of the process."""

    schema: Version = SCHEMA_VERSION
    service: Token
    instance: Token
    time: Nanoseconds
    counts: dict[str, int | float]
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """For each device what its connector's `get_metrics()` says."""
    telemetry: list[dict[str, Any]] = field(default_factory=list)
