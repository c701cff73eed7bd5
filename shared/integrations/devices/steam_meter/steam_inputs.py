"""The steam at a meter: density and enthalpy from what the meter measures beside the flow."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from integrations.devices.samples import Channel
from integrations.messages import Status, is_bad, is_good
from integrations.steam import (
    SteamError,
    SteamPhase,
    saturated_vapour_density_kg_m3,
    saturated_vapour_enthalpy_kj_kg,
    saturation_pressure_bar,
    steam_state,
)
from integrations.units import Affine, PressureReference, affine

from .fields import SteamMeterFields


class Steam(NamedTuple):
    """Steam in the pipe; NaN where it cannot be told, `status` (OPC UA) says how far it is to be believed."""

    density_kg_m3: float
    enthalpy_kj_kg: float
    status: int


class SteamInputs:
    """Finds pressure, temperature and density among a meter's channels.

    Pressure and temperature come first, then one of them with steam taken as saturated, then the meter's own
    density, then the design's. Whatever is less than what the meter has is UncertainSubNormal. Steam that was
    superheated when one of the two was lost stays so, with the last that was known (UncertainLastUsable):
    taken as saturated, steam of 250 °C at 10 bar would be four times as dense as it is.
    """

    def __init__(self, fields: SteamMeterFields, channels: tuple[Channel, ...]) -> None:
        self._at = {channel.quantity: at for at, channel in enumerate(channels)}
        self._into = {
            channel.quantity: pair
            for channel in channels
            if (pair := _conversion(channel, fields.barometer_bar))
        }
        self._design = fields.design_density_kg_m3
        self._uncertainty_k = fields.temperature_uncertainty_k
        self._superheated: tuple[float, float] | None = None  # pressure and temperature, if the last were so

    def __call__(self, values: NDArray[np.float64], status: NDArray[np.uint32]) -> Steam:
        """Return the steam; values are in the units of the channels."""
        pressure, temperature = (
            self._given("pressure", values, status),
            self._given("temperature", values, status),
        )
        try:
            density, enthalpy, told = self._state(pressure, temperature)
        except SteamError:
            density, enthalpy, told = math.nan, math.nan, Status.BAD_OUT_OF_RANGE
        if math.isfinite(density):
            return Steam(density, enthalpy, max(told, self._doubt(status)))
        own = self._given("density", values, status)
        fallback = own if own is not None and own > 0 else self._design
        if fallback is None:
            return Steam(math.nan, math.nan, max(told, Status.BAD, *self._statuses(status)))
        complete = not {"pressure", "temperature"} & self._into.keys() and (
            own is not None or "density" not in self._into
        )
        return Steam(fallback, math.nan, self._doubt(status) if complete else Status.UNCERTAIN_SUBNORMAL)

    def _state(self, pressure: float | None, temperature: float | None) -> tuple[float, float, int]:
        """Density, enthalpy and status by pressure and temperature; NaN without either."""
        if pressure is not None and temperature is not None:
            state = steam_state(pressure, temperature, self._uncertainty_k)
            is_superheated = state.phase is SteamPhase.SUPERHEATED
            self._superheated = (pressure, temperature) if is_superheated else None
            wet = state.phase is SteamPhase.SUBSATURATED
            told = Status.UNCERTAIN_SENSOR_NOT_ACCURATE if wet else Status.GOOD
            return state.density_kg_m3, state.enthalpy_kj_kg, told
        if pressure is None and temperature is None:
            return math.nan, math.nan, Status.GOOD
        if self._superheated:
            last_pressure, last_temperature = self._superheated
            state = steam_state(
                last_pressure if pressure is None else pressure,
                last_temperature if temperature is None else temperature,
                self._uncertainty_k,
            )
            return state.density_kg_m3, state.enthalpy_kj_kg, Status.UNCERTAIN_LAST_USABLE
        saturated = (
            saturation_pressure_bar(temperature) if pressure is None and temperature is not None else pressure
        )
        assert saturated is not None  # noqa: S101 # one of the two is there
        both_exist = {"pressure", "temperature"} <= self._into.keys()
        told = Status.UNCERTAIN_SUBNORMAL if both_exist else Status.GOOD
        return saturated_vapour_density_kg_m3(saturated), saturated_vapour_enthalpy_kj_kg(saturated), told

    def _given(self, name: str, values: NDArray[np.float64], status: NDArray[np.uint32]) -> float | None:
        if name not in self._into or is_bad(int(status[self._at[name]])):
            return None
        scale, offset = self._into[name]
        value = float(values[self._at[name]]) * scale + offset
        return value if math.isfinite(value) else None

    def _doubt(self, status: NDArray[np.uint32]) -> int:
        """Doubt that an uncertain input hands on to what is computed from it."""
        certain = all(is_good(each) or is_bad(each) for each in self._statuses(status))
        return Status.GOOD if certain else Status.UNCERTAIN_SUBNORMAL

    def _statuses(self, status: NDArray[np.uint32]) -> list[int]:
        return [int(status[self._at[name]]) for name in self._into]


def _conversion(channel: Channel, barometer_bar: float) -> Affine | None:
    """Return how to bring a channel to absolute bar, °C or kg/m³; None for any other quantity."""
    if channel.quantity == "pressure":
        return affine(channel.unit, "bara", unmarked=PressureReference.GAUGE, barometer_bar=barometer_bar)
    wanted = {"temperature": "°C", "density": "kg/m3"}.get(channel.quantity)
    return affine(channel.unit, wanted) if wanted else None
