"""What a poll or a burst of a device brought: named values with their units and StatusCodes."""

import math
from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from integrations.messages.status import Status

from .commands import Measured
from .device_status import DeviceStatus, device_wide_status, graver, value_status
from .errors import HartError
from .response_code import ResponseCode
from .unit_codes import NOT_USED
from .variables import DeviceVariables, DynamicVariables, LoopCurrent, PrimaryVariable, Slot, Variable

VARIABLES = ("pv", "sv", "tv", "qv")
QUANTITIES = (*VARIABLES, "loop_current", "percent")
MILLIAMPERE = 39
PERCENT = 57
SLOT_CODES = {246: "pv", 247: "sv", 248: "tv", 249: "qv", 245: "loop_current", 244: "percent"}
"""Device variable codes of command 9 that mean the same in every device."""
_DEVICE_STATUS = tuple(map(DeviceStatus, range(256)))


class HartPoll(msgspec.Struct, frozen=True, eq=False):
    """Values in the order of `names`; NaN where the device gave no number.

    What a device says while it has failed is here too, under a bad `status` (OPC UA), and not to be used.
    `time_ns` (UTC) is the middle of the poll, from its first request to its last answer; for a burst, when it
    arrived. `units` are the device's own, and may change from one poll to the next.
    """

    names: tuple[str, ...]
    time_ns: int
    duration_seconds: float
    values: NDArray[np.float64]
    status: NDArray[np.uint32]
    units: tuple[str, ...]
    device_status: DeviceStatus
    errors: tuple[HartError, ...] = ()


class Gathering:
    """Collects the answers of one poll, then judges every value by all that the device said.

    `slot_names` says which quantity a device variable code of command 9 is; others are not taken.
    """

    def __init__(self, slot_names: Mapping[int, str] = SLOT_CODES) -> None:
        self._device_status = 0
        self._extended_status = 0
        self._slot_names = slot_names
        self._variables: dict[str, Variable] = {}
        self._slots: dict[str, Slot] = {}
        self._late: set[str] = set()
        self._missed: dict[str, Status] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Quantities that were brought."""
        return tuple(name for name in QUANTITIES if self._variable(name) is not None)

    def take(self, answer: Measured, code: int, device_status: int) -> None:
        """Take what one answer brought, with its response code and device status."""
        self._device_status |= device_status
        found: Mapping[str, Variable | Slot]
        if isinstance(answer, DeviceVariables):
            self._extended_status |= answer.extended_status
            found = slots = {self._slot_names.get(slot.code, ""): slot for slot in answer.slots}
            self._slots.update(slots)
        else:
            found = variables = named(answer)
            self._variables.update(variables)
        if code == ResponseCode.UPDATE_FAILURE:
            self._late.update(found)

    def miss(self, names: Iterable[str], error: HartError) -> None:
        """Note quantities that could not be read, and why."""
        self._missed |= dict.fromkeys(names, error.status)

    def repeats(self, names: Iterable[str]) -> bool:
        """Whether command 9 alone said of PV to QV what another command said."""
        return bool(self._slots) and all(name in VARIABLES and self._agrees(name) for name in names)

    def result(
        self,
        names: tuple[str, ...],
        time_ns: int,
        duration_seconds: float = 0.0,
        errors: tuple[HartError, ...] = (),
    ) -> HartPoll:
        """Return `names` with their values, StatusCodes and units."""
        wide = device_wide_status(self._device_status, self._extended_status)
        values, status, units = [], [], []
        for name in names:
            variable = self._variable(name)
            code = graver(wide, self._status_of(name, variable))
            values.append(variable.value if variable and math.isfinite(variable.value) else math.nan)
            status.append(code)
            units.append(variable.unit if variable else "")
        return HartPoll(
            names,
            time_ns,
            duration_seconds,
            np.array(values, np.float64),
            np.array(status, np.uint32),
            tuple(units),
            _DEVICE_STATUS[self._device_status],
            errors,
        )

    def _variable(self, name: str) -> Variable | None:
        if variable := self._variables.get(name):
            return variable
        slot = self._slots.get(name)
        return None if slot is None or slot.unit_code == NOT_USED else Variable(slot.unit_code, slot.value)

    def _agrees(self, name: str) -> bool:
        variable, slot = self._variables.get(name), self._slots.get(name)
        if slot is None or slot.unit_code == NOT_USED:
            return variable is None or (variable.unit_code == NOT_USED and math.isnan(variable.value))
        return (
            variable is not None
            and slot.unit_code == variable.unit_code
            and math.isfinite(slot.value) == math.isfinite(variable.value)
        )

    def _status_of(self, name: str, variable: Variable | None) -> int:
        if variable is None:
            return self._missed.get(name, Status.BAD_CONFIGURATION_ERROR)
        if not math.isfinite(variable.value):
            if math.isinf(variable.value):
                return Status.BAD_OUT_OF_RANGE
            unused = variable.unit_code == NOT_USED
            return Status.BAD_CONFIGURATION_ERROR if unused else Status.BAD_SENSOR_FAILURE
        slot = self._slots.get(name)
        # a slot that the device does not have is answered with another unit; such a slot says nothing
        own = None if slot is None or slot.unit_code != variable.unit_code else slot.status
        told = value_status(name, self._device_status, own)
        return graver(Status.UNCERTAIN_LAST_USABLE, told) if name in self._late else told


def named(answer: PrimaryVariable | LoopCurrent | DynamicVariables) -> Mapping[str, Variable]:
    """Return what an answer carries, by quantity."""
    if isinstance(answer, PrimaryVariable):
        return {"pv": answer.variable}
    current = {"loop_current": Variable(MILLIAMPERE, answer.current_ma)}
    if isinstance(answer, LoopCurrent):
        return {**current, "percent": Variable(PERCENT, answer.percent)}
    return {**dict(zip(VARIABLES, answer.variables, strict=False)), **current}
