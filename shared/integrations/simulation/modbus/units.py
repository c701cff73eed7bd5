"""The units behind one address or on one line, and how they answer."""

from collections.abc import Sequence

from integrations.simulation.errors import SimulationError

from .frames import Answer, Request
from .memory import Memory, exception
from .unit import HEALTHY, ServedUnit, UnitCondition


class Units:
    """Units by address; they show the values of the last `refresh`, as devices do those of a measuring cycle.

    Raises:
        SimulationError: two units share an address.
    """

    def __init__(self, units: Sequence[ServedUnit]) -> None:
        self._units = {unit.unit_id: unit for unit in units}
        if len(self._units) != len(units):
            raise SimulationError(f"unit_id must be unique, got {[unit.unit_id for unit in units]}")
        self._memories = {unit.unit_id: Memory(unit.table) for unit in units}
        self._conditions = dict.fromkeys(self._units, HEALTHY)

    def __contains__(self, unit_id: int) -> bool:
        return unit_id in self._units

    @property
    def ids(self) -> list[int]:
        """Addresses, ascending."""
        return sorted(self._units)

    @property
    def conditions(self) -> list[UnitCondition]:
        """How each of them is at the moment."""
        return list(self._conditions.values())

    def refresh(self) -> None:
        """Take over the units' present values and conditions; errors as Memory.write."""
        for unit_id, unit in self._units.items():
            self._memories[unit_id].write(unit.values())
            self._conditions[unit_id] = unit.condition()

    def answer(self, request: Request) -> Answer | None:
        """Answer for a unit that is there; None where it stays silent."""
        condition = self._conditions[request.unit_id]
        if condition.silent or condition.restarting:
            return None
        if condition.exception_code:
            return Answer(exception(request.pdu[0], condition.exception_code), condition.delay_seconds)
        return Answer(self._memories[request.unit_id].answer(request.pdu), condition.delay_seconds)
