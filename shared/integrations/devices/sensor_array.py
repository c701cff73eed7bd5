"""SensorArray: sensors behind one or several connections, used as one connector."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, ParamSpec, TypeVar

from integrations.configuration import MISSING, ConfigurationError, Fault

from .array_breaker import ArrayBreaker
from .base import BaseConnector, StateChange
from .config import ConnectionState, HealthStatus
from .metrics import CallMetrics
from .modbus_sensor import ModbusSensorConfig
from .polled import PolledConnector
from .samples import DeviceEvent

Unit = TypeVar("Unit", bound=PolledConnector)
Result = TypeVar("Result")
Params = ParamSpec("Params")

FROM_BEST_TO_WORST = (
    ConnectionState.CONNECTED,
    ConnectionState.CONNECTING,
    ConnectionState.RECONNECTING,
    ConnectionState.CIRCUIT_OPEN,
    ConnectionState.FAILED,
    ConnectionState.DISCONNECTED,
)


class SensorArray(BaseConnector, Generic[Unit]):
    """Connections of several sensors, each with its own polling, retries and breaker, as one connector.

    It works as long as one of them does and is healthy only when all are: `connect()` is True and `state`
    CONNECTED when at least one answers, `health_status` and `circuit_breaker` show the worst of them, and
    `metrics` their sum. `execute_with_retry` makes a call that belongs to none of them, under a breaker of
    the array's own.
    """

    def __init__(self, units: Sequence[Unit], **options: Any) -> None:
        self.units = tuple(units)
        super().__init__(self.units[0].config, **options)
        breakers = [unit.circuit_breaker for unit in self.units if unit.circuit_breaker]
        if breakers:
            self._calls.breaker = ArrayBreaker(self.config, self.name, breakers, self._clock)
        self._told = ConnectionState.DISCONNECTED
        for unit in self.units:
            unit.on_state(self._on_unit_state)

    @property
    def name(self) -> str:
        """All connections."""
        return ", ".join(unit.name for unit in self.units)

    @property
    def state(self) -> ConnectionState:
        """The best state of the connections."""
        return min((unit.state for unit in self.units), key=FROM_BEST_TO_WORST.index)

    @property
    def simulating(self) -> bool:
        """Whether some readings are made here because the policy says so."""
        return any(unit.simulating for unit in self.units)

    @property
    def metrics(self) -> CallMetrics:
        """The sum of all calls."""
        return CallMetrics.sum_of([self._calls.metrics, *(unit.metrics for unit in self.units)])

    @property
    def health_status(self) -> HealthStatus:
        """What the last looks at the devices showed; `metadata["connections"]` has each of them."""
        seen = {unit.device_id: unit.health_status for unit in self.units}
        times = [one.response_time_ms for one in seen.values() if one.response_time_ms is not None]
        return HealthStatus(
            is_healthy=all(one.is_healthy for one in seen.values()),
            state=self.state,
            last_check=min(one.last_check for one in seen.values()),
            consecutive_failures=max(one.consecutive_failures for one in seen.values()),
            last_error="; ".join(f"{name}: {one.last_error}" for name, one in seen.items() if one.last_error)
            or None,
            response_time_ms=max(times, default=None),
            metadata={
                "simulated": any(one.metadata.get("simulated") for one in seen.values()),
                "connections": {name: one.state.value for name, one in seen.items()},
            },
        )

    def on_event(self, callback: Callable[[DeviceEvent], None]) -> None:
        """Call `callback` with what the sensors' readings reveal, such as drift."""
        for unit in self.units:
            unit.on_event(callback)

    async def connect(self) -> bool:
        """Connect all; True when one answered or its policy simulates it. The others keep trying."""
        try:
            connected = await _all(unit.connect() for unit in self.units)
        except BaseException:
            await self.disconnect()
            raise
        self.connection = self.units
        return any(connected)

    async def disconnect(self) -> None:
        """Close all connections and end what runs in the background."""
        self.connection = None
        await _all(unit.disconnect() for unit in self.units)

    async def health_check(self) -> HealthStatus:
        """Ask all devices now; never raises for a device that does not answer."""
        await _all(unit.health_check() for unit in self.units)
        return self.health_status

    async def execute_with_retry(
        self, func: Callable[Params, Awaitable[Result]], *args: Params.args, **kwargs: Params.kwargs
    ) -> Result:
        """Run a call under timeout, retry and the array's own breaker; its last error reaches the caller."""
        return await self._calls.make(lambda: func(*args, **kwargs), self.config.max_retries)

    async def _connect_impl(self) -> bool:
        return await self.connect()

    async def _disconnect_impl(self) -> None:
        await self.disconnect()

    async def _health_check_impl(self) -> bool:
        return (await self.health_check()).is_healthy

    def _on_unit_state(self, change: StateChange) -> None:
        """Tell the array's observers when its state changed with a unit's."""
        before, self._told = self._told, self.state
        if before is not self._told:
            self._tell_state(StateChange(before, self._told, change.reason))


def check_ids(configs: Sequence[ModbusSensorConfig]) -> None:
    """Check that there is a sensor, and that each has an id of its own.

    Raises:
        ConfigurationError: names both places of every id that is there twice.
    """
    if not configs:
        raise ConfigurationError([Fault("", "configs", MISSING, "must describe at least one sensor")])
    first: dict[str, int] = {}
    faults = []
    for at, config in enumerate(configs):
        before = first.setdefault(config.sensor_id, at)
        if before != at:
            allowed = f"must be used once only: {_place(configs, before)} and {_place(configs, at)} have it"
            faults.append(Fault(f"configs[{at}]", "sensor_id", config.sensor_id, allowed))
    if faults:
        raise ConfigurationError(faults)


def _place(configs: Sequence[ModbusSensorConfig], at: int) -> str:
    config = configs[at]
    address = f"{config.host}:{config.port} unit {config.modbus_address} register {config.register_address}"
    return f"configs[{at}] ({address})"


async def _all(calls: Iterable[Awaitable[Result]]) -> list[Result]:
    """Await all calls to their end, then raise the first error among them."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
