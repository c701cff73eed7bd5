"""The numbers that something is worked out from, each with its sensor, or with why it is missing."""

from collections.abc import Iterable, Iterator, Mapping

from integrations.messages import CleanBatch, Input, is_bad
from integrations.quality import VALID_FROM, WITHOUT_VALUE, names
from integrations.units import PressureReference, UnitError, affine

from .config import SteamSystemConfig
from .readings import SECOND_NS, has_sample, is_simulated, measured_of

FLOW, PRESSURE, TEMPERATURE = "t/hr", "bara", "°C"

Batches = Mapping[str, CleanBatch]
"""The last clean batch of each sensor."""


class Inputs:
    """Every input of the steam system as its sensors have it now."""

    def __init__(self, config: SteamSystemConfig, batches: Batches, now_ns: int) -> None:
        self.config = config
        self._batches = batches
        self._now_ns = now_ns
        self.by_name = {each.name: each for each in self._all()}

    def value(self, name: str) -> float | None:
        """Return the value of an input; None where it is missing, or is none at all."""
        found = self.by_name.get(name)
        return found.value if found else None

    def listed(self) -> list[Input]:
        """Return all of them."""
        return list(self.by_name.values())

    def missing(self) -> list[str]:
        """Return what is missing, in words."""
        return [f"{each.name}: {each.missing}" for each in self.by_name.values() if each.missing]

    def assumed(self) -> list[str]:
        """Return what is taken for granted, in words."""
        return [
            f"{each.name}: {each.value:g} {each.unit}"
            for each in self.by_name.values()
            if each.assumed and each.value is not None
        ]

    def batches(self, names: Iterable[str]) -> Iterator[CleanBatch]:
        """Yield what the sensors of these inputs have last said, where it is anything."""
        for name in names:
            found = self.by_name[name]
            if found.reading and found.sensor_id:
                yield self._batches[found.sensor_id]

    def simulated(self) -> list[str]:
        """Return the sensors in use whose readings are simulated."""
        used = {each.sensor_id: None for each in self.by_name.values() if each.reading and each.sensor_id}
        return [sensor_id for sensor_id in used if is_simulated(self._batches[sensor_id])]

    def _all(self) -> list[Input]:
        config = self.config
        found = [
            self._one("steam_flow", config.steam_flow, FLOW),
            self._one("header_pressure", config.header_pressure, PRESSURE),
            self._one("header_temperature", config.header_temperature, TEMPERATURE),
        ]
        for user in config.users:
            found.append(self._one(f"{user.name}.flow", user.flow, FLOW))
            if user.pressure is not None:
                found.append(self._one(f"{user.name}.pressure", user.pressure, PRESSURE))
            if user.temperature is not None:
                found.append(self._one(f"{user.name}.temperature", user.temperature, TEMPERATURE))
        return [
            *found,
            self._one("condensate_flow", config.condensate_flow, FLOW),
            self._one("condensate_temperature", config.condensate_temperature, TEMPERATURE),
            self._make_up(),
        ]

    def _make_up(self) -> Input:
        """Return the water's temperature as measured, or as assumed."""
        name, sensor_id = "make_up_temperature", self.config.make_up_temperature
        measured = self._one(name, sensor_id, TEMPERATURE)
        if measured.missing is None:
            return measured
        assumed = self.config.assumed_make_up_temperature_c
        return Input(name=name, unit=TEMPERATURE, value=assumed, sensor_id=sensor_id, assumed=True)

    def _one(self, name: str, sensor_id: str | None, unit: str) -> Input:
        return resolve(name, sensor_id, unit, self._batches, self._now_ns, self.config)


def resolve(
    name: str, sensor_id: str | None, unit: str, batches: Batches, now_ns: int, config: SteamSystemConfig
) -> Input:
    """Return an input from its sensor's last reading, in `unit`; a pressure without a mark is gauge."""
    if sensor_id is None:
        return Input(name=name, unit=unit, missing="no sensor is configured for it")
    batch = batches.get(sensor_id)
    if not has_sample(batch):
        missing = f"nothing was heard of {sensor_id}"
        return Input(name=name, unit=unit, sensor_id=sensor_id, missing=missing)
    reading = measured_of(batch, now_ns)
    value = batch.value[-1]
    unfit = _unfit(batch, now_ns, config.max_age_seconds)
    if unfit is None and value is not None:
        try:
            value = _converted(value, batch.unit, unit, config.barometer_bar)
        except UnitError as error:
            unfit = str(error)
    if unfit is not None:
        missing = f"{sensor_id}: {unfit}"
        return Input(name=name, unit=unit, sensor_id=sensor_id, missing=missing, reading=reading)
    return Input(name=name, unit=unit, value=value, sensor_id=sensor_id, reading=reading)


def _unfit(batch: CleanBatch, now_ns: int, max_age_seconds: float) -> str | None:
    """Return why the last reading is nothing to count on; simulated ones may be, and are told as such."""
    flags, age = batch.flags[-1], (now_ns - batch.time[-1]) / SECOND_NS
    found = ", ".join(names(flags))
    if batch.value[-1] is None or flags & WITHOUT_VALUE:
        return f"its last reading has no value: {found or 'MISSING'}"
    if age > max_age_seconds:
        return f"its last reading is {age:.0f} s old"
    if is_bad(batch.status[-1]):
        return f"its last reading has StatusCode {batch.status[-1]:#010x}"
    if batch.quality[-1] < VALID_FROM and not is_simulated(batch):
        return f"its last reading has a quality of {batch.quality[-1]:.0f}: {found}"
    return None


def _converted(value: float, source: str, target: str, barometer_bar: float) -> float:
    unmarked = PressureReference.GAUGE if target == PRESSURE else None
    pair = affine(source, target, unmarked=unmarked, barometer_bar=barometer_bar)
    return pair.scale * value + pair.offset
