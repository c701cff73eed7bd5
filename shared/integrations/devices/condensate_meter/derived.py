"""Values that no register holds, and values that depend on the condensate's temperature."""

from collections.abc import Mapping

from integrations import steam
from integrations.messages import Status

from .config import CondensateMeterConfig
from .flash_loss import FlashLoss
from .layout import Layout
from .measured import Measured, unknown
from .return_flow import return_percentage

KG_PER_T = 1000.0
REFERENCE_C = 25.0
NOT_READ = unknown(Status.BAD_CONFIGURATION_ERROR, "")
"""What a register holds that the map does not name."""


class Derivation:
    """Computes what a meter's layout says is derived."""

    def __init__(self, config: CondensateMeterConfig, layout: Layout) -> None:
        self._names = layout.derived
        self._min_steam_flow = config.min_steam_flow
        self._flash = FlashLoss(config)

    def __call__(self, given: Mapping[str, Measured], steam_flow: Measured) -> dict[str, Measured]:
        """Return the derived values by quantity; all flows are in t/hr."""
        flow = given["flow_rate"]
        found = {}
        if "return_percentage" in self._names:
            found["return_percentage"] = return_percentage(flow, steam_flow, self._min_steam_flow)
        if "flash_steam_loss" in self._names:
            pressure, temperature = (given.get(name, NOT_READ) for name in ("pressure", "temperature"))
            found["flash_steam_loss"] = self._flash.to_downstream(flow, pressure, temperature)
        return found


def mass_flow(volume_m3_h: Measured, temperature_c: Measured) -> Measured:
    """Return a flow in t/hr from m³/h of water, whose density follows its temperature.

    Boiling water's density: at 100 °C a pressure of 10 bar more raises it by 0.05 %.
    """
    if not volume_m3_h.known:
        return volume_m3_h
    if not temperature_c.known:
        return unknown(temperature_c.status, "temperature is not known, and with it the density")
    try:
        boiling_bar = steam.saturation_pressure_bar(temperature_c.value)
        density = steam.saturated_liquid_density_kg_m3(boiling_bar)
    except steam.SteamError as error:
        return unknown(Status.BAD_OUT_OF_RANGE, str(error))
    return Measured(volume_m3_h.value * density / KG_PER_T, max(volume_m3_h.status, temperature_c.status))


def conductivity_at_25_c(conductivity: Measured, temperature_c: Measured, percent_per_k: float) -> Measured:
    """Return conductivity at 25 °C by the linear rule of ISO 7888: κ / (1 + α (T − 25))."""
    if not conductivity.known:
        return conductivity
    if not temperature_c.known:
        return unknown(temperature_c.status, "temperature is not known, and conductivity follows it")
    factor = 1.0 + percent_per_k / 100.0 * (temperature_c.value - REFERENCE_C)
    if factor <= 0.0:
        reason = (
            f"conductivity_percent_per_k = {percent_per_k:g} does not reach to {temperature_c.value:g} °C"
        )
        return unknown(Status.BAD_OUT_OF_RANGE, reason)
    return Measured(conductivity.value / factor, max(conductivity.status, temperature_c.status))
