"""Register maps of steam meters, as tables: the default one and those of public manuals."""

from dataclasses import dataclass

from integrations.messages import Status
from integrations.protocols.modbus import CDAB, FLOAT32, UINT16, UINT32, Register

UINT32_MAX = 2**32 - 1
DEFAULT_ROLLOVER = 9_999_999.0


@dataclass(frozen=True)
class Alarm:
    """What a device says about its own values: `raw & mask == value` in `register` is this alarm."""

    register: str
    mask: int
    value: int
    text: str
    status: Status
    about: tuple[str, ...] = ()
    """Names of the values it is about; none means all."""


@dataclass(frozen=True)
class Preset:
    """How one make of meter is read."""

    registers: tuple[Register, ...]
    alarms: tuple[Alarm, ...] = ()
    max_registers_per_request: int = 125
    max_gap: int = 8
    totalizer_rollover: float = DEFAULT_ROLLOVER
    """Largest count of the totaliser's register."""


DEFAULT = Preset(
    (
        Register("flow_rate", 0, UINT16, unit="t/hr"),
        Register("totalizer", 2, UINT32, unit="t"),
        Register("velocity", 4, UINT16, unit="m/s"),
        Register("density", 5, UINT16, unit="kg/m3"),
        Register("temperature", 6, UINT16, unit="°C"),
        Register("pressure", 7, UINT16, unit="bar"),
        Register("status", 8, UINT16),
        Register("alarm", 9, UINT16),
    )
)
"""The map of a meter that nothing else is said about; flow and total are in the configured units."""

SPIRAX_TVA = Preset(
    (
        Register("totalizer", 0, UINT32, order=CDAB, unit="kg"),
        Register("flow_rate", 2, UINT16, unit="kg/h"),
        Register("pressure", 3, UINT16, scale=0.01, unit="barg"),
        Register("temperature", 4, UINT16, scale=0.1, unit="°C"),
        Register("water_flow", 5, UINT16, scale=0.1, unit="l/h"),
        Register("power", 6, UINT16, unit="kW"),
        Register("energy", 7, UINT32, order=CDAB, unit="kWh"),
        Register("alarm", 9, UINT16),
    ),
    (
        Alarm("alarm", 0b11, 0b11, "steam is below saturation", Status.UNCERTAIN_SUBNORMAL, ("flow_rate",)),
        Alarm("alarm", 1 << 2, 1 << 2, "pressure alarm", Status.UNCERTAIN_SENSOR_NOT_ACCURATE, ("pressure",)),
        Alarm("alarm", 1 << 4, 1 << 4, "flow above the range", Status.UNCERTAIN_EU_EXCEEDED, ("flow_rate",)),
        Alarm("alarm", 1 << 5, 1 << 5, "sensor signal is constant", Status.UNCERTAIN_SENSOR_NOT_ACCURATE),
        Alarm("alarm", 1 << 6, 1 << 6, "no signal from the sensor", Status.BAD_SENSOR_FAILURE),
    ),
    max_registers_per_request=12,
    totalizer_rollover=UINT32_MAX,
)
"""Spirax Sarco TVA: manual's Modbus table, 0-based; it ignores requests while busy."""

SPIRAX_RIM20 = Preset(
    (
        Register("temperature", 0, FLOAT32, unit="°C"),
        Register("pressure", 4, FLOAT32, unit="bara"),
        Register("volume_flow", 6, FLOAT32, unit="m3/h"),
        Register("flow_rate", 8, FLOAT32, unit="kg/h"),
        Register("viscosity", 12, FLOAT32, unit="cP"),
        Register("density", 14, FLOAT32, unit="kg/m3"),
        Register("velocity", 28, FLOAT32, unit="m/s"),
        Register("totalizer", 524, UINT32, unit="kg"),
    ),
    totalizer_rollover=UINT32_MAX,
)
"""Spirax Sarco RIM20 (same text: Sierra 240/241, Armstrong AVF).

Word order and units are menu options of the meter: compare a reading with its display, then set `byte_order`
and the units in `register_map`.
"""

CALEC_ST = Preset(
    (
        Register("status", 1, UINT16),
        Register("energy", 100, FLOAT32, unit="kWh"),
        Register("volume", 200, FLOAT32, unit="m3"),
        Register("totalizer", 300, FLOAT32, unit="kg"),
        Register("power", 500, FLOAT32, unit="kW"),
        Register("volume_flow", 600, FLOAT32, unit="m3/h"),
        Register("flow_rate", 700, FLOAT32, unit="kg/h"),
        Register("temperature", 800, FLOAT32, unit="°C"),
        Register("temperature_2", 810, FLOAT32, unit="°C"),
        Register("temperature_3", 820, FLOAT32, unit="°C"),
    ),
    (
        Alarm("status", 0xFFFF, 1, "the meter reports an error", Status.BAD_DEVICE_FAILURE),
        Alarm("status", 0xFFFF, 2, "the meter reports an alarm", Status.UNCERTAIN),
    ),
)
"""Aquametro CALEC ST; a float32 total stops counting at 2²⁴ of its unit. Units are set on the meter."""

PRESETS = {"spirax_tva": SPIRAX_TVA, "spirax_rim20": SPIRAX_RIM20, "calec_st": CALEC_ST}
