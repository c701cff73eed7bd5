"""A flood on RAW: tens of thousands of batches at once, some of them junk; each is cleaned or dead."""

import asyncio
import random
import time
from contextlib import suppress

from fakes.site import eventually
from integrations.bus import Outgoing, Publisher
from integrations.messages import Header, Origin, RawBatch, RawColumn, Status, encode

from .site import SITE, Site

BATCHES = 10_000
JUNK_SHARE = 0.01
JUNK = f"gl.{SITE}.raw.steam_meter.junk"
_PIECE = 500


class Flood:
    """What was acknowledged of all floods so far, and what has become of it."""

    def __init__(self) -> None:
        self.good = 0
        self.junk = 0
        self._floods = 0

    async def act(self, site: Site, _: float) -> None:
        """Publish, and wait for every acknowledgement."""
        self._floods += 1
        chance = random.Random(self._floods)  # noqa: S311  # a test's course, no secret
        epoch = time.time_ns()
        async with Publisher(site.bus) as publisher:
            for first in range(0, BATCHES, _PIECE):
                messages = []
                for sequence in range(first, first + _PIECE):
                    if chance.random() < JUNK_SHARE:
                        self.junk += 1
                        messages.append(Outgoing(JUNK, b"{", {}, f"junk-{epoch}-{sequence}"))
                    else:
                        self.good += 1
                        messages.append(_batch(epoch, sequence))
                await publisher.publish_all(messages)
                await asyncio.sleep(0)

    async def settled(self, site: Site) -> tuple[int, int]:
        """Wait until all is where it belongs; return how many samples are clean and how many are dead."""

        async def look() -> bool:
            counts.update(await _counts(site))
            return counts["clean"] >= self.good and counts["dead"] >= self.junk

        counts: dict[str, int] = {}
        with suppress(AssertionError):  # the counts say it
            await eventually(look, 60)
        return counts["clean"], counts["dead"]


async def _counts(site: Site) -> dict[str, int]:
    dead = f"gl.{SITE}.dead.RAW"
    state = (await site.bus.api("STREAM.INFO.DEAD", {"subjects_filter": dead}))["state"]
    flooded = [series for name, series in site.clean.series.items() if name.startswith("flood-")]
    return {
        "clean": sum(each.samples for each in flooded),
        "dead": (state.get("subjects") or {}).get(dead, 0),
    }


def _batch(epoch: int, sequence: int) -> Outgoing:
    source = f"flood_{sequence % 16}"
    column = RawColumn(f"flood-{sequence % 16}", "count", "", [epoch + sequence], [1.0], [int(Status.GOOD)])
    batch = RawBatch(
        site=SITE, device_class="steam_meter", source=source, sequence=sequence // 16, epoch=epoch,
        origin=Origin.MEASURED, columns=[column],
    )  # fmt: skip
    return Outgoing(
        f"gl.{SITE}.raw.steam_meter.{source}",
        encode(batch),
        {Header.CONTENT_TYPE.value: "application/json"},
        f"{source}-{epoch}-{batch.sequence}",
    )
