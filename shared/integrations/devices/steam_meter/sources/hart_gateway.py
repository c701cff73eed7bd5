"""HART devices behind a Modbus gateway that keeps their variables in registers.

Endress+Hauser SWG70, manual's table of Modbus registers: twelve input registers a device from 300013 on,
which are analog value, PV, SV, TV and QV as float32, modem status and field device status.
"""

from collections.abc import Iterator

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_source import ModbusSource
from integrations.devices.steam_meter.endpoint import endpoint_of
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.readout import Quantity, Readout
from integrations.devices.steam_meter.registers import Alarm
from integrations.messages import Status
from integrations.protocols.hart import DeviceStatus
from integrations.protocols.modbus import FLOAT32, UINT16, ByteOrder, Function, Register, RegisterTable

from . import hart_variables
from .kind import Clock, NowNs
from .modbus import ModbusMeter

FIRST_DEVICE, REGISTERS_A_DEVICE = 12, 12
OFFSETS = {"PV": 2, "SV": 4, "TV": 6, "QV": 8}
STATUS_OFFSET = 11
STATUS = "device_status"


def faults(fields: SteamMeterFields) -> Iterator[Fault]:
    """Check what a gateway does not offer, and the table."""
    for key in ("poll_address", "hart_device"):
        if value := getattr(fields, key):
            allowed = "must be left out with hart_transport modbus: hart_address counts the gateway's devices"
            yield Fault("", key, value, allowed)
    if STATUS in [entry.text for entry in hart_variables.variables_of(fields).values()]:
        yield Fault("hart_variables", STATUS, STATUS, "is the name of the register of the device status")
        return
    try:
        table_of(fields)
    except ConfigurationError as error:
        yield from error.faults


def table_of(fields: SteamMeterFields) -> RegisterTable:
    """Return the registers of one device; the gateway does not say units, so the configuration does.

    Raises:
        ConfigurationError: a quantity cannot be read as configured.
    """
    base = FIRST_DEVICE + REGISTERS_A_DEVICE * fields.hart_address
    order = fields.byte_order or ByteOrder.ABCD
    quantities = hart_variables.readout(fields).quantities
    values = [
        Register(quantity.name, base + OFFSETS[variable], FLOAT32, Function.INPUT, order, unit=quantity.unit)
        for variable, quantity in zip(hart_variables.variables_of(fields), quantities, strict=True)
    ]
    status = Register(STATUS, base + STATUS_OFFSET, UINT16, Function.INPUT)
    return RegisterTable((*values, status))


def readout(fields: SteamMeterFields) -> Readout:
    """Return the quantities and the device status, which judges them as it does over HART-IP."""
    plain = hart_variables.readout(fields)
    named = dict(zip(hart_variables.variables_of(fields), plain.names, strict=True))
    primary = tuple(name for variable, name in named.items() if variable == "PV")
    others = tuple(name for variable, name in named.items() if variable != "PV")
    alarms = [_alarm(DeviceStatus.MALFUNCTION, "malfunction", Status.BAD_DEVICE_FAILURE, plain.names)]
    for bit, names in (
        (DeviceStatus.PRIMARY_VARIABLE_OUT_OF_LIMITS, primary),
        (DeviceStatus.NON_PRIMARY_VARIABLE_OUT_OF_LIMITS, others),
    ):
        if names:
            alarms.append(_alarm(bit, "value is out of its limits", Status.UNCERTAIN_EU_EXCEEDED, names))
    quantities = (*plain.quantities, Quantity(STATUS, "", 1.0))
    return Readout(quantities, tuple(alarms), plain.largest_count)


def _alarm(bit: DeviceStatus, text: str, status: Status, about: tuple[str, ...]) -> Alarm:
    return Alarm(STATUS, bit.value, bit.value, text, status, about)


def source(fields: SteamMeterFields, clock: Clock, now_ns: NowNs) -> ModbusMeter:
    """Return the meter's source."""
    unit = ModbusSource(
        endpoint_of(fields),
        fields.slave_address,
        table_of(fields),
        timeout_seconds=fields.timeout_seconds,
        clock=clock,
        now_ns=now_ns,
    )
    return ModbusMeter(unit)
