"""What happens to the registers of an analog module until they are values: all channels at once, no I/O."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from integrations.messages.status import Status
from integrations.protocols.modbus import RegisterTable

from .damping import Damping
from .inputs import AnalogInput
from .module import AnalogModule
from .namur import current_status
from .scaling import CurrentScaler

Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]


class Conditioned(NamedTuple):
    """Arrays in the order of the inputs."""

    values: Floats
    """In the units of the inputs; NaN where `status` is Bad."""
    status: Codes
    currents_ma: Floats
    """As the module gave them; NaN where it gave none."""


class Conditioner:
    """Registers of a module → currents → values, damped and cut off; remembers what damping needs.

    Raises:
        AnalogModuleError: an input names a channel that the module does not have.
    """

    def __init__(self, module: AnalogModule, inputs: Sequence[AnalogInput]) -> None:
        self._module = module
        self._at, self._status_at, self.table = _registers(module, [each.channel for each in inputs])
        self._scale = CurrentScaler(inputs)
        self._live_zero = np.array([each.has_live_zero for each in inputs], np.bool_)
        self._damp = Damping([each.damping_seconds for each in inputs])

    def __call__(self, registers: Floats, status: Codes, time_ns: int) -> Conditioned:
        """Condition one poll of `table`: its values and StatusCodes (registers,), and its UTC time."""
        currents = registers[self._at]
        judged = np.maximum.reduce([status[self._at], current_status(currents, self._live_zero)])
        # What the read itself says of a missing current is closer to the cause than "no current".
        judged = np.where(status[self._at] >= Status.BAD, status[self._at], judged)
        if self._status_at is not None:
            words = registers[self._status_at].tolist()
            told = np.array([self._module.status_of(word) for word in words], np.uint32)
            judged = np.where(judged >= Status.BAD, judged, np.maximum(judged, told))
        values = np.where(judged >= Status.BAD, np.nan, self._scale(currents))
        return Conditioned(self._scale.cut(self._damp(values, time_ns)), judged.astype(np.uint32), currents)


def _registers(
    module: AnalogModule, channels: list[int]
) -> tuple[NDArray[np.intp], NDArray[np.intp] | None, RegisterTable]:
    """Return the columns of each input's current and status, and the table; inputs may share a channel."""
    distinct = sorted(set(channels))
    registers = [module.current_register(channel) for channel in distinct]
    states = [register for channel in distinct if (register := module.status_register(channel))]
    at = np.array([distinct.index(channel) for channel in channels], np.intp)
    return at, at + len(registers) if states else None, RegisterTable((*registers, *states))
