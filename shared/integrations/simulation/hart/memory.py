"""What a simulated HART device shows since its last measuring cycle, as answers to commands."""

import math
from collections.abc import Callable

from integrations.protocols.hart import (
    AdditionalStatus,
    Command,
    DeviceStatus,
    DeviceVariables,
    DynamicVariables,
    LongTag,
    LoopCurrent,
    MessageText,
    OutputInformation,
    PrimaryVariable,
    ResponseCode,
    Slot,
    TagDescriptorDate,
    Variable,
)
from integrations.simulation.errors import SimulationError
from integrations.simulation.modbus.unit import HEALTHY

from .device import HartInstrument

PV_TO_QV = (246, 247, 248, 249)
PERCENT_CODE, LOOP_CURRENT_CODE = 244, 245
GOOD, BAD = 0xC0, 0x00
NOT_USED = 250
MILLIAMPERE, PERCENT = 39, 57
MOST_SLOTS = 8
TAG_BYTES = 6
LOWEST_MA, HIGHEST_MA, FAILURE_MA = 3.8, 20.5, 3.5
"""NAMUR NE 43: the range that measures, and a current that says failure."""


class HartMemory:
    """A device as it answers between two measuring cycles.

    `primary_fails` makes the primary variable NaN, `malfunctions` sets the bit of that name.
    """

    def __init__(self, device: HartInstrument) -> None:
        self.device = device
        self.condition = HEALTHY
        self.primary_fails = False
        self.malfunctions = False
        self._variables: tuple[Variable, ...] = ()
        identity = device.identity.encode()
        self._answers: dict[int, Callable[[], bytes]] = {
            Command.READ_UNIQUE_IDENTIFIER: lambda: identity,
            Command.READ_PRIMARY_VARIABLE: lambda: PrimaryVariable(self._shown[0]).encode(),
            Command.READ_LOOP_CURRENT_AND_PERCENT: lambda: LoopCurrent(
                self._current_ma, self._percent
            ).encode(),
            Command.READ_DYNAMIC_VARIABLES: lambda: DynamicVariables(self._current_ma, self._shown).encode(),
            Command.READ_UNIQUE_IDENTIFIER_BY_TAG: lambda: identity,
            Command.READ_MESSAGE: MessageText("SIMULATED DEVICE").encode,
            Command.READ_TAG_DESCRIPTOR_DATE: TagDescriptorDate(device.tag, "SIMULATED").encode,
            Command.READ_OUTPUT_INFORMATION: self._output,
            Command.READ_LONG_TAG: LongTag(device.long_tag).encode,
            Command.READ_UNIQUE_IDENTIFIER_BY_LONG_TAG: lambda: identity,
            Command.READ_ADDITIONAL_STATUS: self._additional_status,
            Command.READ_DYNAMIC_VARIABLE_ASSIGNMENTS: self._assignments,
        }

    def refresh(self) -> None:
        """Take over present values and condition.

        Raises:
            SimulationError: a variable has no value.
        """
        values = self.device.values()
        if missing := [name for name in self.device.unit_codes if name not in values]:
            raise SimulationError(f"no value for the variables {', '.join(missing)}")
        self.condition = self.device.condition()
        self._variables = tuple(Variable(code, values[name]) for name, code in self.device.unit_codes.items())

    @property
    def status(self) -> int:
        """Field device status."""
        status = DeviceStatus(0)
        if self.malfunctions:
            status |= DeviceStatus.MALFUNCTION
        if self.primary_fails or self.malfunctions:
            status |= DeviceStatus.MORE_STATUS_AVAILABLE
        if not LOWEST_MA <= self._current_ma <= HIGHEST_MA:
            status |= DeviceStatus.LOOP_CURRENT_SATURATED
        return status

    def answer(self, command: int, data: bytes = b"") -> tuple[int, bytes]:
        """Return response code and data."""
        if command == Command.READ_DEVICE_VARIABLES:
            if not data:
                return ResponseCode.TOO_FEW_DATA_BYTES, b""
            slots = tuple(self._slot(code) for code in data[:MOST_SLOTS])
            return ResponseCode.SUCCESS, DeviceVariables(0, slots, 0).encode()
        if command not in self._answers:
            return ResponseCode.COMMAND_NOT_IMPLEMENTED, b""
        return ResponseCode.SUCCESS, self._answers[command]()

    def is_meant_by(self, command: int, data: bytes) -> bool:
        """Whether a broadcast of command 11 or 21 asks for this device."""
        if command == Command.READ_UNIQUE_IDENTIFIER_BY_LONG_TAG:
            return bool(self.device.long_tag) and data == LongTag(self.device.long_tag).encode()
        by_tag = command == Command.READ_UNIQUE_IDENTIFIER_BY_TAG
        return by_tag and data == TagDescriptorDate(self.device.tag, "").encode()[:TAG_BYTES]

    @property
    def _shown(self) -> tuple[Variable, ...]:
        """PV to QV."""
        primary, *others = self._variables
        return (Variable(primary.unit_code, math.nan) if self.primary_fails else primary, *others)

    @property
    def _percent(self) -> float:
        return 100.0 * self._shown[0].value / self.device.upper_range

    @property
    def _current_ma(self) -> float:
        current = 4.0 + 0.16 * self._percent
        return FAILURE_MA if math.isnan(current) else min(max(current, LOWEST_MA), HIGHEST_MA)

    def _output(self) -> bytes:
        unit_code = self._variables[0].unit_code
        return OutputInformation(1, 0, unit_code, self.device.upper_range, 0.0, 1.0, 0).encode()

    def _additional_status(self) -> bytes:
        """Two bits of the device's own in six bytes, then three that every device has."""
        return AdditionalStatus(bytes((self.primary_fails | self.malfunctions << 1, *bytes(8)))).encode()

    def _assignments(self) -> bytes:
        """Device variables behind PV to QV."""
        return bytes(range(len(self._variables))).ljust(len(PV_TO_QV), bytes((NOT_USED,)))

    def _slot(self, code: int) -> Slot:
        """Return a device variable: 0 to 3 are PV to QV here."""
        if code == LOOP_CURRENT_CODE:
            return Slot(code, 0, MILLIAMPERE, self._current_ma, GOOD)
        if code == PERCENT_CODE:
            return Slot(code, 0, PERCENT, self._percent, GOOD)
        at = PV_TO_QV.index(code) if code in PV_TO_QV else code
        if at >= len(self._variables):
            return Slot(code, 0, NOT_USED, math.nan, BAD)
        shown = self._shown[at]
        return Slot(code, 0, shown.unit_code, shown.value, BAD if math.isnan(shown.value) else GOOD)
