"""A meter that speaks HART: over HART-IP, or through a Modbus gateway."""

from collections.abc import Iterator

from integrations.configuration import Fault
from integrations.devices.modbus_config import LONGEST_TIMEOUT_SECONDS, is_device_path
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.kinds import HartTransport
from integrations.devices.steam_meter.readout import MeterPoll, MeterSource, Readout
from integrations.protocols.hart import (
    Address,
    FrameError,
    HartDevice,
    HartEndpoint,
    HartLink,
    HartLinks,
    LongTag,
    Transport,
)

from . import hart_gateway, hart_variables
from .given_units import GivenUnits
from .kind import Clock, NowNs, SourceKind


def faults(fields: SteamMeterFields) -> Iterator[Fault]:
    """Check variables, address and transport."""
    if fields.register_map:
        allowed = "must be left out with protocol hart: hart_variables says what is read"
        yield Fault("", "register_map", fields.register_map, allowed)
    found = list(hart_variables.variable_faults(fields))
    yield from found
    if found:
        return
    if fields.hart_transport is HartTransport.MODBUS:
        yield from hart_gateway.faults(fields)
        return
    if is_device_path(fields.host):
        yield Fault("", "host", fields.host, "must be a name or an address unless hart_transport is modbus")
    yield from _address_faults(fields)


def _address_faults(fields: SteamMeterFields) -> Iterator[Fault]:
    if fields.hart_address and fields.poll_address and fields.hart_address != fields.poll_address:
        allowed = f"must be left out or hart_address = {fields.hart_address}: both say which device it is"
        yield Fault("", "poll_address", fields.poll_address, allowed)
    if not fields.hart_device:
        return
    if number := polling_address_of(fields):
        allowed = f"must be left out beside the polling address {number}: both say which device it is"
        yield Fault("", "hart_device", fields.hart_device, allowed)
    try:
        LongTag(fields.hart_device).encode()
    except FrameError as error:
        yield Fault("", "hart_device", fields.hart_device, f"cannot be used: {error.what}")


def polling_address_of(fields: SteamMeterFields) -> int:
    """Return the polling address, whichever of the two keys says it."""
    return fields.poll_address or fields.hart_address


def address_of(fields: SteamMeterFields) -> Address | str:
    """Return the long address, the tag or the polling address that the device is known by."""
    if not fields.hart_device:
        return Address.polling(polling_address_of(fields))
    try:
        return Address.parse(fields.hart_device)
    except FrameError:
        return fields.hart_device


class HartMeter:
    """A device on a link that other meters may share."""

    def __init__(self, fields: SteamMeterFields, clock: Clock, now_ns: NowNs) -> None:
        self._fields = fields
        self._clock, self._now_ns = clock, now_ns
        self._variables = tuple(variable.lower() for variable in hart_variables.variables_of(fields))
        self._convert = GivenUnits(fields.meter_id, hart_variables.readout(fields).quantities)
        self._device: HartDevice | None = None

    @property
    def connection(self) -> HartLink | None:
        """The link while it is held."""
        return self._device.link if self._device else None

    async def poll(self) -> MeterPoll:
        """Read the variables; errors as HartDevice.poll."""
        if self._device is None:
            self._device = self._open()
        poll = await self._device.poll()
        values, status = self._convert(poll.values, poll.status, poll.units)
        return MeterPoll(poll.time_ns, values, status)

    async def close(self) -> None:
        """Give the link back."""
        device, self._device = self._device, None
        if device:
            await HartLinks.current().release(device.link)

    def _open(self) -> HartDevice:
        fields = self._fields
        endpoint = HartEndpoint(
            host=fields.host,
            port=fields.port,
            transport=Transport(fields.hart_transport.value),
            timeout_seconds=min(fields.timeout_seconds, LONGEST_TIMEOUT_SECONDS),
        )
        return HartDevice(
            HartLinks.current().acquire(endpoint),
            address_of(fields),
            quantities=self._variables,
            timeout_seconds=endpoint.timeout_seconds,
            clock=self._clock,
            now_ns=self._now_ns,
        )


def readout(fields: SteamMeterFields) -> Readout:
    """Return what is read."""
    if fields.hart_transport is HartTransport.MODBUS:
        return hart_gateway.readout(fields)
    return hart_variables.readout(fields)


def source(fields: SteamMeterFields, clock: Clock, now_ns: NowNs) -> MeterSource:
    """Return the meter's source."""
    if fields.hart_transport is HartTransport.MODBUS:
        return hart_gateway.source(fields, clock, now_ns)
    return HartMeter(fields, clock, now_ns)


def place(fields: SteamMeterFields) -> str:
    """Say which device it is."""
    return f"HART device {fields.hart_device or polling_address_of(fields)}"


KIND = SourceKind(faults, readout, source, "hart_variables", place)
