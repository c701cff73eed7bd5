"""One tag of a SCADA system as configured: its name, where it is, what may be done with it."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked, ConfigurationError, Fault
from integrations.messages import token_from
from integrations.protocols.modbus import ByteOrder, Function, Register, RegisterType
from integrations.protocols.opcua import NodeSyntaxError, parse_node
from integrations.units import UnknownUnitError, parse_unit

TAG_NAMESPACE = 2
"""Namespace of a tag that names no node: there its NodeId is its name."""


class TagType(StrEnum):
    """What a tag's values are; text stays out of the bus, whose readings are numbers."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"
    STRING = "string"


class TagConfig(Checked, frozen=True):
    """A tag: `node` says where it is on an OPC UA server, `address` and its kin in a Modbus register table.

    Without `node` the NodeId is `ns=2;s=<tag_name>`. A number can be written only between `min_value` and
    `max_value`.
    """

    tag_name: Annotated[str, Meta(min_length=1, max_length=128)]
    description: str = ""
    data_type: TagType = TagType.FLOAT
    engineering_units: str = ""
    scan_rate: Annotated[int, Meta(ge=10, le=86_400_000)] = 1000
    """Milliseconds between readings; for a subscription, between the server's looks at the value."""
    quantity: Annotated[str, Meta(min_length=1, max_length=128)] = "value"
    """What is measured, as the bus calls it: pressure, temperature, flow_rate …"""
    writable: bool = False
    min_value: float | None = None
    max_value: float | None = None
    node: str = ""
    """NodeId (ns=2;s=Tag) or browse path (/Objects/2:Plant/2:STEAM.HEADER.PRESSURE)."""
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    """Smallest change that a subscription reports, in engineering units."""
    queue_size: Annotated[int, Meta(ge=1, le=10_000)] = 10
    """Changes that the server keeps for one publication."""
    address: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None
    """First Modbus register, counted from 0 as on the wire."""
    function: Function = Function.HOLDING
    type: RegisterType | None = None
    """How the registers are read; without it float32, or as `data_type` says: uint16, string."""
    order: ByteOrder = ByteOrder.ABCD
    scale: float = 1.0
    offset: float = 0.0
    bit: Annotated[int, Meta(ge=0, le=63)] | None = None
    bits: Annotated[int, Meta(ge=1, le=53)] = 1
    length: Annotated[int, Meta(ge=1, le=125)] | None = None
    """Registers of a string."""
    not_available: int | float | None = None

    @property
    def node_text(self) -> str:
        """The node, also where only the name says it."""
        return self.node or f"ns={TAG_NAMESPACE};s={self.tag_name}"

    @property
    def token(self) -> str:
        """The name as it stands in sensor ids: STEAM_HEADER_PRESSURE."""
        return token_from(self.tag_name)

    def register(self) -> Register:
        """Return the tag's Modbus register.

        Raises:
            ConfigurationError: it has no address, or its fields contradict each other.
        """
        return Register(
            self.tag_name,
            -1 if self.address is None else self.address,
            self.type or self._register_type(),
            self.function,
            self.order,
            self.scale,
            self.offset,
            self.engineering_units,
            self.bit,
            self.bits,
            self.length,
            self.not_available,
        )

    def faults(self) -> Iterable[Fault]:
        """Check unit, node and what is said about writing."""
        if self.engineering_units:
            try:
                parse_unit(self.engineering_units)
            except UnknownUnitError as error:
                yield Fault("", "engineering_units", self.engineering_units, f"must be a unit: {error}")
        try:
            parse_node(self.node_text)
        except NodeSyntaxError as error:
            yield Fault("", "node", self.node, f"cannot be read: {error}")
        yield from self._limit_faults()

    def modbus_faults(self) -> Iterator[Fault]:
        """Yield what keeps the tag from being read, or written, over Modbus."""
        if self.address is None:
            yield Fault("", "address", None, "must be given: the first register of the tag, from 0")
            return
        try:
            register = self.register()
        except ConfigurationError as error:
            yield from error.faults
            return
        if (register.type is RegisterType.STRING) != (self.data_type is TagType.STRING):
            yield Fault("", "type", register.type, f"must fit data_type = {self.data_type.value}")
        if self.writable and (self.function is not Function.HOLDING or self.bit is not None):
            yield Fault("", "writable", True, "must be false: only whole holding registers are written")
        if self.writable and self.data_type is TagType.STRING:
            yield Fault("", "writable", True, "must be false for a string in registers")

    def _limit_faults(self) -> Iterator[Fault]:
        low, high = self.min_value, self.max_value
        if low is not None and high is not None and low > high:
            yield Fault("", "min_value", low, f"must be at most max_value = {high:g}")
        if self.writable and self.data_type in {TagType.FLOAT, TagType.INT} and (low is None or high is None):
            missing = "min_value" if low is None else "max_value"
            yield Fault("", missing, None, "must be given: a number is written only between limits")

    def _register_type(self) -> RegisterType:
        if self.data_type is TagType.STRING:
            return RegisterType.STRING
        is_word = self.function.reads_bits or self.bit is not None or self.data_type is not TagType.FLOAT
        return RegisterType.UINT16 if is_word else RegisterType.FLOAT32
