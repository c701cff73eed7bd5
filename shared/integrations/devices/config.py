"""Configuration that every connector has in common, and the words for its states."""

import os
from datetime import datetime
from enum import Enum, StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from integrations.configuration import Checked, ConfigurationError, Fault

Port = Annotated[int, Meta(ge=1, le=65535)]
Seconds = Annotated[float, Meta(ge=0)]
PositiveSeconds = Annotated[float, Meta(gt=0)]


class ConnectionState(Enum):
    """Where a connector stands."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    FAILED = "failed"
    CIRCUIT_OPEN = "circuit_open"


class SimulationPolicy(StrEnum):
    """What a connector does about simulated readings."""

    FALLBACK = "fallback"
    """Simulate while the device cannot be reached, and keep trying the device."""
    NEVER = "never"
    """No simulated reading, ever: `connect()` returns False and goes on trying."""
    ALWAYS = "always"
    """Never touch the network."""


class ConnectionConfig(Checked, frozen=True):
    """How to reach a device and how patient to be with it.

    The wait before retry k (from 0) is retry_delay_seconds × retry_backoff_multiplier^k, at most
    max_retry_delay_seconds.
    """

    host: Annotated[str, Meta(min_length=1)]
    """Host name or address; a device path such as /dev/ttyUSB0 for a serial line."""
    port: Port
    timeout_seconds: PositiveSeconds = 30.0
    max_retries: Annotated[int, Meta(ge=0, le=1000)] = 3
    retry_delay_seconds: Seconds = 5.0
    retry_backoff_multiplier: Annotated[float, Meta(ge=1)] = 2.0
    max_retry_delay_seconds: Seconds = 300.0
    enable_circuit_breaker: bool = True
    circuit_failure_threshold: Annotated[int, Meta(ge=1)] = 5
    circuit_timeout_seconds: Seconds = 60.0
    health_check_interval_seconds: PositiveSeconds = 30.0
    connection_pool_size: Annotated[int, Meta(ge=1, le=64)] = 5
    enable_metrics: bool = True
    simulated: bool = False
    """The device is itself a simulator: what it answers is marked as simulated."""
    simulation: SimulationPolicy = SimulationPolicy.FALLBACK
    """The environment variable SIMULATION overrides it."""


class HealthStatus(Struct):
    """What the last health check found."""

    is_healthy: bool
    state: ConnectionState
    last_check: datetime
    consecutive_failures: int = 0
    last_error: str | None = None
    response_time_ms: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def simulation_policy(config: ConnectionConfig) -> SimulationPolicy:
    """Return the policy in force: SIMULATION from the environment, else the configured one."""
    text = os.environ.get("SIMULATION", "").strip().lower()
    if not text:
        return config.simulation
    try:
        return SimulationPolicy(text)
    except ValueError:
        allowed = f"must be one of {', '.join(SimulationPolicy)}"
        raise ConfigurationError([Fault("environment", "SIMULATION", text, allowed)]) from None
