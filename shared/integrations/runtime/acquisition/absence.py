"""How long a service was away: from the last reading of an earlier life in RAW to the start of this one."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

import structlog

from integrations.bus import RAW, Bus, BusError
from integrations.messages import stored_subject

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 3.0
AT_ONCE = 64
TOGETHER_NS = 10_000_000_000
"""Sources whose last readings are no further apart ended together; older ones were away before."""
_STORED_AT = "Nats-Time-Stamp"


async def last_heard_ns(bus: Bus, subjects: Iterable[str]) -> int | None:
    """Return up to when RAW has something of all these sources, in UTC; None if nobody knows."""
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(subject: str) -> int | None:
        async with room:
            return await _stored_ns(bus, subject)

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await asyncio.gather(*map(ask, subjects))
    except (BusError, TimeoutError) as error:
        log.debug("nobody says what an earlier life has stored", reason=str(error))
        return None
    times = [time_ns for time_ns in found if time_ns is not None]
    return min(time_ns for time_ns in times if time_ns >= max(times) - TOGETHER_NS) if times else None


async def _stored_ns(bus: Bus, subject: str) -> int | None:
    answer = await bus.ask(f"$JS.API.DIRECT.GET.{RAW}.{stored_subject(subject)}")
    stamp = (answer.headers or {}).get(_STORED_AT)
    return round(datetime.fromisoformat(stamp).timestamp() * 1e9) if stamp else None
