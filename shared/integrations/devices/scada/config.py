"""Configuration of a SCADA system, checked: how it is reached, as whom, and which tags are read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_config import LAST_RTU_ADDRESS, is_device_path
from integrations.messages import MessageError, check_token
from integrations.protocols.modbus import RegisterTable

from .endpoint import endpoint_of
from .fields import SCADAConnectionFields, SCADAProtocol
from .tags import TagConfig, TagType

OPC_DA_REMEDY = (
    "must be opc_ua, modbus_tcp or modbus_rtu: OPC DA is Windows COM and cannot be spoken from here; put an"
    " OPC UA wrapper (a UA gateway for DA servers) beside the DA server and set protocol = opc_ua, host and"
    " port to the wrapper"
)


class SCADAConnectionConfig(SCADAConnectionFields, frozen=True):
    """A SCADA system; the fields and their meaning are in SCADAConnectionFields."""

    def __repr__(self) -> str:
        return f"SCADAConnectionConfig({self.scada_id!r}, {self.protocol.value}, {self.host}:{self.port})"

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
