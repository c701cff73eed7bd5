"""The steam meters of the simulated plant: what their registers hold of what happens at their points."""

from dataclasses import dataclass

from integrations import steam
from integrations.devices.steam_meter import SteamMeterConfig
from integrations.devices.steam_meter.layout import layout_of
from integrations.protocols.modbus import RegisterTable
from integrations.simulation import Instruments, ServedUnit
from integrations.units import affine

TOTAL_RESOLUTION_T = 0.001
TOTAL_MODULUS_T = 2**32 * TOTAL_RESOLUTION_T
UNITS = {
    "flow_rate": "t/hr",
    "totalizer": "t",
    "pressure": "barg",
    "temperature": "°C",
    "density": "kg/m3",
    "velocity": "m/s",
    "water_flow": "l/h",
    "power": "kW",
    "energy": "kWh",
    "alarm": "",
}
"""Units of the values that a point of the plant can show."""
SATURATED_BAR = (0.01, 200.0)
"""What the steam tables in a meter know; beyond it, with a broken sensor, it computes with the nearest."""


def meter_unit(config: SteamMeterConfig, instruments: Instruments) -> ServedUnit:
    """Return the simulated device of a meter; the meter's id names its point in the plant."""
    show = Display(layout_of(config).table)
    return ServedUnit(
        config.slave_address,
        show.table,
        lambda: show(instruments.read(config.meter_id)),
        lambda: instruments.condition(config.meter_id),
    )


@dataclass(frozen=True)
class Display:
    """What the registers of a meter show of the values at its point."""

    table: RegisterTable

    def __call__(self, values: dict[str, float]) -> dict[str, float | str]:
        """Return a number for each register, in the register's unit."""
        known = values | _derived(values)
        shown: dict[str, float | str] = {}
        for register in self.table.registers:
            scale, offset = affine(UNITS[register.name], register.unit)
            shown[register.name] = known[register.name] * scale + offset
        return shown


def _derived(values: dict[str, float]) -> dict[str, float]:
    """Return what a meter with a computer in it adds: heat, and the equivalent of water."""
    least, most = SATURATED_BAR
    pressure_bar = min(max(steam.absolute_pressure_bar(values["pressure"]), least), most)
    heat_kj_kg = steam.saturated_vapour_enthalpy_kj_kg(pressure_bar)
    return {
        "water_flow": values["flow_rate"] * 1000.0,
        "power": values["flow_rate"] / 3.6 * heat_kj_kg,
        "energy": values["totalizer"] / 3.6 * heat_kj_kg,
    }
