"""The meters of the plant: true values, seen through sensor noise and whatever faults are switched on."""

from collections.abc import Iterable
from math import floor

import msgspec

from integrations.configuration import ConfigurationError, Fault

from .chance import gauss
from .faults import WIRE_FAULTS, FaultKind, PlantFault
from .modbus.unit import UnitCondition
from .plant import POINTS, SteamPlant

RELATIVE_NOISE = {"flow_rate": 0.004, "density": 0.001, "velocity": 0.004}
ABSOLUTE_NOISE = {"pressure": 0.01, "temperature": 0.1}
ANALYSED_POINTS = ("condensate_return",)
"""Where water can be found contaminated."""
SENSOR_UNITS = ("pressure_unit", "temperature_unit")
"""Devices that show several points: they can be dead, slow and so on as meters can."""
COUNTER_FAULTS = {FaultKind.ROLLOVER, FaultKind.RESTART}


class Instruments:
    """Measured values of a plant; every one of them is simulated.

    Noise is a pure function of seed, point, quantity and tick; a fault takes hold at the first tick at or
    after its start. A totaliser counts whole steps of `totalizer_resolution` t and starts again from 0 at
    `totalizer_modulus` t; both belong to its register (whose largest count is one step below the modulus).

    Raises:
        ConfigurationError: lists every fault whose target isn't a point of the plant.
    """

    def __init__(
        self,
        plant: SteamPlant,
        faults: Iterable[PlantFault] = (),
        totalizer_modulus: float = 10_000_000.0,
        totalizer_resolution: float = 0.01,
    ) -> None:
        self.plant = plant
        self.totalizer_modulus = totalizer_modulus
        self.totalizer_resolution = totalizer_resolution
        self._waiting = sorted(faults, key=lambda fault: fault.start_seconds, reverse=True)
        self._begun: list[tuple[PlantFault, float]] = []
        _check_points(self._waiting)
        self._begin_faults()

    def advance(self, to_seconds: float) -> None:
        """Move the plant on, and let faults take hold on the way; errors as the plant's `advance`."""
        for _ in range(self.plant.ticks_until(to_seconds)):
            self.plant.step()
            self._begin_faults()

    def switch_on(self, fault: PlantFault) -> None:
        """Let a fault take hold now, whatever its start.

        Raises:
            ConfigurationError: its target isn't a point of the plant.
        """
        _check_points([fault])
        begun = msgspec.structs.replace(fault, start_seconds=self.plant.time_seconds)
        self._begun.append((begun, self._held(begun)))

    def read(self, point: str) -> dict[str, float]:
        """What the meter shows: the quantities of MeterValues, and the words `status` and `alarm`, both 0."""
        values = self._measured(point)
        values["totalizer"] = self._counted(values["totalizer"])
        return values | {"status": 0.0, "alarm": 0.0}

    def condition(self, point: str) -> UnitCondition:
        """How the device at `point` treats requests now."""
        active = {
            fault.kind: fault.size
            for fault, _ in self._begun
            if fault.point == point and fault.active(self.plant.time_seconds)
        }
        return UnitCondition(
            silent=FaultKind.DEAD in active,
            restarting=FaultKind.RESTART in active,
            delay_seconds=active.get(FaultKind.SLOW, 0.0),
            exception_code=int(active.get(FaultKind.EXCEPTION, 0)),
        )

    def faults(self, point: str, kind: FaultKind) -> list[PlantFault]:
        """Return the faults of one kind that have begun at `point`, ended or not."""
        return [fault for fault, _ in self._begun if fault.point == point and fault.kind is kind]

    def _begin_faults(self) -> None:
        while self._waiting and self._waiting[-1].start_seconds <= self.plant.time_seconds:
            fault = self._waiting.pop()
            self._begun.append((fault, self._held(fault)))

    def _held(self, fault: PlantFault) -> float:
        """Return what the meter showed when the fault began."""
        if fault.point in SENSOR_UNITS:
            return 0.0
        return self._measured(fault.point)[fault.quantity or "totalizer"]

    def _measured(self, point: str) -> dict[str, float]:
        values = {
            quantity: self._noisy(point, quantity, value)
            for quantity, value in msgspec.structs.asdict(self.plant.values(point)).items()
        }
        for fault, held in self._begun:
            if fault.point == point:
                self._distort(fault, held, values)
        return values

    def _noisy(self, point: str, quantity: str, value: float) -> float:
        scale = ABSOLUTE_NOISE.get(quantity, value * RELATIVE_NOISE.get(quantity, 0.0))
        return value + scale * self._gauss(f"{point}/{quantity}") if scale else value

    def _gauss(self, key: str) -> float:
        return gauss(f"{self.plant.seed}/{key}", self.plant.tick)

    def _distort(self, fault: PlantFault, held: float, values: dict[str, float]) -> None:
        if fault.kind in COUNTER_FAULTS:
            values["totalizer"] += self._counter_jump(fault, held)
        elif fault.rule.on_value and fault.kind not in WIRE_FAULTS and fault.active(self.plant.time_seconds):
            values[fault.quantity] = self._wrong_value(fault, held, values[fault.quantity])

    def _wrong_value(self, fault: PlantFault, held: float, value: float) -> float:
        if fault.kind is FaultKind.STUCK:
            return held
        if fault.kind is FaultKind.NOISE:
            return value * (1.0 + fault.size * self._gauss(f"{fault.target}/fault"))
        minutes = (self.plant.time_seconds - fault.start_seconds) / 60.0
        return value * (1.0 + fault.size * (minutes if fault.kind is FaultKind.DRIFT else 1.0))

    def _counter_jump(self, fault: PlantFault, held: float) -> float:
        if fault.kind is FaultKind.ROLLOVER:
            return self.totalizer_modulus - fault.size - held
        return -held if fault.size else 0.0

    def _counted(self, total_t: float) -> float:
        # rounded down: rounded to nearest, a register would show a count that its meter never reaches
        steps = floor(total_t / self.totalizer_resolution)
        return steps % round(self.totalizer_modulus / self.totalizer_resolution) * self.totalizer_resolution


def _check_points(faults: Iterable[PlantFault]) -> None:
    unknown = []
    for fault in faults:
        points = _points(fault)
        if fault.point not in points:
            allowed = f"must start with one of the points {', '.join(points)}"
            unknown.append(Fault("", f"target of {fault.kind.value}", fault.target, allowed))
    if unknown:
        raise ConfigurationError(unknown)


def _points(fault: PlantFault) -> tuple[str, ...]:
    """Return where such a fault can be."""
    if fault.kind is FaultKind.CONTAMINATION:
        return ANALYSED_POINTS
    is_meters_own = fault.rule.on_value or fault.kind is FaultKind.ROLLOVER
    return POINTS if is_meters_own else POINTS + SENSOR_UNITS
