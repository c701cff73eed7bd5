"""SCADAConnector: the tags of a SCADA system, read or reported, and written where that is allowed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from integrations.devices.config import SimulationPolicy
from integrations.devices.errors import NotConnectedError
from integrations.devices.polled import PolledConnector
from integrations.devices.samples import DeviceEvent, Sample, marked_simulated, status_of
from integrations.devices.writes import Writable, WriteOutcome
from integrations.messages import Origin, Severity, is_bad
from integrations.protocols.opcua import status_name

from .board import TagBoard
from .changes import ChangeWatch
from .config import SCADAConnectionConfig
from .course import TagCourse, Timed
from .errors import BadTagError, UnknownTagError
from .sampling import Sampler, TagSample
from .schedule import Schedule
from .simulator import SimulatedTags
from .source import TagSource
from .sources import source_of
from .subscribers import Subscribers, TagCallback
from .values import SCADATag, TagReading
from .writing import MAY_BE_WRITTEN, TagWriting, audit

log = structlog.get_logger(__name__)

OVERTAKEN_INTERVALS = 2
"""For so many publishing intervals after an answer the server may still report what came before it."""


class SCADAConnector(PolledConnector):
    """Reads the tags of one SCADA system.

    `tags` and `get_current_values()` show the last readings without waiting; `read_tag()` asks the system.
    A poll brings what was reported since the last one and the tags that are due; a tag that cannot be read is
    Bad by itself. Text is shown here only: on the bus readings are numbers, switches 0 and 1.
    """

    config: SCADAConnectionConfig

    def __init__(
        self,
        config: SCADAConnectionConfig,
        *,
        source: TagSource | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> None:
        self._sampler = Sampler(config)
        super().__init__(config, config.scada_id, self._sampler.channels, 1.0, now_ns=now_ns, **options)
        self._names = {tag.tag_name: at for at, tag in enumerate(config.table)}
        self._source = source or source_of(config, clock=self._clock, now_ns=now_ns, sleep=self._sleep)
        self._source.on_back = self._on_back
        self._simulator = SimulatedTags(config.table, now_ns)
        self._board = TagBoard(config.table)
        overtaken_ns = OVERTAKEN_INTERVALS * config.subscription_interval_ms * 1_000_000
        self._course = TagCourse(len(config.table), now_ns, overtaken_ns)
        self._changes = ChangeWatch(config.table)
        self._subscribers = Subscribers()
        self._writing = TagWriting(
            config, self._write_target, self._execute, clock=self._clock, sleep=self._sleep
        )
        self._schedule = Schedule(config, self._clock)
        self._scan = self._schedule.grid(self._sleep)
        self.grid = self._scan
        self._held: list[Timed] = []
        self._follows = False
        self._was_away = True
        self._all_due = False
        self._everything = range(len(config.table))

    @property
    def name(self) -> str:
        """System and address."""
        return f"{self.config.scada_id} at {super().name}"

    @property
    def tags(self) -> dict[str, SCADATag]:
        """Every tag with its last value, by name."""
        return self._board.tags

    def get_current_values(self) -> dict[str, dict[str, Any]]:
        """Return {tag: {value, quality, timestamp, units, origin}}; a tag without a value is Bad.

        `quality` is what the values are worth; `origin` says whether they were measured or simulated.
        """
        return self._board.current_values()

    async def read_tag(self, name: str) -> Any:
        """Ask for a tag's value now.

        Raises:
            UnknownTagError: no tag has this name; a KeyError too.
            BadTagError: the tag has no value, or one of another type; its StatusCode says why.
            NotConnectedError: connect() was not called.
            CircuitBreakerOpenError: the system is known to be away and was not asked.
            ProtocolError: no answer; a timeout is a TimeoutError too.
        """
        at = self._place(name)
        if self.simulating:
            return self._simulator.look([at])[0].value
        (reading,) = await self._execute(lambda: self._ask_for([at]), self.config.max_retries)
        await self._take(self._marked(self._sample(self._course.answered([reading]))))
        if is_bad(status := self._sampler.status(reading)):
            raise BadTagError(name, status, status_name(status))
        return reading.value

    async def subscribe(self, tag: str, callback: TagCallback) -> None:
        """Await `callback(tag, value, timestamp)` with the present value and every later change.

        The value is None when the tag turned Bad. Each callback has a queue of its own: one that is slow
        misses the oldest changes, one that fails is logged, and neither keeps others waiting.

        Raises:
            UnknownTagError: no tag has this name.
        """
        self._place(tag)
        subscriber = self._subscribers.add(tag, callback)
        if present := self._board.present(tag):
            subscriber.put(present)

    async def write_tag(self, name: str, value: Writable) -> bool:
        """Write a value; False where it is not allowed or did not arrive: the audit event says why."""
        return (await self.write(name, value, "library")).written

    async def write(self, name: str, value: Writable, caller: str) -> WriteOutcome:
        """Write a value, read it back, and tell an audit event with `caller` whatever came of it."""
        try:
            outcome = await self._writing.write(name, value)
        except BaseException as error:
            ended = WriteOutcome(name, False, f"{MAY_BE_WRITTEN}: ended by {type(error).__name__}")
            self._tell(audit(ended, value, caller, simulated=self.simulating or self.config.simulated))
            raise
        if outcome.written:
            log.info("tag is written", device=self.name, tag=name, caller=caller)
        else:
            log.warning(
                "tag is not written", device=self.name, tag=name, caller=caller, reason=outcome.reason
            )
        self._tell(audit(outcome, value, caller, simulated=self.simulating or self.config.simulated))
        return outcome

    async def _poll_impl(self) -> Sample:
        await self._source.open()
        self.connection = self._source.connection
        await self._take_reports()
        # back again, nothing of what is shown is known to be so: least of all what was simulated meanwhile
        self._all_due = self._was_away
        wanted = self._due()
        answers = self._course.answered(await self._source.read(wanted)) if wanted else []
        if self.config.subscribes and not self._follows:
            await self._source.follow()
            self._follows = True
        self._was_away = False
        timed, self._held = self._held + answers, []
        return self._sample(timed)

    async def _take_reports(self) -> None:
        """Take what was reported, in order; where the connection was lost, first what history knows."""
        reports = self._source.reports
        while reports:
            report = reports[0]
            found = await self._past() if report.is_gap else self._course.reported(report.readings)
            self._held += found
            if reports and reports[0] is report:
                reports.popleft()

    def _take_waiting(self) -> None:
        """Take what was reported before the connection was lost: behind the mark of the loss it is late."""
        reports = self._source.reports
        while reports and not reports[0].is_gap:
            self._held += self._course.reported(reports.popleft().readings)

    async def _past(self) -> list[Timed]:
        """Return what happened since the last readings, marked; and tell of it."""
        earliest = self._now_ns() - round(self.config.backfill_seconds * 1e9)
        since = {
            at: max(earliest, known)
            for at in self._names.values()
            if self._source.keeps_history(at) and (known := self._course.known_ns(at)) is not None
        }
        past = self._course.backfilled(await self._source.history(since)) if since else []
        if past:
            text = f"{len(past)} readings of the outage come from the server's history"
            tags = len({timed.reading.tag for timed in past})
            facts: dict[str, float | int | str | None] = {"readings": len(past), "tags": tags}
            self._tell(DeviceEvent("backfill", text, facts, severity=Severity.INFO))
        return past

    def _simulate_impl(self) -> Sample:
        now_ns = self._now_ns()
        tags = self._everything if self.config.subscribes else self._due()
        readings = self._simulator.look(tags)
        return self._sampler([Timed(now_ns, each) for each in readings], now_ns, Origin.SIMULATED)

    def _accept(self, sample: Sample) -> None:
        assert isinstance(sample, TagSample)  # noqa: S101 - every sample of this connector is one
        self._schedule.note(timed.reading.tag for timed in sample.readings)
        if sample.origin is Origin.MEASURED or self.config.simulated:
            for event in self._changes.look(timed.reading for timed in sample.readings):
                self._tell(event)
        for change in self._board.show(sample.shown(), sample.origin):
            self._subscribers.tell(change)

    def _grow_stale(self) -> None:
        self._board.grow_stale()

    async def _do_without(self, error: Exception) -> None:
        self._all_due, self._was_away = not self._was_away, True
        if self.policy is SimulationPolicy.FALLBACK:
            await super()._do_without(error)
            return
        self._take_waiting()
        if self._held:
            waiting, self._held = self._held, []
            await self._take(self._marked(self._sample(waiting)))
        self._grow_stale()
        marks = self._course.lost(self._due(), status_of(error), self._source.keeps_history)
        self._schedule.note(timed.reading.tag for timed in marks)
        await self._hand_on(self._marked(self._sample(marks)))

    async def _hand_on(self, sample: Sample) -> None:
        assert isinstance(sample, TagSample)  # noqa: S101 - every sample of this connector is one
        for part in sample.parts():
            await super()._hand_on(part)

    async def _disconnect_impl(self) -> None:
        self._follows, self._was_away, self.connection = False, True, None
        self._held.clear()
        try:
            await self._subscribers.close()
        finally:
            await self._source.close()

    def _due(self) -> Sequence[int]:
        """Return the tags that a poll is about: on the grid those whose time has come, else all."""
        is_all, self._all_due = self._all_due or asyncio.current_task() is not self._keeper, False
        return self._everything if is_all else self._schedule.due(self._scan.due)

    async def _ask_for(self, tags: Sequence[int]) -> list[TagReading]:
        if not self._wanted:
            raise NotConnectedError(f"{self.name} is not connected: call connect() first")
        await self._source.open()
        return await self._source.read(tags)

    def _sample(self, timed: Sequence[Timed]) -> TagSample:
        return self._sampler(timed, self._now_ns())

    def _marked(self, sample: TagSample) -> TagSample:
        return marked_simulated(sample) if self.config.simulated else sample

    def _write_target(self) -> TagSource:
        if not self._wanted:
            raise NotConnectedError(f"{self.name} is not connected: call connect() first")
        if not self.simulating:
            return self._source
        if self.policy is SimulationPolicy.ALWAYS:
            return self._simulator
        raise NotConnectedError(f"{self.name} is not reached, and a write is never simulated")

    def _place(self, name: str) -> int:
        if name not in self._names:
            raise UnknownTagError(name, self._names)
        return self._names[name]

    def _health_metadata(self) -> dict[str, Any]:
        dropped = {
            "reports_dropped": self._source.reports_dropped,
            "changes_missed": self._subscribers.dropped,
        }
        return super()._health_metadata() | dropped
