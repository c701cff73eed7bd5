"""Flash steam of the condensate that a meter measures, in t/hr."""

from integrations import steam
from integrations.messages import Status

from .config import CondensateMeterConfig
from .fields import FlashCondensate
from .measured import Measured, unknown


class FlashLoss:
    """Condensate flow times the fraction that flashes, by IF97.

    The upstream pressure is the configured one, else the measured one. The condensate is boiling water there,
    or as warm as measured: `flash_condensate` says which.
    """

    def __init__(self, config: CondensateMeterConfig) -> None:
        self._configured = config.upstream_pressure_barg
        self._downstream = config.downstream_pressure_barg
        self._barometer_bar = config.barometer_bar
        self._is_measured = config.flash_condensate is FlashCondensate.MEASURED

    def by_drop(
        self, pressure_drop_bar: float, flow: Measured, pressure: Measured, temperature: Measured
    ) -> Measured:
        """Return the loss over a pressure drop; unknown, with the reason, when a measurement is missing.

        Raises:
            SteamError: the condensate does not end between boiling water and dry steam, or is NaN.
        """
        upstream = self._upstream(pressure)
        return self._between(upstream, upstream.value - pressure_drop_bar, flow, temperature)

    def to_downstream(self, flow: Measured, pressure: Measured, temperature: Measured) -> Measured:
        """Return the loss down to the configured pressure; what IF97 refuses is flagged.

        Condensate that is too cold to boil loses nothing: 0, with an Uncertain status.
        """
        if self._downstream is None:
            return unknown(Status.BAD_CONFIGURATION_ERROR, "downstream_pressure_barg is not configured")
        try:
            return self._between(self._upstream(pressure), self._downstream, flow, temperature)
        except steam.SubcooledError as error:
            return Measured(0.0, Status.UNCERTAIN_SUBNORMAL, str(error))
        except steam.SteamError as error:
            return unknown(Status.BAD_OUT_OF_RANGE, str(error))

    def _upstream(self, pressure: Measured) -> Measured:
        if self._configured is not None:
            return Measured(self._configured)
        if pressure.known:
            return pressure
        reason = "upstream pressure is neither configured (upstream_pressure_barg) nor measured (pressure)"
        return unknown(pressure.status, reason)

    def _between(
        self, upstream: Measured, downstream_barg: float, flow: Measured, temperature: Measured
    ) -> Measured:
        needed = [upstream, flow] + [temperature] * self._is_measured
        for each, name in zip(needed, ("upstream pressure", "condensate flow", "temperature"), strict=False):
            if not each.known:
                return unknown(each.status, each.reason or f"{name} is not known")
        fraction = steam.flash_fraction_from_gauge(
            upstream.value,
            downstream_barg,
            temperature.value if self._is_measured else None,
            barometer_bar=self._barometer_bar,
        )
        return Measured(max(flow.value, 0.0) * fraction, max(each.status for each in needed))
