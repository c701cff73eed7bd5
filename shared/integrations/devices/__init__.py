"""Device classes, a folder each, on one BaseConnector."""

from .base import BaseConnector, StateChange
from .config import ConnectionConfig, ConnectionState, HealthStatus, SimulationPolicy
from .errors import DeviceError, NotConnectedError
from .polled import PolledConnector
from .samples import Channel, DeviceEvent, Sample

__all__ = [
    "BaseConnector",
    "Channel",
    "ConnectionConfig",
    "ConnectionState",
    "DeviceError",
    "DeviceEvent",
    "HealthStatus",
    "NotConnectedError",
    "PolledConnector",
    "Sample",
    "SimulationPolicy",
    "StateChange",
]
