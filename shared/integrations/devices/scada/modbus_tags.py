"""Tags in the registers of a Modbus unit: each scan rate is a poll of its own."""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from integrations.devices.modbus_config import endpoint_of
from integrations.devices.modbus_source import ModbusSource
from integrations.devices.samples import status_of
from integrations.protocols.modbus import (
    EncodeError,
    ExceptionResponseError,
    ModbusError,
    ModbusLines,
    RegisterTable,
    RegisterType,
    UnitPoll,
    encode,
)

from .config import SCADAConnectionConfig
from .fields import SCADAProtocol
from .source import TagSource
from .tags import TagConfig, TagType
from .values import TagReading

FLOAT32_EPSILON = 2.0**-23


class ModbusTags(TagSource):
    """Reads the groups that hold the wanted tags; a group that fails costs its own tags only.

    Groups of one unit follow each other on its line. The first timeout speaks for the groups behind it.
    """

    def __init__(
        self,
        config: SCADAConnectionConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._tags = config.table
        self._config = config
        self._endpoint = endpoint_of(config, rtu=config.protocol is SCADAProtocol.MODBUS_RTU)
        self._options: dict[str, Any] = {"clock": clock, "now_ns": now_ns}
        self._registers = [tag.register() for tag in config.table]
        places: dict[int, list[int]] = defaultdict(list)
        for at, tag in enumerate(config.table):
            places[tag.scan_rate].append(at)
        self._groups = [(tuple(group), self._source(group)) for group in places.values()]

    async def open(self) -> None:
        """Do nothing: a line connects when it is first needed."""

    async def close(self) -> None:
        """Give the line back."""
        self.connection = None
        async with AsyncExitStack() as stack:
            for _, source in self._groups:
                stack.push_async_callback(source.close)

    async def read(self, tags: Sequence[int]) -> list[TagReading]:
        """Ask for the groups of `tags`; raises when the unit does not answer, or refuses the whole table."""
        wanted = set(tags)
        readings: list[TagReading] = []
        error: ModbusError | None = None
        answered = False
        groups = [(group, source) for group, source in self._groups if not wanted.isdisjoint(group)]
        for group, source in groups:
            if error is None or not error.ends_poll:
                try:
                    readings += self._readings(group, await source.poll())
                    answered = True
                    continue
                except ModbusError as failure:
                    error = failure
                finally:
                    self.connection = source.line
            readings += [TagReading(at, None, status_of(error)) for at in group]
        is_lost = error is not None and (error.ends_poll or len(groups) == len(self._groups))
        if error is not None and is_lost and not answered:
            raise error
        return [reading for reading in readings if reading.tag in wanted]

    async def write(self, tag: int, value: Any) -> str:
        """Write the tag's holding registers; return why the unit refused."""
        register, config, lines = self._registers[tag], self._config, ModbusLines.current()
        try:
            words = encode(RegisterTable((register,)), [float(value)]).tolist()
        except EncodeError as error:
            return str(error)
        line = lines.acquire(self._endpoint)
        try:
            await line.write(config.slave_address, register.address, words, config.timeout_seconds)
        except ModbusError as error:
            if isinstance(error, ExceptionResponseError) and not error.ends_poll:
                return str(error)
            raise
        finally:
            await lines.release(line)
        return ""

    def is_same(self, tag: int, wanted: Any, found: Any) -> bool:
        """Whether it reads as written, within half a count, or the digits of a float32."""
        if not isinstance(found, bool | int | float):
            return False
        register = self._registers[tag]
        if register.type.is_float:
            digits = FLOAT32_EPSILON if register.type is RegisterType.FLOAT32 else 2.0**-52
            return math.isclose(wanted, found, rel_tol=digits, abs_tol=digits * abs(register.offset))
        return bool(abs(wanted - found) <= 0.5 * abs(register.scale) * (1 + 1e-9))

    def _source(self, tags: Sequence[int]) -> ModbusSource:
        config = self._config
        return ModbusSource(
            self._endpoint,
            config.slave_address,
            config.register_table([self._tags[at] for at in tags]),
            timeout_seconds=config.timeout_seconds,
            **self._options,
        )

    def _readings(self, group: tuple[int, ...], poll: UnitPoll) -> list[TagReading]:
        return [
            TagReading(at, _value(self._tags[at], value, poll), status, poll.time_ns, poll.time_ns)
            for at, value, status in zip(group, poll.values.tolist(), poll.status.tolist(), strict=True)
        ]


def _value(tag: TagConfig, value: float, poll: UnitPoll) -> Any:
    """Return a register's number, or its text, as what the tag is."""
    if tag.data_type is TagType.STRING:
        return poll.texts.get(tag.tag_name)
    if math.isnan(value):
        return None
    if tag.data_type is TagType.BOOL:
        return value != 0
    return round(value) if tag.data_type is TagType.INT else value
