"""The lines of this process: whoever talks to the same endpoint shares one."""

import asyncio
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from integrations.configuration import ConfigurationError, Fault

from .endpoint import ModbusEndpoint
from .line import ModbusLine

_LINES: WeakKeyDictionary[asyncio.AbstractEventLoop, "ModbusLines"] = WeakKeyDictionary()


class ModbusLines:
    """Lines by endpoint, counted by their users, closed with the last one.

    A serial line can be opened once only, so its users must agree on everything but the timeout, which each
    `ModbusUnit` keeps to itself.
    """

    def __init__(self) -> None:
        self._lines: dict[ModbusEndpoint | str, ModbusLine] = {}
        self._users: dict[ModbusLine, int] = {}

    @classmethod
    def current(cls) -> "ModbusLines":
        """Return the lines of the running event loop."""
        return _LINES.setdefault(asyncio.get_running_loop(), cls())

    def acquire(self, endpoint: ModbusEndpoint) -> ModbusLine:
        """Return the line to `endpoint`; nothing is connected yet. Give it back with `release`.

        Raises:
            ConfigurationError: the serial line is in use with other settings.
        """
        key = str(endpoint) if endpoint.is_serial else endpoint
        if key not in self._lines:
            self._lines[key] = ModbusLine(endpoint)
        line = self._lines[key]
        check_same_line(line.endpoint, endpoint)
        self._users[line] = self._users.get(line, 0) + 1
        return line

    async def release(self, line: ModbusLine) -> None:
        """Give a line back; the last user's release closes it."""
        self._users[line] -= 1
        if self._users[line]:
            return
        del self._users[line]
        self._lines = {key: other for key, other in self._lines.items() if other is not line}
        await line.close()


def check_same_line(held: ModbusEndpoint, wanted: ModbusEndpoint) -> None:
    """Raise the settings in which two users of one line differ."""
    wanted = replace(wanted, timeout_seconds=held.timeout_seconds)
    faults = [
        Fault(str(held), name, getattr(wanted, name), f"must be {value!r} as for the others on this line")
        for name in held.__struct_fields__
        if (value := getattr(held, name)) != getattr(wanted, name)
    ]
    if faults and held.is_serial:
        raise ConfigurationError(faults)
