"""Requests to a service and their replies."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from .fields import SCHEMA_VERSION, Label, Nanoseconds, Origin, Token, Version
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


class WriteRequest(Struct, frozen=True, kw_only=True):
    """A value for one tag of a device, and who wants it written; who may send it is up to the bus."""

    tag: Label
    value: bool | int | float | Annotated[str, Meta(max_length=4096)]
    caller: Annotated[str, Meta(min_length=1, max_length=128, description="who asks, for the audit event")]
    device_id: Token | None = None
    """May be left out where the service has one device that can be written to."""


class WriteReply(Struct, frozen=True, kw_only=True):
    """Answer of the `write` endpoint: whether the device has the value, as read back, and if not, why not."""

    schema: Version = SCHEMA_VERSION
    device_id: Token
    tag: Label
    written: bool
    reason: str = ""
    old: bool | int | float | str | None = None
    """Value before; null where it was not read."""
    new: bool | int | float | str | None = None
    """Value read back; null where it was not read."""


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
