"""How a balance is described: what is measured and how well, and what must hold between it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from integrations.balances import SIGNIFICANCE
from integrations.configuration import Checked, Fault
from integrations.units import STANDARD_BAROMETER_BAR

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
Seconds = Annotated[float, Meta(ge=0.1, le=86_400)]


SERVICE = "balances"
DEVICE_CLASS = "balance"
"""Class of the virtual sensors, in subjects and readings."""


class Role(StrEnum):
    """What a variable is; the value is the quantity it is published as."""

    FLOW = "flow_rate"
    PRESSURE = "pressure"
    DROP = "differential_pressure"
    TEMPERATURE = "temperature"
    POWER = "power"


UNITS = {
    Role.FLOW: "t/hr",
    Role.PRESSURE: "bara",
    Role.DROP: "bar",
    Role.TEMPERATURE: "°C",
    Role.POWER: "kW",
}
"""What is computed and published in; uncertainties are in it too."""


class VariableConfig(Checked, frozen=True, kw_only=True):
    """A measured, an assumed or (without both) an unknown variable, with its standard uncertainty.

    The uncertainty is of the mean over a period and holds what an instrument may be off for good, calibration
    and installation included: a meter within it is a good meter. `uncertainty_percent` of the reading adds to
    it in squares.
    """

    sensor: Name | None = None
    assumed: float | None = None
    """A value that nobody measures but everybody knows, such as a heat loss."""
    uncertainty: Annotated[float, Meta(gt=0)] | None = None
    uncertainty_percent: Annotated[float, Meta(ge=0, le=100)] = 0.0

    def faults(self) -> Iterable[Fault]:
        """Yield what contradicts itself."""
        if self.sensor is not None and self.assumed is not None:
            yield Fault("", "assumed", self.assumed, "must not be given beside sensor")
        if self.uncertainty is None and self.is_given:
            yield Fault("", "uncertainty", None, "must be given for what is measured or assumed")

    @property
    def is_given(self) -> bool:
        """Whether there is a value to start from."""
        return self.sensor is not None or self.assumed is not None


class MassBalance(Checked, frozen=True, kw_only=True):
    """What flows into a node flows out of it: names of variables."""

    node: Name
    inflows: Annotated[tuple[Name, ...], Meta(min_length=1)]
    outflows: Annotated[tuple[Name, ...], Meta(min_length=1)]

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield each variable with what it has to be."""
        yield from ((name, Role.FLOW) for name in (*self.inflows, *self.outflows))


class Phase(StrEnum):
    """What a stream of an energy balance carries."""

    STEAM = "steam"
    WATER = "water"


class HeatStream(Checked, frozen=True, kw_only=True):
    """A flow and what its enthalpy comes from.

    Steam needs its pressure, and a temperature unless it is dry saturated. Water needs its temperature; its
    enthalpy is that of boiling water at this temperature.
    """

    flow: Name
    phase: Phase = Phase.STEAM
    pressure: Name | None = None
    temperature: Name | None = None

    def faults(self) -> Iterable[Fault]:
        """Yield what is needed and not given."""
        if self.phase is Phase.STEAM and self.pressure is None:
            yield Fault("", "pressure", None, "must be given for steam")
        if self.phase is Phase.WATER and self.temperature is None:
            yield Fault("", "temperature", None, "must be given for water")

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield each variable with what it has to be."""
        yield self.flow, Role.FLOW
        if self.pressure is not None:
            yield self.pressure, Role.PRESSURE
        if self.temperature is not None:
            yield self.temperature, Role.TEMPERATURE


class EnergyBalance(Checked, frozen=True, kw_only=True):
    """The heat that flows into a node flows out of it, with its streams or as `heat_loss` in kW."""

    node: Name
    inflows: Annotated[tuple[HeatStream, ...], Meta(min_length=1)]
    outflows: tuple[HeatStream, ...] = ()
    heat_loss: Name | None = None

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield each variable with what it has to be."""
        for stream in (*self.inflows, *self.outflows):
            yield from stream.roles()
        if self.heat_loss is not None:
            yield self.heat_loss, Role.POWER


class SaturatedSteam(Checked, frozen=True, kw_only=True):
    """Steam that has the temperature at which water boils at its pressure, while it is not superheated."""

    pressure: Name
    temperature: Name
    superheat_k: Annotated[float, Meta(gt=0)] = 5.0
    """Measured temperature above saturation from which on it counts as superheated, and is not compared."""

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield each variable with what it has to be."""
        yield self.pressure, Role.PRESSURE
        yield self.temperature, Role.TEMPERATURE


class PressureDrop(Checked, frozen=True, kw_only=True):
    """Two pressures and the difference between them, measured by a cell of its own."""

    upstream: Name
    downstream: Name
    drop: Name

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield each variable with what it has to be."""
        yield from ((self.upstream, Role.PRESSURE), (self.downstream, Role.PRESSURE), (self.drop, Role.DROP))


class BalanceConfig(Checked, frozen=True, kw_only=True):
    """One balance: variables by name, and what must hold between them."""

    balance_id: Name
    variables: dict[Name, VariableConfig]
    mass: tuple[MassBalance, ...] = ()
    energy: tuple[EnergyBalance, ...] = ()
    saturated: tuple[SaturatedSteam, ...] = ()
    pressure_drops: tuple[PressureDrop, ...] = ()
    period_seconds: Seconds = 5.0
    """How often the balance is drawn up, over the mean of what came meanwhile."""
    patience_seconds: Seconds = 15.0
    """How far the others may be ahead of a silent sensor before a period ends without it."""
    window_seconds: Seconds = 120.0
    """Suspects are looked for in the mean over this time."""
    confirm_seconds: Annotated[float, Meta(ge=0)] = 15.0
    """How long a suspicion has to last before it is told."""
    significance: Annotated[float, Meta(gt=0, lt=0.5)] = SIGNIFICANCE
    """Probability at which instruments within their uncertainties fail a test."""
    barometer_bar: Annotated[float, Meta(ge=0.5, le=1.2)] = STANDARD_BAROMETER_BAR
    """Lies between gauge and absolute pressure."""

    def faults(self) -> Iterable[Fault]:
        """Yield names that lead nowhere, variables of two kinds, and what compares nothing."""
        if not self.parts():
            yield Fault("", "mass", [], "must have an entry, or energy, saturated or pressure_drops must")
        if self.window_seconds < self.period_seconds:
            allowed = f"must be at least period_seconds = {self.period_seconds}"
            yield Fault("", "window_seconds", self.window_seconds, allowed)
        roles = self._roles()
        for name in self.variables:
            if name not in roles:
                yield Fault(
                    "variables", name, name, "must be used by mass, energy, saturated or pressure_drops"
                )
        for name, found in roles.items():
            if name not in self.variables:
                known = ", ".join(self.variables) or "none"
                yield Fault("variables", name, name, f"must be described, since it is used; known: {known}")
            if len(found) > 1:
                allowed = f"must be used as one thing, not as {' and '.join(sorted(found))}"
                yield Fault("variables", name, name, allowed)
        sensors = Counter(each.sensor for each in self.variables.values() if each.sensor is not None)
        for sensor, count in sensors.items():
            if count > 1:
                yield Fault("variables", "sensor", sensor, "must be used once only: it cannot check itself")

    def parts(self) -> list[MassBalance | EnergyBalance | SaturatedSteam | PressureDrop]:
        """Return everything that must hold."""
        return [*self.mass, *self.energy, *self.saturated, *self.pressure_drops]

    def role(self, name: str) -> Role:
        """Return what a variable is."""
        (found,) = self._roles()[name]
        return found

    def _roles(self) -> dict[str, set[Role]]:
        roles: dict[str, set[Role]] = {}
        for part in self.parts():
            for name, role in part.roles():
                roles.setdefault(name, set()).add(role)
        return roles
