"""Sensors in one Modbus unit, read in one poll."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from integrations.protocols.modbus import RegisterTable, UnitPoll

from .modbus_config import endpoint_of
from .modbus_sensor import ModbusSensorConfig
from .modbus_source import ModbusSource
from .polled import PolledConnector
from .samples import Channel, Sample


class SensorUnit(PolledConnector):
    """Polls the sensors of one unit; `configs` are of one connection (see `by_connection`).

    Its device id is the first sensor's, so that it is unique in the plant; `sensor_ids` has all of them.
    """

    config: ModbusSensorConfig

    def __init__(
        self,
        configs: Sequence[ModbusSensorConfig],
        channels: tuple[Channel, ...],
        table: RegisterTable,
        rate_hz: float,
        **options: Any,
    ) -> None:
        first = configs[0]
        self.sensor_ids = tuple(config.sensor_id for config in configs)
        super().__init__(first, first.sensor_id, channels, rate_hz, **options)
        # The line times each request. A limit on the poll would also count the wait for a shared line, and
        # open this unit's circuit for its silent neighbours' sake.
        self._calls.limit_seconds = None
        self._source = ModbusSource(
            endpoint_of(first, rtu=first.is_rtu),
            first.modbus_address,
            table,
            timeout_seconds=first.timeout_seconds,
            clock=self._clock,
            now_ns=self._now_ns,
        )

    @property
    def name(self) -> str:
        """Sensors and address."""
        first, *others = self.sensor_ids
        sensors = f"{first} and {len(others)} more" if others else first
        return f"{sensors} at {super().name} unit {self.config.modbus_address}"

    @property
    def device_ids(self) -> tuple[str, ...]:
        """Every sensor is a device of its own to its users."""
        return self.sensor_ids

    @property
    def place_id(self) -> str:
        """The unit where several sensors share it, since a lost connection is none of theirs alone."""
        shared = len(self.sensor_ids) > 1
        return f"{super().name} unit {self.config.modbus_address}" if shared else self.device_id

    @abstractmethod
    def _decode_impl(self, poll: UnitPoll) -> Sample:
        """Turn what the unit's registers said into a sample of the channels."""

    async def _poll_impl(self) -> Sample:
        poll = await self._source.poll()
        self.connection = self._source.line
        return self._decode_impl(poll)

    async def _disconnect_impl(self) -> None:
        self.connection = None
        await self._source.close()
