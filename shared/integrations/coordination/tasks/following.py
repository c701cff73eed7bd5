"""Following a bucket: what it holds, then every change, in order."""

import asyncio
from collections.abc import Callable

import structlog

from integrations.bus import Bus, BusClosedError, OrderedConsumer, Received, patiently

log = structlog.get_logger(__name__)


async def follow(
    bus: Bus,
    bucket: str,
    take: Callable[[Received], None],
    begin_anew: Callable[[], None],
    known: asyncio.Event,
) -> None:
    """Give `take` every message of a bucket for ever; `known` is set once all that it held has been taken.

    `begin_anew` is called when it is another bucket by the same name.
    """
    stream = f"KV_{bucket}"
    try:
        async with OrderedConsumer(bus, stream, [f"$KV.{bucket}.>"]) as consumer:
            info = await patiently(lambda: bus.api(f"STREAM.INFO.{stream}"))
            created = info["created"]
            if not info["state"]["messages"]:
                known.set()
            async for chunk in consumer.chunks():
                if consumer.created != created:
                    log.warning("a bucket was made anew", bucket=bucket)
                    created = consumer.created
                    begin_anew()
                for message in chunk:
                    take(message)
                if not chunk[-1].pending:
                    known.set()
                await asyncio.sleep(0)
    except BusClosedError:
        log.info("the bus was closed", followed=bucket)
