"""Turns the flow a meter gives into the flow that is handed on; pure but for the steam that it is told."""

import math
from typing import NamedTuple

from integrations.messages import Status, is_bad
from integrations.steam import (
    SteamError,
    differential_pressure_compensation,
    mass_flow_from_power_t_hr,
    mass_flow_from_volume_t_hr,
    vortex_compensation,
)
from integrations.units import affine

from .fields import SteamMeterFields
from .flow_path import FlowPath, flow_path
from .flow_units import FlowKind
from .kinds import DensityCompensation
from .steam_inputs import Steam

PER_HOUR = {FlowKind.MASS: 3.6, FlowKind.VOLUME: 3600.0, FlowKind.VELOCITY: 1.0}
"""From pulses per second ÷ pulses per kg, m³ or m to the unit that is computed with."""


class ConvertedFlow(NamedTuple):
    """A flow in the configured units before calibration; NaN where it cannot be told."""

    value: float
    status: int


class FlowConversion:
    """The conversion of one meter's flow; `unit` is what the meter gives it in."""

    def __init__(self, fields: SteamMeterFields, unit: str) -> None:
        path = flow_path(fields, unit)
        assert path is not None  # noqa: S101 # the configuration was checked
        self.path: FlowPath = path
        if fields.k_factor is not None:
            self._into = (PER_HOUR[path.start] / fields.k_factor, 0.0)
        else:
            self._into = affine(unit, path.start.value)
        self._out = affine(path.end.value, fields.units)
        self.plain = affine(unit, fields.units) if path.is_plain and fields.k_factor is None else None
        """Scale and offset where nothing but the unit changes; a caller may apply them itself."""
        diameter_m = (fields.pipe_diameter_mm or math.nan) / 1000.0
        self._m3_h_per_m_s = math.pi / 4.0 * diameter_m**2 * 3600.0
        self._design = fields.design_density_kg_m3
        self._reference = fields.reference_enthalpy_kj_kg

    @property
    def needs_steam(self) -> bool:
        """Whether the steam in the pipe must be known."""
        return self.path.needs_density or self.path.needs_enthalpy

    @property
    def scale(self) -> float:
        """Step of the result for a step of 1 of the meter's flow; 0 where it depends on the steam."""
        return abs(self.plain.scale) if self.plain else 0.0

    def __call__(self, flow: float, status: int, steam: Steam | None) -> ConvertedFlow:
        """Convert a flow with its StatusCode; the graver of its own status and the steam's stands.

        A plain flow has been converted by its caller.
        """
        if self.plain:
            return ConvertedFlow(flow, status)
        value = flow * self._into[0] + self._into[1]
        if value == 0 or is_bad(status) or steam is None:
            # No flow is no flow, whatever the steam.
            return ConvertedFlow(self._finish(self._without_steam(value)), status)
        status = max(status, steam.status)
        try:
            return ConvertedFlow(self._finish(self._by_steam(value, steam)), status)
        except SteamError:
            return ConvertedFlow(math.nan, max(status, Status.BAD_OUT_OF_RANGE))

    def _without_steam(self, value: float) -> float:
        return value * self._m3_h_per_m_s if self.path.needs_pipe and value else value

    def _by_steam(self, value: float, steam: Steam) -> float:
        mass = self._mass_t_hr(value, steam) * self._correction(steam)
        if self.path.end is FlowKind.VOLUME:
            return mass * 1000.0 / steam.density_kg_m3
        if self.path.end is FlowKind.POWER:
            return mass / 3.6 * (steam.enthalpy_kj_kg - self._reference)
        return mass

    def _mass_t_hr(self, value: float, steam: Steam) -> float:
        if self.path.start is FlowKind.POWER:
            return mass_flow_from_power_t_hr(value, steam.enthalpy_kj_kg, self._reference)
        if self.path.start is FlowKind.MASS:
            return value
        volume = value * self._m3_h_per_m_s if self.path.start is FlowKind.VELOCITY else value
        return mass_flow_from_volume_t_hr(volume, steam.density_kg_m3)

    def _correction(self, steam: Steam) -> float:
        if self._design is None or self.path.compensation is DensityCompensation.NONE:
            return 1.0
        if self.path.compensation is DensityCompensation.VORTEX:
            return vortex_compensation(steam.density_kg_m3, self._design)
        return differential_pressure_compensation(steam.density_kg_m3, self._design)

    def _finish(self, value: float) -> float:
        return value * self._out.scale + self._out.offset
