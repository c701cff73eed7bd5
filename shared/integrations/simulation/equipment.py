"""Boiler, header and condensate system, each stepped by Euler in kg, s and bar absolute."""

from collections.abc import Callable
from dataclasses import dataclass

from integrations import steam

KG_S_PER_T_HR = 1000.0 / 3600.0


@dataclass
class Boiler:
    """A fired boiler behind a pressure controller: PI on header pressure, then the inertia of the fire."""

    set_point_bar: float
    steam_kg_s: float
    maximum_kg_s: float = 30.0 * KG_S_PER_T_HR
    gain_kg_s_per_bar: float = 1.7
    reset_seconds: float = 60.0
    fire_seconds: float = 12.0

    def __post_init__(self) -> None:
        self.integral_kg_s = self.steam_kg_s

    def step(self, seconds: float, pressure_bar: float) -> float:
        """Steam produced, in kg/s; the controller doesn't wind up at the limits of the fire."""
        proportional = self.gain_kg_s_per_bar * (self.set_point_bar - pressure_bar)
        integral = self.integral_kg_s + proportional * seconds / self.reset_seconds
        self.integral_kg_s = min(max(integral, 0.0), self.maximum_kg_s)
        demand = min(max(proportional + self.integral_kg_s, 0.0), self.maximum_kg_s)
        self.steam_kg_s += (demand - self.steam_kg_s) * seconds / self.fire_seconds
        return self.steam_kg_s


class SteamHeader:
    """Steam space of drum and header, always saturated: its mass decides its pressure."""

    def __init__(self, pressure_bar: float, volume_m3: float = 60.0) -> None:
        self.volume_m3 = volume_m3
        self.pressure_bar = pressure_bar
        self.mass_kg = volume_m3 * steam.saturated_vapour_density_kg_m3(pressure_bar)

    def step(self, seconds: float, inflow_kg_s: float, outflow_kg_s: float) -> None:
        """Store the difference of the flows."""
        self.mass_kg += (inflow_kg_s - outflow_kg_s) * seconds
        self.pressure_bar = _pressure_at(self.mass_kg / self.volume_m3, self.pressure_bar)

    def condensing_kg_s(self, heat_loss_kw: float) -> float:
        """Steam that the heat loss of the walls turns into condensate."""
        vapour = steam.saturated_vapour_enthalpy_kj_kg(self.pressure_bar)
        return heat_loss_kw / (vapour - steam.saturated_liquid_enthalpy_kj_kg(self.pressure_bar))


@dataclass
class Tank:
    """A stirred tank with one inflow and one outflow."""

    mass_kg: float

    def step(self, seconds: float, inflow_kg_s: float, outflow_kg_s: float) -> None:
        """Store the difference of the flows."""
        self.mass_kg += (inflow_kg_s - outflow_kg_s) * seconds


def _pressure_at(density_kg_m3: float, guess_bar: float) -> float:
    """Pressure of dry saturated steam of this density, by two secant steps from a near guess."""
    density: Callable[[float], float] = steam.saturated_vapour_density_kg_m3
    pressure = guess_bar
    for _ in range(2):
        here = density(pressure)
        slope = (density(pressure * 1.001) - here) / (pressure * 0.001)
        pressure += (density_kg_m3 - here) / slope
    return pressure
