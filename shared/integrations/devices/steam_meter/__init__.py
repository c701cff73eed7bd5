"""Steam meters: flow, total and steam state, whatever the protocol."""

from integrations.devices.classes import DeviceClass, one_each

from .config import FlowMeasurementType, MeterProtocol, SteamMeterConfig
from .connector import SteamMeterConnector
from .expectations import expectations
from .readings import FlowReading, TotalizerState
from .totalizer import TotalizerEvent

DEVICE_CLASS = DeviceClass(
    "steam_meter",
    SteamMeterConfig,
    connectors=one_each(SteamMeterConnector),
    id_key="meter_id",
    expectations=expectations,
)

__all__ = [
    "DEVICE_CLASS",
    "FlowMeasurementType",
    "FlowReading",
    "MeterProtocol",
    "SteamMeterConfig",
    "SteamMeterConnector",
    "TotalizerEvent",
    "TotalizerState",
]
