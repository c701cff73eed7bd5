"""Faults of the simulated plant: what breaks, where, when and how badly, as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked, Fault

from .meters import QUANTITIES

EXCEPTION_CODES = (1, 2, 3, 4, 5, 6, 8, 10, 11)


class FaultKind(StrEnum):
    """What can break. Faults of a value name point and quantity, faults of a device the point only."""

    NOISE = "noise"
    SPIKE = "spike"
    STUCK = "stuck"
    DRIFT = "drift"
    DEAD = "dead"
    SLOW = "slow"
    EXCEPTION = "exception"
    ROLLOVER = "rollover"
    RESTART = "restart"
    CONTAMINATION = "contamination"
    OPEN_CIRCUIT = "open_circuit"
    SHORT_CIRCUIT = "short_circuit"


WIRE_FAULTS = {FaultKind.OPEN_CIRCUIT, FaultKind.SHORT_CIRCUIT}
"""What only the temperature unit shows: meters measure with sensors of their own."""


@dataclass(frozen=True)
class Rule:
    """What a kind of fault acts on, and what it is like unless told otherwise."""

    on_value: bool
    duration_seconds: float | None
    magnitude: float
    meaning: str


RULES = {
    FaultKind.NOISE: Rule(True, None, 0.1, "standard deviation, as a fraction of the reading"),
    FaultKind.SPIKE: Rule(True, 1.0, 3.0, "excess, as a multiple of the reading"),
    FaultKind.STUCK: Rule(True, None, 0.0, "none: the last reading stays"),
    FaultKind.DRIFT: Rule(True, None, 0.05, "growth of the error per minute, as a fraction of the reading"),
    FaultKind.DEAD: Rule(False, None, 0.0, "none: the device doesn't answer"),
    FaultKind.SLOW: Rule(False, None, 2.0, "delay of each answer in seconds"),
    FaultKind.EXCEPTION: Rule(False, None, 4.0, "Modbus exception code"),
    FaultKind.ROLLOVER: Rule(False, None, 0.05, "tonnes that the totaliser has left; it goes on from there"),
    FaultKind.CONTAMINATION: Rule(False, 120.0, 200.0, "µS/cm that a leak of process acid adds in the end"),
    FaultKind.OPEN_CIRCUIT: Rule(True, None, 0.0, "none: the wire to the temperature sensor is broken"),
    FaultKind.SHORT_CIRCUIT: Rule(True, None, 0.0, "none: the wires to the temperature sensor touch"),
    FaultKind.RESTART: Rule(False, 2.0, 0.0, "1 if the totaliser starts again from 0, 0 if it is kept"),
}


class PlantFault(Checked, frozen=True):
    """One fault: `target` is a point, or `point.quantity` for a fault of a value.

    Unset duration and magnitude are those of `RULES`; a rule without a duration lasts for ever.
    """

    kind: FaultKind
    target: Annotated[str, Meta(min_length=1)]
    start_seconds: Annotated[float, Meta(ge=0)] = 0.0
    duration_seconds: Annotated[float, Meta(gt=0)] | None = None
    magnitude: float | None = None

    @property
    def rule(self) -> Rule:
        """The rule of this kind."""
        return RULES[self.kind]

    @property
    def point(self) -> str:
        """The measuring point."""
        return self.target.partition(".")[0]

    @property
    def quantity(self) -> str:
        """The quantity whose value is wrong; empty for a fault of the device."""
        return self.target.partition(".")[2]

    @property
    def size(self) -> float:
        """The magnitude, or the rule's."""
        return self.rule.magnitude if self.magnitude is None else self.magnitude

    def active(self, seconds: float) -> bool:
        """Whether it is broken at this plant time."""
        duration = self.rule.duration_seconds if self.duration_seconds is None else self.duration_seconds
        return seconds - self.start_seconds >= 0.0 and (
            duration is None or seconds - self.start_seconds < duration
        )

    def faults(self) -> Iterable[Fault]:
        """Check target and magnitude against the kind."""
        if self.rule.on_value and self.quantity not in QUANTITIES:
            allowed = f"must be <point>.<quantity>, quantity one of {', '.join(QUANTITIES)}"
            yield Fault("", "target", self.target, allowed)
        elif self.kind in WIRE_FAULTS and self.quantity != "temperature":
            yield Fault("", "target", self.target, "must be <point>.temperature: such sensors have wires")
        if not self.rule.on_value and self.quantity:
            allowed = f"must be a point alone: {self.kind.value} hits the device"
            yield Fault("", "target", self.target, allowed)
        if self.size < 0 and self.kind not in {FaultKind.SPIKE, FaultKind.DRIFT}:
            yield Fault("", "magnitude", self.size, "must be at least 0")
        if self.kind is FaultKind.EXCEPTION and self.size not in EXCEPTION_CODES:
            codes = ", ".join(map(str, EXCEPTION_CODES))
            yield Fault("", "magnitude", self.size, f"must be a Modbus exception code: {codes}")
        if self.kind is FaultKind.RESTART and self.size not in {0.0, 1.0}:
            yield Fault("", "magnitude", self.size, f"must be {self.rule.meaning}")
