"""The lines of this process: whoever talks to the same endpoint shares one."""

import asyncio
from weakref import WeakKeyDictionary

from integrations.configuration import ConfigurationError, Fault

from .endpoint import ModbusEndpoint, Transport
from .line import ModbusLine

_LINES: WeakKeyDictionary[asyncio.AbstractEventLoop, "ModbusLines"] = WeakKeyDictionary()


_PORT_SETTINGS = ("baud_rate", "parity", "stop_bits", "inter_frame_pause_seconds")


class ModbusLines:
    """Lines by transport and address, counted by their users, closed with the last one.

    The first user's endpoint says how many connections there may be and how long opening one may take; each
    `ModbusUnit` keeps its own timeout. Users with other settings get no line of their own, because a gateway
    that takes one connection only would turn them away. A serial port's settings they must agree on.
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[Transport, str], ModbusLine] = {}
        self._users: dict[ModbusLine, int] = {}

    @classmethod
    def current(cls) -> "ModbusLines":
        """Return the lines of the running event loop."""
        return _LINES.setdefault(asyncio.get_running_loop(), cls())

    def acquire(self, endpoint: ModbusEndpoint) -> ModbusLine:
        """Return the line to `endpoint`; nothing is connected yet. Give it back with `release`.

        Raises:
            ConfigurationError: the serial port is in use with other settings.
        """
        key = endpoint.transport, str(endpoint)
        if key not in self._lines:
            self._lines[key] = ModbusLine(endpoint)
        line = self._lines[key]
        if endpoint.transport == Transport.RTU:
            check_same_port(line.endpoint, endpoint)
        self._users[line] = self._users.get(line, 0) + 1
        return line

    async def release(self, line: ModbusLine) -> None:
        """Give a line back; the last user's release closes it."""
        if line not in self._users:  # it was of an event loop that has ended
            return
        self._users[line] -= 1
        if self._users[line]:
            return
        del self._users[line]
        self._lines = {key: other for key, other in self._lines.items() if other is not line}
        await line.close()


def check_same_port(held: ModbusEndpoint, wanted: ModbusEndpoint) -> None:
    """Raise the settings in which two users of one serial port differ."""
    faults = [
        Fault(str(held), name, getattr(wanted, name), f"must be {value!r} as for the others on this line")
        for name in _PORT_SETTINGS
        if (value := getattr(held, name)) != getattr(wanted, name)
    ]
    if faults:
        raise ConfigurationError(faults)
