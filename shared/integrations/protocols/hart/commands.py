"""The commands that are understood, and what decodes their answers."""

from enum import IntEnum
from typing import Protocol, Self

from .additional_status import AdditionalStatus
from .errors import FrameError
from .identity import Identity
from .texts import LongTag, MessageText, OutputInformation, TagDescriptorDate
from .variables import DeviceVariables, DynamicVariables, LoopCurrent, PrimaryVariable


class Command(IntEnum):
    """Commands that are sent from here, by the names of the specification."""

    READ_UNIQUE_IDENTIFIER = 0
    READ_PRIMARY_VARIABLE = 1
    READ_LOOP_CURRENT_AND_PERCENT = 2
    READ_DYNAMIC_VARIABLES = 3
    READ_DEVICE_VARIABLES = 9
    READ_UNIQUE_IDENTIFIER_BY_TAG = 11
    READ_MESSAGE = 12
    READ_TAG_DESCRIPTOR_DATE = 13
    READ_OUTPUT_INFORMATION = 15
    READ_LONG_TAG = 20
    READ_UNIQUE_IDENTIFIER_BY_LONG_TAG = 21
    READ_ADDITIONAL_STATUS = 48
    READ_DYNAMIC_VARIABLE_ASSIGNMENTS = 50
    SUBSCRIBE = 533


class Answer(Protocol):
    """What every decoded answer can do."""

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the data behind the status bytes; FrameError when they are no such answer."""

    def encode(self) -> bytes:
        """Return the data, as a device sends them."""


Measured = PrimaryVariable | LoopCurrent | DynamicVariables | DeviceVariables

MEASURED: dict[int, type[Measured]] = {
    Command.READ_PRIMARY_VARIABLE: PrimaryVariable,
    Command.READ_LOOP_CURRENT_AND_PERCENT: LoopCurrent,
    Command.READ_DYNAMIC_VARIABLES: DynamicVariables,
    Command.READ_DEVICE_VARIABLES: DeviceVariables,
}

ANSWERS: dict[int, type[Answer]] = {
    **MEASURED,
    Command.READ_UNIQUE_IDENTIFIER: Identity,
    Command.READ_UNIQUE_IDENTIFIER_BY_TAG: Identity,
    Command.READ_MESSAGE: MessageText,
    Command.READ_TAG_DESCRIPTOR_DATE: TagDescriptorDate,
    Command.READ_OUTPUT_INFORMATION: OutputInformation,
    Command.READ_LONG_TAG: LongTag,
    Command.READ_UNIQUE_IDENTIFIER_BY_LONG_TAG: Identity,
    Command.READ_ADDITIONAL_STATUS: AdditionalStatus,
}


def decode_answer(command: int, data: bytes) -> Answer:
    """Read the data of an answer.

    Raises:
        FrameError: they are too short, or the command is none of `ANSWERS`.
    """
    if command not in ANSWERS:
        known = ", ".join(str(int(number)) for number in ANSWERS)
        raise FrameError(f"command must be one of {known}, got {command}")
    return ANSWERS[command].decode(data)
