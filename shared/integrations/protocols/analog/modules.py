"""Analog modules by name, from public manuals.

Source: Moxa ioLogik E1200 Series User's Manual, Modbus/TCP Default Address Mappings. Counts 0…65535 are the
range of the channel's mode; what lies outside is seen in its status only.
"""

from msgspec.structs import replace

from integrations.messages.status import Status
from integrations.protocols.modbus import Function

from .module import AnalogModule

_MOXA_STATUS = {
    1: Status.BAD_SENSOR_FAILURE,
    2: Status.UNCERTAIN_SENSOR_NOT_ACCURATE,
    3: Status.UNCERTAIN_SENSOR_NOT_ACCURATE,
}
"""Burn-out, over range, under range."""

MOXA_E1242 = AnalogModule(
    address=0x0200,
    channels=4,
    function=Function.INPUT,
    status_address=0x0240,
    status_words=_MOXA_STATUS,
)
"""ioLogik E1242: 30513 raw values, 30577 status, in mode 4–20 mA."""

MOXA_E1240 = replace(MOXA_E1242, address=0x0000, channels=8, status_address=0x003C)
"""ioLogik E1240: 30001 raw values, 30061 status, in mode 4–20 mA."""

MODULES = {
    "moxa_e1242": MOXA_E1242,
    "moxa_e1242_0_20ma": replace(MOXA_E1242, current_from_ma=0.0),
    "moxa_e1240": MOXA_E1240,
    "moxa_e1240_0_20ma": replace(MOXA_E1240, current_from_ma=0.0),
}
"""A channel's mode, 4–20 mA (also with burn-out) or 0–20 mA, is set on the module's web page."""

PLAIN = AnalogModule()
"""Channel c in holding register c, 0…65535 for 4–20 mA."""


def module_of(named: AnalogModule | str | None) -> AnalogModule:
    """Return the module itself, the one of that name, or the plain one.

    Raises:
        KeyError: no module has that name.
    """
    return MODULES[named] if isinstance(named, str) else named or PLAIN
