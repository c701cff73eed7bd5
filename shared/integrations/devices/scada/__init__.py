"""SCADA systems: tags over OPC UA or Modbus, read, reported, written where that is allowed."""

from integrations.devices.classes import DeviceClass, one_each

from .config import SCADAConnectionConfig, SCADAProtocol
from .connector import SCADAConnector
from .errors import BadTagError, UnknownTagError
from .expectations import expectations
from .tags import TagConfig, TagType
from .values import DataQuality, SCADATag

DEVICE_CLASS = DeviceClass(
    "scada",
    SCADAConnectionConfig,
    connectors=one_each(SCADAConnector),
    id_key="scada_id",
    expectations=expectations,
)

__all__ = [
    "DEVICE_CLASS",
    "BadTagError",
    "DataQuality",
    "SCADAConnectionConfig",
    "SCADAConnector",
    "SCADAProtocol",
    "SCADATag",
    "TagConfig",
    "TagType",
    "UnknownTagError",
]
