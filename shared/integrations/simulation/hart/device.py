"""A simulated HART field device: who it is, and where its values come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.protocols.hart import Address, FrameError, Identity, LongTag, TagDescriptorDate, unit_text
from integrations.simulation.errors import SimulationError
from integrations.simulation.instruments import Instruments
from integrations.simulation.modbus.unit import HEALTHY, UnitCondition
from integrations.units import PressureReference, affine

DEVICE_TYPE = 0xE0F1
"""An expanded device type; 0xE0 is for devices that belong to no manufacturer of the list."""
MOST_VARIABLES = 4
PLANT_UNITS = {
    "flow_rate": "t/hr",
    "totalizer": "t",
    "temperature": "°C",
    "pressure": "barg",
    "density": "kg/m3",
    "velocity": "m/s",
}
FLOW_TOTAL_TEMPERATURE_PRESSURE = {"flow_rate": 75, "totalizer": 62, "temperature": 32, "pressure": 7}
"""PV to QV of the plant's meters with their unit codes: kg/h, t, °C, bar."""


@dataclass(frozen=True)
class HartInstrument:
    """One field device of HART 7; `values` returns PV to QV by name, each in the unit of its code.

    `upper_range` is the PV at 20 mA. `tag` takes 8 characters of packed ASCII, `long_tag` 32 of Latin-1.
    A bursting device publishes command 3 at every `refresh` to whoever has subscribed to it.
    """

    polling_address: int
    tag: str
    unit_codes: Mapping[str, int]
    values: Callable[[], Mapping[str, float]]
    condition: Callable[[], UnitCondition] = lambda: HEALTHY
    upper_range: float = 100.0
    long_tag: str = ""
    bursting: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.unit_codes) <= MOST_VARIABLES:
            raise SimulationError(
                f"unit_codes must be of 1..{MOST_VARIABLES} variables, got {self.unit_codes}"
            )
        try:
            Address.polling(self.polling_address)
            TagDescriptorDate(self.tag, "").encode()
            LongTag(self.long_tag).encode()
        except FrameError as error:
            raise SimulationError(f"HART device {self.tag!r}: {error}") from None

    @property
    def identity(self) -> Identity:
        """What command 0 tells; device id and tag belong together."""
        device_id = int.from_bytes(self.tag.encode("ascii")[-2:], "big") << 8 | self.polling_address
        return Identity(DEVICE_TYPE, 5, 7, 1, 1, 8, 0, device_id, 5, 4, 0, 0, 0xE0, 0xE0, 1)

    @property
    def address(self) -> Address:
        """Long address."""
        return self.identity.address


def plant_instrument(
    instruments: Instruments,
    point: str,
    polling_address: int = 0,
    unit_codes: Mapping[str, int] = FLOW_TOTAL_TEMPERATURE_PRESSURE,
    upper_range: float = 25_000.0,
    *,
    bursting: bool = False,
) -> HartInstrument:
    """Return the HART meter at a point of the plant; its long tag is the point, its tag FT-<address>.

    Raises:
        KeyError: a variable is none of the plant's quantities.
        UnitError: a unit code is of something else than its quantity.
    """
    pairs = {
        name: affine(PLANT_UNITS[name], unit_text(code), unmarked=PressureReference.GAUGE)
        for name, code in unit_codes.items()
    }

    def values() -> Mapping[str, float]:
        shown = instruments.read(point)
        return {name: shown[name] * pair.scale + pair.offset for name, pair in pairs.items()}

    return HartInstrument(
        polling_address,
        f"FT-{polling_address:02}",
        unit_codes,
        values,
        lambda: instruments.condition(point),
        upper_range,
        point,
        bursting,
    )
