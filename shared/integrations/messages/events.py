"""Events: what happened, once, in words and facts."""

from enum import StrEnum

from msgspec import Struct, field

from .fields import SCHEMA_VERSION, Nanoseconds, Token, Version


class Severity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened to a device, a sensor or a service."""

    schema: Version = SCHEMA_VERSION
    site: Token
    service: Token
    instance: Token
    subject_id: Token
    """Device, sensor or part the event is about; the last token of its subject."""
    kind: Token
    """For example connection_state, circuit_state, sensor_stale, unit_unknown, outbox_gap."""
    severity: Severity
    time: Nanoseconds
    text: str
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)
