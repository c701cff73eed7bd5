"""From a poll's register values to the meter's sample; pure, no I/O."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import field
from numpy.typing import NDArray

from integrations.devices.samples import Channel, Sample
from integrations.messages import Origin, Status, is_bad

from .config import CondensateMeterConfig
from .derived import NOT_READ, Derivation, conductivity_at_25_c, mass_flow
from .layout import conversion, layout_of
from .measured import Measured, unknown
from .registers import HANDED_ON_IN

POSSIBLE = {"ph": (0.0, 14.0), "conductivity": (0.0, math.inf), "temperature": (-50.0, 374.0)}
"""Outside of these it is the sensor that is wrong; 374 °C is where liquid water ends."""


class CondensateSample(Sample, frozen=True, eq=False):
    """A sample, and in words why some of its quantities have no value."""

    reasons: Mapping[str, str] = field(default_factory=dict)


class CondensateDecoder:
    """A meter's configuration compiled: one scale and offset per register, and what is derived."""

    def __init__(self, config: CondensateMeterConfig) -> None:
        self.layout = layout_of(config)
        registers = self.layout.table.registers
        units = {register.name: HANDED_ON_IN.get(register.name, register.unit) for register in registers}
        units |= {name: HANDED_ON_IN[name] for name in self.layout.derived}
        self.channels = tuple(
            Channel(f"{config.meter_id}-{name}", name, unit) for name, unit in units.items()
        )
        self._names = self.layout.table.names
        self._pairs = [conversion(register, config) for register in registers]
        self._volumetric = self.layout.volumetric
        self._percent_per_k = config.conductivity_percent_per_k
        self._derive = Derivation(config, self.layout)

    def __call__(
        self,
        values: NDArray[np.float64],
        status: NDArray[np.uint32],
        time_ns: int,
        steam_flow: Measured | None = None,
    ) -> CondensateSample:
        """Return the sample.

        Args:
            values: register values (registers,), NaN where not read.
            status: StatusCodes (registers,) of the read.
            time_ns: UTC nanoseconds of the answer.
            steam_flow: in t/hr, from outside; None where it is a register's or of no interest.
        """
        given = self._given(values.tolist(), status.tolist())
        temperature = given.get("temperature", NOT_READ)
        if self._volumetric:
            given["flow_rate"] = mass_flow(given["flow_rate"], temperature)
        if self._percent_per_k and "conductivity" in given:
            given["conductivity"] = conductivity_at_25_c(
                given["conductivity"], temperature, self._percent_per_k
            )
        return self.complete(given, steam_flow or given.get("steam_flow", NOT_READ), time_ns)

    def complete(
        self,
        given: Mapping[str, Measured],
        steam_flow: Measured,
        time_ns: int,
        origin: Origin = Origin.MEASURED,
    ) -> CondensateSample:
        """Return the sample of values that are in the units of the channels, with what is derived."""
        known = {**given, **self._derive(given, steam_flow)}
        return _sample([known[channel.quantity] for channel in self.channels], self.channels, time_ns, origin)

    def _given(self, values: list[float], status: list[int]) -> dict[str, Measured]:
        converted = zip(self._names, self._pairs, values, status, strict=True)
        return {
            name: _possible(name, value * pair.scale + pair.offset, code)
            for name, pair, value, code in converted
        }


def _possible(name: str, value: float, status: int) -> Measured:
    """Give a value that cannot be a Bad status, unless the read already said why; the value is carried."""
    low, high = POSSIBLE.get(name, (-math.inf, math.inf))
    if is_bad(status) or (low <= value <= high and math.isfinite(value)):
        return Measured(value, status)
    if math.isnan(value):
        return unknown(Status.BAD_SENSOR_FAILURE, f"{name} is not a number")
    reason = f"{name} {value:g} is outside {low:g}..{high:g}"
    return Measured(value if math.isfinite(value) else math.nan, Status.BAD_OUT_OF_RANGE, reason)


def _sample(
    measured: Sequence[Measured], channels: Sequence[Channel], time_ns: int, origin: Origin
) -> CondensateSample:
    return CondensateSample(
        time_ns,
        np.array([each.value for each in measured]),
        np.array([each.status for each in measured], dtype=np.uint32),
        origin,
        {
            channel.quantity: each.reason
            for channel, each in zip(channels, measured, strict=True)
            if each.reason
        },
    )
