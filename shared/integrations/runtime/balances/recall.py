"""Balances after a restart: what they have published, and the readings of the last window once more."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from integrations.bus import CLEAN, Bus, Received, last, replay
from integrations.messages import CleanBatch, Header, MessageError, Subjects, decode
from integrations.runtime.balances.config import DEVICE_CLASS, BalanceConfig
from integrations.runtime.balances.tracker import Tracker
from integrations.runtime.balances.virtual import virtual_id

LAG = timedelta(seconds=30)
"""How much later than measured a reading may be stored, and still belong to the window."""


def clean_subject(site: str, sensor_id: str) -> str:
    """Return the subject of a sensor's clean readings, whatever class its device is of."""
    return f"gl.{site}.clean.*.{sensor_id}"


async def newest_published(bus: Bus, site: str, configs: Iterable[BalanceConfig]) -> dict[str, int]:
    """Return when the newest period ended that each balance has published; 0 when it has none."""
    newest = {}
    for config in configs:
        first = virtual_id(config.balance_id, next(iter(config.variables)))
        stored = await last(bus, CLEAN, Subjects(site).clean(DEVICE_CLASS, first))
        batch = read_clean(stored.data, stored.headers) if stored else None
        newest[config.balance_id] = batch.time[-1] if batch and batch.time else 0
    return newest


async def rebuild(bus: Bus, site: str, first: Received, trackers: Iterable[Tracker]) -> int:
    """Give the trackers the readings of a window before `first`; return how many messages they were in."""
    count = 0
    for tracker in trackers:
        window = timedelta(seconds=tracker.config.window_seconds + tracker.config.patience_seconds)
        since = datetime.fromtimestamp(first.time_ns / 1e9, UTC) - window - LAG
        for sensor_id in tracker.inlets:
            subject, stop = clean_subject(site, sensor_id), first.stream_sequence - 1
            async for stored in replay(bus, CLEAN, subject, start_time=since, stop_sequence=stop):
                batch = read_clean(stored.data, stored.headers)
                if batch is not None:
                    tracker.take(batch)
                    count += 1
    return count


def read_clean(data: bytes, headers: dict[str, str]) -> CleanBatch | None:
    """Read a clean batch; None where it is none: somebody else's, and nobody's reading."""
    try:
        return decode(data, CleanBatch, headers.get(Header.CONTENT_TYPE))
    except MessageError:
        return None
