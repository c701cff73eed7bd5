"""Steam flows off the bus for condensate meters: clean readings of a sensor, handed to who waits for them."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

import structlog

from integrations.bus import Bus, BusClosedError, BusError, Latest, Value
from integrations.messages import CleanBatch, Header, MessageError, Origin, Status, decode
from integrations.units import Affine, UnitError, affine

UNIT = "t/hr"
RETRY_SECONDS = 5.0

log = structlog.get_logger(__name__)


@runtime_checkable
class WaitsForSteamFlow(Protocol):
    """A connector that computes with a steam flow measured elsewhere."""

    @property
    def steam_flow_sensor(self) -> str | None:
        """Sensor id of that steam flow; None when it is not wanted."""

    def set_steam_flow(self, value: float | None, time_ns: int, *, status: int, origin: Origin) -> None:
        """Take a steam flow: t/hr (None: no value), UTC ns, OPC UA StatusCode."""


@contextlib.asynccontextmanager
async def following_steam_flows(bus: Bus, site: str, connectors: Iterable[object]) -> AsyncIterator[None]:
    """Hand the last clean value of every wanted steam flow to those of `connectors` that want it.

    The values are those of the bucket of last values: there at once after a start, later ones as they come.
    How old a value may be is for its receiver to say.
    """
    wanted: dict[str, list[WaitsForSteamFlow]] = defaultdict(list)
    for connector in connectors:
        if isinstance(connector, WaitsForSteamFlow) and connector.steam_flow_sensor is not None:
            wanted[connector.steam_flow_sensor].append(connector)
    async with asyncio.TaskGroup() as group:
        following = [
            group.create_task(follow(bus, site, sensor_id, waiting), name=f"follower of {sensor_id}")
            for sensor_id, waiting in wanted.items()
        ]
        try:
            yield
        finally:
            for task in following:
                task.cancel()


async def follow(
    bus: Bus,
    site: str,
    sensor_id: str,
    waiting: Sequence[WaitsForSteamFlow],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Hand on every value of one sensor until the bus is closed."""
    hand = _Hand(waiting)
    while True:
        try:
            # a sensor's class stands in its key, and ids are unique in a plant
            async with contextlib.aclosing(Latest(bus).watch(f"{site}.*.{sensor_id}")) as values:
                async for value in values:
                    hand.on(value)
        except BusClosedError:
            return
        except BusError as error:
            log.warning("steam flow cannot be followed", sensor_id=sensor_id, reason=str(error))
            await sleep(RETRY_SECONDS)


class _Hand:
    """Hands the values of one sensor on, in the unit that they are wanted in."""

    def __init__(self, waiting: Sequence[WaitsForSteamFlow]) -> None:
        self._waiting = waiting
        self._unit: str | None = None
        self._into_unit: Affine | None = None

    def on(self, value: Value) -> None:
        """Hand on one value, whoever wrote it."""
        try:
            batch = decode(value.data, CleanBatch, value.headers.get(Header.CONTENT_TYPE))
        except MessageError:
            return  # deleted by somebody, or none of ours
        if not batch.time:
            return
        if batch.unit != self._unit:
            self._unit, self._into_unit = batch.unit, _conversion(batch)
        flow, status, pair = batch.value[-1], batch.status[-1], self._into_unit
        if pair is None:
            flow, status = None, int(Status.BAD_CONFIGURATION_ERROR)
        elif flow is not None:
            flow = flow * pair.scale + pair.offset
        for connector in self._waiting:
            connector.set_steam_flow(flow, batch.time[-1], status=status, origin=batch.origin)


def _conversion(batch: CleanBatch) -> Affine | None:
    try:
        return affine(batch.unit, UNIT)
    except UnitError as error:
        log.warning("sensor is no steam flow", sensor_id=batch.sensor_id, unit=batch.unit, reason=str(error))
        return None
