"""SCADA systems: tags over OPC UA or Modbus, read, reported, written where that is allowed."""

from integrations.devices.classes import DeviceClass, one_each

from .config import SCADAConnectionConfig
from .connector import SCADAConnector
from .errors import BadTagError, UnknownTagError
from .expectations import expectations
from .fields import SCADAProtocol
from .tags import TagConfig, TagType
from .values import DataQuality, SCADATag

DEVICE_CLASS = DeviceClass(
    "scada",
    SCADAConnectionConfig,
    connectors=one_each(SCADAConnector),
    id_key="scada_id",
    expectations=expectations,
    environment=(
        "username",
        "password",
        "password_file",
        "path",
        "security_policy",
        "security_mode",
        "pki_folder",
        "certificate_file",
        "key_file",
        "trust_folder",
        "user_certificate_file",
        "user_key_file",
    ),
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
