"""Every key of a SCADA system's configuration, with its default."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from integrations.devices.modbus_config import ModbusDeviceConfig
from integrations.protocols.opcua import SecurityMode, SecurityPolicy

from .default_tags import DEFAULT_TAGS
from .tags import TagConfig


class SCADAProtocol(StrEnum):
    """How a SCADA system is spoken to."""

    OPC_UA = "opc_ua"
    OPC_DA = "opc_da"
    """Not spoken here: configuring it names the way out."""
    MODBUS_TCP = "modbus_tcp"
    MODBUS_RTU = "modbus_rtu"
    """Serial when `host` is a device path (/dev/ttyUSB0, COM3), else RTU frames over TCP to a gateway."""


class SCADAConnectionFields(ModbusDeviceConfig, frozen=True):
    """A SCADA system; without `tags` the default table of a steam plant is read.

    OPC UA: with `enable_subscriptions` the server reports changes every `subscription_interval_ms`, else each
    tag is read every `scan_rate`. Certificates are laid out as `protocols.opcua.OpcUaEndpoint` says.
    """

    protocol: SCADAProtocol = SCADAProtocol.OPC_UA
    username: str | None = None
    password: str | None = None
    enable_subscriptions: bool = True
    subscription_interval_ms: Annotated[int, Meta(ge=10, le=3_600_000)] = 1000
    scada_id: Annotated[str, Meta(max_length=64)] = "scada_1"
    tags: tuple[TagConfig, ...] = ()
    allow_writes: bool = False
    """Whether tags that are `writable` may be written at all."""
    write_interval_seconds: Annotated[float, Meta(ge=0)] = 1.0
    """Least time between two writes of one tag."""
    backfill_seconds: Annotated[float, Meta(ge=0, le=604_800)] = 3600.0
    """How much of an outage is read from the server's history afterwards; 0 is nothing."""
    password_file: str = ""
    """File whose first line is the password."""
    path: str = ""
    """Behind host and port in the URL of an OPC UA server."""
    security_policy: SecurityPolicy = SecurityPolicy.NONE
    security_mode: SecurityMode | None = None
    pki_folder: str = "pki"
    certificate_file: str = ""
    key_file: str = ""
    trust_folder: str = ""
    user_certificate_file: str = ""
    user_key_file: str = ""
    slave_address: Annotated[int, Meta(ge=0, le=255)] = 1
    max_registers_per_request: Annotated[int, Meta(ge=1, le=125)] = 125
    max_register_gap: Annotated[int, Meta(ge=0, le=124)] = 8

    @property
    def table(self) -> tuple[TagConfig, ...]:
        """The tags that are read."""
        return self.tags or DEFAULT_TAGS

    @property
    def uses_modbus(self) -> bool:
        """Whether tags are registers."""
        return self.protocol in {SCADAProtocol.MODBUS_TCP, SCADAProtocol.MODBUS_RTU}

    @property
    def subscribes(self) -> bool:
        """Whether the server reports changes by itself."""
        return self.protocol is SCADAProtocol.OPC_UA and self.enable_subscriptions

    def sensor_id(self, tag: TagConfig) -> str:
        """Return the id under which the tag's readings travel."""
        return f"{self.scada_id}-{tag.token}"
