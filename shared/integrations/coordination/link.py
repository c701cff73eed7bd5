"""The way to the bus for a program that has nothing configured, or very little."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from integrations.bus import (
    DEAD,
    Bus,
    BusClosedError,
    BusError,
    BusEvent,
    BusEventKind,
    BusSettings,
    Publisher,
    StreamSettings,
    agent_stream_configs,
    bus_from,
    ensure_streams,
    open_or_keep_bus,
    stream_configs,
)

log = structlog.get_logger(__name__)

DEFAULT_SITE = "plant1"
STORAGE_BYTES = 512 * 1024 * 1024
"""Of streams that are made here because there is no service that would have."""


def sizes() -> StreamSettings:
    """Return how large streams are that are made here."""
    return StreamSettings(storage_bytes=STORAGE_BYTES)


@dataclass(frozen=True)
class Link:
    """A connection, a publisher on it, and the site that dead letters and events are told at."""

    bus: Bus
    publisher: Publisher
    site: str = DEFAULT_SITE


@contextlib.asynccontextmanager
async def open_link(
    settings: BusSettings | None = None, *, name: str = "", site: str = ""
) -> AsyncIterator[Link]:
    """Connect as `settings` say, else as NATS_… in the environment, else to the server on this machine.

    Where there is none one is started, and taken over by another program when this one ends. Streams that
    are missing are made; those that are there stay as they are.
    """
    settings = BusSettings(**bus_from(os.environ)) if settings is None else settings
    site = site or os.environ.get("SITE") or DEFAULT_SITE
    dead = [config for config in stream_configs(sizes(), site) if config["name"] == DEAD]
    configs = [*agent_stream_configs(sizes()), *dead]
    async with contextlib.AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_or_keep_bus(settings, name=name))
        await stack.enter_async_context(keeping(bus, configs))
        publisher = await stack.enter_async_context(Publisher(bus))
        yield Link(bus, publisher, site)


@contextlib.asynccontextmanager
async def keeping(bus: Bus, configs: list[dict[str, object]]) -> AsyncIterator[None]:
    """Make streams that are missing, now and after each reconnect while entered."""
    await ensure_streams(bus, configs, only_missing=True)
    again = asyncio.Event()
    unobserve = bus.observe(lambda event: _note(event, again))
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(_keep(bus, configs, again), name="keeper of streams")
        try:
            yield
        finally:
            unobserve()
            keeper.cancel()


def _note(event: BusEvent, again: asyncio.Event) -> None:
    if event.kind is BusEventKind.RECONNECTED:
        again.set()


async def _keep(bus: Bus, configs: list[dict[str, object]], again: asyncio.Event) -> None:
    """Look after every reconnect: it may be another server, which has nothing yet."""
    while True:
        await again.wait()
        again.clear()
        try:
            await ensure_streams(bus, configs, only_missing=True, attempts=10)
        except BusClosedError:
            return
        except BusError as error:
            log.warning("streams cannot be looked after", reason=str(error))
