"""Every reader of bytes from outside, by name."""

from types import ModuleType

from .target import Target
from .targets import agents, console, files, hart, messages, modbus, opcua, outbox, settings

ROOMS: tuple[ModuleType, ...] = (
    *(modbus, hart, opcua),
    *(messages, outbox, agents, console),
    *(settings, files),
)
TARGETS: dict[str, Target] = {target.name: target for room in ROOMS for target in room.TABLE}
ROOM_OF = {target.name: room.__name__ for room in ROOMS for target in room.TABLE}
"""The module of each: a search loads, and watches, nothing else."""
