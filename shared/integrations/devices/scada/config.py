"""Configuration of a SCADA system: how it is reached, as whom, and which tags are read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby
from typing import Annotated

from msgspec import Meta

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_config import LAST_RTU_ADDRESS, ModbusDeviceConfig, is_device_path
from integrations.messages import MessageError, check_token
from integrations.protocols.modbus import RegisterTable
from integrations.protocols.opcua import SecurityMode, SecurityPolicy

from .default_tags import DEFAULT_TAGS
from .endpoint import endpoint_of
from .tags import TagConfig, TagType

OPC_DA_REMEDY = (
    "must be opc_ua, modbus_tcp or modbus_rtu: OPC DA is Windows COM and cannot be spoken from here; put an"
    " OPC UA wrapper (a UA gateway for DA servers) beside the DA server and set protocol = opc_ua, host and"
    " port to the wrapper"
)


class SCADAProtocol(StrEnum):
    """How a SCADA system is spoken to."""

    OPC_UA = "opc_ua"
    OPC_DA = "opc_da"
    """Not spoken here: configuring it names the way out."""
    MODBUS_TCP = "modbus_tcp"
    MODBUS_RTU = "modbus_rtu"
    """Serial when `host` is a device path (/dev/ttyUSB0, COM3), else RTU frames over TCP to a gateway."""


class SCADAConnectionConfig(ModbusDeviceConfig, frozen=True):
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

    def __repr__(self) -> str:
        return f"SCADAConnectionConfig({self.scada_id!r}, {self.protocol.value}, {self.host}:{self.port})"

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

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        if self.protocol is SCADAProtocol.OPC_DA:
            yield Fault("", "protocol", self.protocol, OPC_DA_REMEDY)
            return
        try:
            check_token("scada_id", self.scada_id)
        except MessageError:
            yield Fault("", "scada_id", self.scada_id, "must be letters, digits, _ or -")
        yield from self._name_faults()
        yield from self._modbus_faults() if self.uses_modbus else self._opcua_faults()

    def _name_faults(self) -> Iterator[Fault]:
        """Names are unique, also where they have become tokens, and fit a sensor id."""
        for name, count in Counter(tag.tag_name for tag in self.table).items():
            if count > 1:
                yield Fault("tags", "tag_name", name, "must be used once only")
        by_token = sorted({tag.tag_name: tag.token for tag in self.table}.items(), key=lambda pair: pair[1])
        for token, pairs in groupby(by_token, key=lambda pair: pair[1]):
            first, *others = (name for name, _ in pairs)
            for name in others:
                allowed = f"must differ from {first} in more than signs: both are {token} in subjects"
                yield Fault("tags", "tag_name", name, allowed)
        for tag in self.table:
            if len(self.sensor_id(tag)) > 128:
                allowed = f"must leave room for scada_id in a sensor id of 128: {self.sensor_id(tag)}"
                yield Fault("tags", "tag_name", tag.tag_name, allowed)

    def _opcua_faults(self) -> Iterator[Fault]:
        if is_device_path(self.host):
            yield Fault("", "host", self.host, "must be a name or an address unless protocol is modbus_rtu")
        if self.password and self.password_file:
            yield Fault("", "password_file", self.password_file, "must be left out beside password")
        if self.password_file and not self.username:
            yield Fault("", "username", self.username, "must be given with a password_file")
        try:
            endpoint_of(self, self.password or "")
        except ConfigurationError as error:
            yield from error.faults

    def _modbus_faults(self) -> Iterator[Fault]:
        if self.protocol is SCADAProtocol.MODBUS_TCP and is_device_path(self.host):
            yield Fault("", "host", self.host, "must be a name or an address unless protocol is modbus_rtu")
        if self.protocol is SCADAProtocol.MODBUS_RTU and not 1 <= self.slave_address <= LAST_RTU_ADDRESS:
            allowed = f"must be 1..{LAST_RTU_ADDRESS} on a serial line"
            yield Fault("", "slave_address", self.slave_address, allowed)
        found = [fault.under(f"tags.{tag.tag_name}") for tag in self.table for fault in tag.modbus_faults()]
        yield from found
        if not found:
            try:
                self.register_table(self.table)
            except ConfigurationError as error:
                yield from (fault.under("tags") for fault in error.faults)

    def register_table(self, tags: Iterable[TagConfig]) -> RegisterTable:
        """Return the registers of some tags.

        Raises:
            ConfigurationError: they overlap, or one does not fit a request.
        """
        return RegisterTable(
            tuple(tag.register() for tag in tags), self.max_registers_per_request, self.max_register_gap
        )


def text_tags(config: SCADAConnectionConfig) -> frozenset[int]:
    """Return the places of the tags that are text: they have no sensor on the bus."""
    return frozenset(at for at, tag in enumerate(config.table) if tag.data_type is TagType.STRING)
