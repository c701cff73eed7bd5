"""The bus that is configured, or the one at hand, or one of our own."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import structlog

from .connection import Bus
from .embedded import EmbeddedServer
from .errors import EmbeddedServerError
from .settings import BusSettings

log = structlog.get_logger(__name__)

LOCAL_HOST = "127.0.0.1"
LOCAL_PORT = 4222
LOOK_SECONDS = 0.5
START_LOOKS = 4
"""How often a server that has the port and does not greet yet is looked at again."""
TAKE_OVER_SECONDS = 0.5
"""About how long a server on this machine is missed before one of those that used it starts another."""

_RNG = random.Random()  # noqa: S311 - spreads programs in time, protects no secret


@contextlib.asynccontextmanager
async def open_bus(
    settings: BusSettings,
    *,
    name: str = "",
    store_dir: Path | None = None,
    attempts: int | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Bus]:
    """Connect to `settings.url`; without one see `find_or_embed`."""
    async with contextlib.AsyncExitStack() as stack:
        if not settings.servers:
            url = await stack.enter_async_context(find_or_embed(store_dir))
            settings = msgspec.structs.replace(settings, url=url)
        yield await stack.enter_async_context(Bus(settings, name=name, attempts=attempts, sleep=sleep))


@contextlib.asynccontextmanager
async def find_or_embed(store_dir: Path | None = None, port: int = LOCAL_PORT) -> AsyncIterator[str]:
    """The URL of the nats-server on this machine's usual port, else of an embedded one, ended with us.

    The embedded server takes the usual port too, so that others started the same way find it; where
    something else has that port, it takes a free one and is on its own.
    """
    local = f"nats://{LOCAL_HOST}:{port}"
    async with contextlib.AsyncExitStack() as stack:
        if await is_nats(LOCAL_HOST, port):
            yield local
            return
        try:
            server = await stack.enter_async_context(EmbeddedServer(store_dir, port))
        except EmbeddedServerError:
            if await _becomes_nats(port):  # somebody was faster
                yield local
                return
            server = await stack.enter_async_context(EmbeddedServer(store_dir))
        log.warning("no NATS_URL and no server found: using an embedded one", looked_at=port, url=server.url)
        yield server.url


@contextlib.asynccontextmanager
async def open_or_keep_bus(
    settings: BusSettings, *, name: str = "", port: int = LOCAL_PORT
) -> AsyncIterator[Bus]:
    """As `open_bus`, for programs that come and go: without a URL, whoever is left keeps a server running.

    The program that started the embedded server may end before the others that found it. One of them then
    starts another at the same port, to which all come back; what the first had stored is gone with it.
    """
    if settings.servers:
        async with open_bus(settings, name=name) as bus:
            yield bus
        return
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(find_or_embed(port=port))
        ours = await stack.enter_async_context(contextlib.AsyncExitStack())
        bus = await stack.enter_async_context(Bus(msgspec.structs.replace(settings, url=url), name=name))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        keeper = group.create_task(_take_over(bus, url, ours), name="keeper of the local bus")
        stack.callback(keeper.cancel)
        yield bus


async def _take_over(bus: Bus, url: str, ours: contextlib.AsyncExitStack) -> None:
    """Whenever there is no server any more, start one where it was; it ends with `ours`."""
    port = int(url.rpartition(":")[2])
    while True:
        await asyncio.sleep(_RNG.uniform(0.5, 1.5) * TAKE_OVER_SECONDS)
        if bus.connected or await is_nats(LOCAL_HOST, port):
            continue
        with contextlib.suppress(EmbeddedServerError):  # somebody was faster
            await ours.enter_async_context(EmbeddedServer(port=port))
            log.warning("the embedded nats-server is gone: another one is here", url=url)


async def _becomes_nats(port: int) -> bool:
    """Whether whoever has the port is a server that is only just coming up."""
    for _ in range(START_LOOKS):
        if await is_nats(LOCAL_HOST, port):
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def is_nats(host: str, port: int, timeout_seconds: float = LOOK_SECONDS) -> bool:
    """Whether something there greets like a nats-server."""
    try:
        async with asyncio.timeout(timeout_seconds):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return (await reader.readline()).startswith(b"INFO ")
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False
