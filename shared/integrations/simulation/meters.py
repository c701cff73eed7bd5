"""What a meter of the plant shows, and the pipe it sits in."""

from dataclasses import dataclass
from math import pi

import msgspec


class MeterValues(msgspec.Struct, frozen=True):
    """Simulated true values at one measuring point, as a perfect meter would show them."""

    flow_rate: float
    """t/hr."""
    totalizer: float
    """t, mass since the meter was installed."""
    pressure: float
    """bar g."""
    temperature: float
    """°C."""
    density: float
    """kg/m³."""
    velocity: float
    """m/s."""


QUANTITIES = MeterValues.__struct_fields__


@dataclass
class MeteredPipe:
    """A pipe with a flow in it, whose mass is counted."""

    inner_diameter_m: float
    total_t: float
    flow_kg_s: float = 0.0

    def step(self, seconds: float, flow_kg_s: float) -> None:
        """Let `flow_kg_s` pass for a while."""
        self.flow_kg_s = flow_kg_s
        self.total_t += flow_kg_s * seconds / 1000.0

    def values(self, pressure_bar_g: float, temperature_c: float, density_kg_m3: float) -> MeterValues:
        """What a meter here shows."""
        area_m2 = pi / 4.0 * self.inner_diameter_m**2
        return MeterValues(
            flow_rate=self.flow_kg_s * 3.6,
            totalizer=self.total_t,
            pressure=pressure_bar_g,
            temperature=temperature_c,
            density=density_kg_m3,
            velocity=self.flow_kg_s / (density_kg_m3 * area_m2),
        )
