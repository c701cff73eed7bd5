"""CondensateMeterConnector: a condensate meter on Modbus, what returns, how pure it is, what flashes."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from msgspec.structs import replace

from integrations.devices.modbus_config import endpoint_of
from integrations.devices.modbus_sensor import ModbusProtocol
from integrations.devices.modbus_source import ModbusSource
from integrations.devices.polled import PolledConnector
from integrations.devices.samples import Channel, Sample
from integrations.devices.window import Window
from integrations.messages import Origin, Status

from .config import CondensateMeterConfig
from .contamination import ContaminationWatch, limits_of
from .decode import CondensateDecoder, CondensateSample
from .derived import NOT_READ
from .flash_loss import FlashLoss
from .measured import Measured
from .quality import flags_of, quality_score
from .readings import CondensateReading
from .return_flow import SteamFlow, SteamFlowFollower
from .simulator import SimulatedCondensateMeter

HISTORY = 1000
"""Readings that are kept."""

log = structlog.get_logger(__name__)


@dataclass
class Record:
    """What readings of one origin are judged by, so that measured and simulated never mix."""

    watch: ContaminationWatch
    window: Window = field(default_factory=Window)


class CondensateMeterConnector(PolledConnector):
    """Reads one condensate meter.

    `current_reading` and the getters show the last sample without waiting; a getter returns None where there
    is no value, and when the meter has not answered since.
    """

    config: CondensateMeterConfig

    def __init__(
        self, config: CondensateMeterConfig, *, now_ns: Callable[[], int] = time.time_ns, **options: Any
    ) -> None:
        decoder = CondensateDecoder(config)
        super().__init__(
            config, config.meter_id, decoder.channels, config.sampling_rate_hz, now_ns=now_ns, **options
        )
        # The line times each request; a limit on the poll would also count the wait for a shared line.
        self._calls.limit_seconds = None
        self.current_reading: CondensateReading | None = None
        self.reading_history: deque[CondensateReading] = deque(maxlen=HISTORY)
        self._decode = decoder
        self._simulator = SimulatedCondensateMeter(config, decoder, now_ns)
        self._flash = FlashLoss(config)
        self._steam_flow = _follower(config)
        limits = limits_of(config) if config.enable_quality_analysis else ()
        self._records = {origin: Record(ContaminationWatch(limits)) for origin in Origin}
        self._measured: dict[str, Measured] = {}
        self._explained: frozenset[str] = frozenset()
        self._source = ModbusSource(
            endpoint_of(config, rtu=config.protocol is ModbusProtocol.MODBUS_RTU),
            config.slave_address,
            decoder.layout.table,
            timeout_seconds=config.timeout_seconds,
            clock=self._clock,
            now_ns=now_ns,
        )

    @property
    def name(self) -> str:
        """Meter and address."""
        return f"{self.config.meter_id} at {super().name} unit {self.config.slave_address}"

    @property
    def steam_flow_sensor(self) -> str | None:
        """Sensor id of the steam flow that `set_steam_flow` waits for; None when it is not wanted."""
        return self.config.steam_flow_sensor

    def set_steam_flow(
        self,
        value: float | None,
        time_ns: int,
        *,
        status: int = Status.GOOD,
        origin: Origin = Origin.MEASURED,
    ) -> None:
        """Tell what `steam_flow_sensor` measured: t/hr (None: no value), UTC ns, OPC UA StatusCode.

        The return percentage of later samples is against it, until it is too old. A simulated steam flow
        never meets a measured condensate flow.
        """
        if self._steam_flow:
            self._steam_flow.take(SteamFlow(math.nan if value is None else value, time_ns, status, origin))

    async def read_condensate(self) -> CondensateReading:
        """Ask the meter for a reading now.

        Raises:
            NotConnectedError: connect() was not called.
            CircuitBreakerOpenError: the meter is known to be away and was not asked.
            ProtocolError: no answer, or not with what was asked; a timeout is a TimeoutError too.
        """
        await self.sample()
        assert self.current_reading is not None  # noqa: S101 - every sample makes a reading
        return self.current_reading

    def get_condensate_flow(self) -> float | None:
        """Return the condensate flow in t/hr."""
        return self._present("flow_rate").given

    def get_return_percentage(self) -> float | None:
        """Return how much of the steam comes back, in %."""
        return self._present("return_percentage").given

    def calculate_flash_steam(self, pressure_drop_bar: float) -> float | None:
        """Return the flash steam in t/hr that the present flow loses over a pressure drop, by IF97.

        From the configured upstream pressure, else the measured one; None, with the reason in the log, when
        that or the flow is not known.

        Raises:
            FlashError: the drop is negative or ends below vacuum, or the condensate does not end between
                boiling water and dry steam; its subclass SubcooledError: it is too cold to boil there.
            NotANumberError: the drop is NaN.
        """
        loss = self._flash.by_drop(
            pressure_drop_bar, *(self._present(name) for name in ("flow_rate", "pressure", "temperature"))
        )
        if not loss.known:
            log.warning("flash steam is not known", device=self.name, reason=loss.reason or "no reading")
        return loss.given

    async def _poll_impl(self) -> Sample:
        try:
            poll = await self._source.poll()
        finally:
            self.connection = self._source.line
        steam_flow = self._steam_flow.at(poll.time_ns) if self._steam_flow else None
        return self._decode(poll.values, poll.status, poll.time_ns, steam_flow)

    def _simulate_impl(self) -> Sample:
        return self._simulator.sample()

    async def _disconnect_impl(self) -> None:
        self.connection = None
        await self._source.close()

    def _accept(self, sample: Sample) -> None:
        measured = self._measured = _by_quantity(self.channels, sample)
        record, flow = self._records[sample.origin], measured["flow_rate"]
        flags = flags_of(flow, sample.time_ns, sample.origin, record.window, self.config)
        quality = quality_score(flags)
        if flow.known:
            record.window.add(sample.time_ns, flow.value, quality)
        events = list(record.watch.update(measured))
        self.current_reading = self._reading(sample, record.watch.active, quality)
        self.reading_history.append(self.current_reading)
        self._explain(sample)
        for event in events:
            self._tell(event)

    def _grow_stale(self) -> None:
        reading = self.current_reading
        if reading and not reading.stale:
            self.current_reading = replace(
                reading, stale=True, quality_score=0.0, status=Status.UNCERTAIN_LAST_USABLE
            )

    def _reading(self, sample: Sample, contamination: tuple[str, ...], quality: float) -> CondensateReading:
        given = {name: each.value for name, each in self._measured.items() if each.known}
        return CondensateReading(
            sample.timestamp,
            given.get("flow_rate", math.nan),
            given.get("temperature", math.nan),
            given.get("return_percentage", math.nan),
            given.get("flash_steam_loss"),
            given.get("ph"),
            given.get("conductivity"),
            quality,
            given.get("pressure"),
            self.config.meter_id,
            contamination,
            self._measured["flow_rate"].status,
            sample.origin,
        )

    def _present(self, name: str) -> Measured:
        """Return a value of the last sample, unknown when the meter has not answered since."""
        if self.current_reading is None or self.current_reading.stale:
            return NOT_READ
        return self._measured.get(name, NOT_READ)

    def _explain(self, sample: Sample) -> None:
        """Log why a value is missing or doubted, when it begins to be; `sample` may be of any kind."""
        reasons = sample.reasons if isinstance(sample, CondensateSample) else {}
        for quantity in reasons.keys() - self._explained:
            log.warning("no sound value", device=self.name, quantity=quantity, reason=reasons[quantity])
        self._explained = frozenset(reasons)


def _by_quantity(channels: tuple[Channel, ...], sample: Sample) -> dict[str, Measured]:
    values = zip(sample.values.tolist(), sample.status.tolist(), strict=True)
    return {
        channel.quantity: Measured(value, status)
        for channel, (value, status) in zip(channels, values, strict=True)
    }


def _follower(config: CondensateMeterConfig) -> SteamFlowFollower | None:
    if config.steam_flow_sensor is None:
        return None
    origin = Origin.SIMULATED if config.simulated else Origin.MEASURED
    return SteamFlowFollower(config.steam_flow_sensor, config.steam_flow_max_age_seconds, origin)
