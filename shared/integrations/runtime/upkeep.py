"""What keeps a running service going: streams made again when they are gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from integrations.bus import (
    Bus,
    BusClosedError,
    BusForbiddenError,
    JetStreamError,
    JetStreamUnavailableError,
    StreamConflictError,
    ensure_streams,
)

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0


@dataclass
class KeptStreams:
    """How the declared streams were at the last look: what was missing, and why no look was possible."""

    missing: tuple[str, ...] = ()
    trouble: str = ""


@contextlib.asynccontextmanager
async def keeping_streams(
    bus: Bus, configs: Sequence[dict[str, Any]], *, every_seconds: float = LOOK_SECONDS
) -> AsyncIterator[KeptStreams]:
    """Make what is missing of the declared streams again while entered; yields how they are.

    Publishers and consumers wait meanwhile. A stream that is there is left as it is: an operator may have
    changed it since the start.
    """
    kept = KeptStreams()
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(_keep(bus, configs, every_seconds, kept), name="keeper of streams")
        try:
            yield kept
        finally:
            keeper.cancel()


async def _keep(bus: Bus, configs: Sequence[dict[str, Any]], every_seconds: float, kept: KeptStreams) -> None:
    while True:
        await asyncio.sleep(every_seconds)
        try:
            if missing := await _missing(bus, configs):
                kept.missing = tuple(each["name"] for each in missing)
                log.warning("streams are gone, making them again", streams=list(kept.missing))
                await ensure_streams(bus, missing, attempts=3, only_missing=True)
            kept.missing, kept.trouble = (), ""
        except JetStreamUnavailableError as error:
            kept.trouble = str(error)  # not logged: the bus is away, and says so itself
        except BusClosedError:
            return
        except (JetStreamError, StreamConflictError, BusForbiddenError) as error:
            if str(error) != kept.trouble:
                log.error("streams cannot be looked after", reason=str(error))  # noqa: TRY400  # said in words
            kept.trouble = str(error)


async def _missing(bus: Bus, configs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the declared streams that are not there, or lack subjects of ours; nothing where there are many.

    Subjects go when another site sets its own at the same moment.
    """
    answer = await bus.api("STREAM.LIST")
    subjects = {
        each["config"]["name"]: each["config"].get("subjects") or () for each in answer["streams"] or ()
    }
    if answer["total"] > len(subjects):
        return []  # the server shows a page at a time: those that we do not see are there
    return [
        config for config in configs if not set(config["subjects"]) <= set(subjects.get(config["name"], ()))
    ]
