"""The answers of GL-003: an action and its payload in, the payload of the response out."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct

from integrations.bus import Bus
from integrations.coordination.analyzer import (
    Inputs,
    SteamSystemConfig,
    condensate_return,
    efficiency_report,
    measured_of,
    quality_report,
)
from integrations.messages import (
    ANALYZER_ACTIONS,
    CondensateReturn,
    DeviceAnswer,
    EfficiencyReport,
    HeaderInputs,
    HistoryRequest,
    LatestReadings,
    LatestRequest,
    NoArguments,
    QualityReport,
    ReadDeviceRequest,
    SensorHistory,
    SteamBalance,
    WriteTagRequest,
    WrittenTag,
    encode,
)
from integrations.messages.json_values import MAX_JSON_BYTES
from integrations.runtime.coordination.gl003.devices import Devices
from integrations.runtime.coordination.gl003.errors import NoAnswerError, Reason
from integrations.runtime.coordination.gl003.history import history_page
from integrations.runtime.coordination.gl003.last_readings import LastReadings
from integrations.runtime.coordination.gl003.steam_balance import steam_balance
from integrations.runtime.paging import fitting
from integrations.runtime.plant.settings import Plant

ANSWER_BYTES = MAX_JSON_BYTES - 4096
"""Of readings in one answer: the rest of it needs some room too."""
REQUESTS = {action: request for action, _, request, _ in ANALYZER_ACTIONS}
SHORT = {"report": "report_steam_efficiency"}
"""Other names of actions."""


class Answers:
    """What GL-003 knows, as answers; every one from the last readings, from CLEAN or from a device."""

    def __init__(
        self,
        bus: Bus,
        plant: Plant,
        config: SteamSystemConfig,
        readings: LastReadings,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._bus = bus
        self._site = plant.site
        self._balances = plant.balances
        self._config = config
        self._readings = readings
        self._devices = Devices(bus, plant)
        self._now_ns = now_ns
        self._by_action: dict[str, Callable[[Any, str], Awaitable[Struct]]] = {
            "latest_readings": self._latest,
            "header_efficiency_inputs": self._header_inputs,
            "condensate_return": self._condensate_return,
            "steam_balance": self._steam_balance,
            "quality_report": self._quality_report,
            "sensor_history": self._history,
            "read_device": self._read_device,
            "write_tag": self._write_tag,
            "report_steam_efficiency": self._report,
        }

    @property
    def actions(self) -> list[str]:
        """Everything that can be asked here."""
        return [*self._by_action, *SHORT]

    async def answer(self, action: str, payload: dict[str, Any], sender_id: str) -> Struct:
        """Return the answer to a request.

        Raises:
            NoAnswerError: there is none; why is in it.
        """
        action = SHORT.get(action, action)
        return await self._by_action[action](arguments(action, payload), sender_id)

    def report(self) -> EfficiencyReport:
        """Return the steam system's efficiency now."""
        return efficiency_report(self._site, self._inputs(), self._now_ns())

    def _inputs(self) -> Inputs:
        return Inputs(self._config, self._readings, self._now_ns())

    async def _report(self, _asked: NoArguments, _sender: str) -> EfficiencyReport:
        return self.report()

    async def _latest(self, asked: LatestRequest, _sender: str) -> LatestReadings:
        known = self._readings
        wanted = sorted(known if asked.sensors is None else set(asked.sensors) & set(known))
        wanted = [
            sensor_id
            for sensor_id in wanted
            if asked.device_class in {None, known[sensor_id].device_class}
            and (asked.after is None or sensor_id > asked.after)
        ]
        now = self._now_ns()
        unknown = [sensor_id for sensor_id in asked.sensors or () if sensor_id not in known]
        measured = (measured_of(known[sensor_id], now) for sensor_id in wanted[: asked.limit])
        readings = list(fitting(measured, ANSWER_BYTES - len(encode(unknown))))
        return LatestReadings(
            site=self._site,
            time=now,
            readings=readings,
            unknown=unknown,
            next_after=readings[-1].sensor_id if len(readings) < len(wanted) else None,
        )

    async def _header_inputs(self, _asked: NoArguments, _sender: str) -> HeaderInputs:
        inputs = self._inputs()
        return HeaderInputs(
            site=self._site,
            time=self._now_ns(),
            inputs=inputs.listed(),
            missing=inputs.missing(),
            simulated=inputs.simulated(),
        )

    async def _condensate_return(self, _asked: NoArguments, _sender: str) -> CondensateReturn:
        return condensate_return(self._site, self._inputs(), self._readings.values(), self._now_ns())

    async def _steam_balance(self, _asked: NoArguments, _sender: str) -> SteamBalance:
        return steam_balance(self._site, self._balances, self._readings, self._now_ns())

    async def _quality_report(self, _asked: NoArguments, _sender: str) -> QualityReport:
        return quality_report(self._site, self._readings.values(), self._now_ns())

    async def _history(self, asked: HistoryRequest, _sender: str) -> SensorHistory:
        page = await history_page(self._bus, self._site, asked, self._now_ns())
        if not page.time and not page.next_cursor and asked.sensor_id not in self._readings:
            raise unknown_sensor(asked.sensor_id)
        return page

    async def _read_device(self, asked: ReadDeviceRequest, _sender: str) -> DeviceAnswer:
        return await self._devices.read(asked)

    async def _write_tag(self, asked: WriteTagRequest, sender: str) -> WrittenTag:
        return await self._devices.write(asked, sender)


def arguments(action: str, payload: dict[str, Any]) -> Any:
    """Return what a request asks for, checked.

    Raises:
        NoAnswerError: a field is missing, of another type or out of its limits; named.
    """
    try:
        return msgspec.convert(payload, REQUESTS[action])
    except msgspec.ValidationError as error:
        raise NoAnswerError(Reason.BAD_REQUEST, f"{action}: {error}") from error


def unknown_sensor(sensor_id: str) -> NoAnswerError:
    """Return the error for a sensor of which nothing was ever heard."""
    return NoAnswerError(Reason.UNKNOWN_SENSOR, f"nothing was ever heard of a sensor {sensor_id}")
