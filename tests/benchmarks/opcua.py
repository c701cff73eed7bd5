"""Changes of 5,000 OPC UA tags by subscription, against asyncua's own client with the same server.

Both ask for the same publishing interval and queue and count what they are told. The server is asyncua's, in
a process and on a core of its own, and slower than either client: changes a second say what arrives, CPU a
change says what it costs.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from statistics import median
from time import perf_counter, process_time

import uvloop
from asyncua import Client, Node

from integrations.protocols.opcua import OpcUaEndpoint
from integrations.protocols.opcua.client import ChangeBatch, OpcUaSession, SubscriptionSettings

from .opcua_farm import node_of, running_opcua_farm
from .report import Figure
from .rig import FIRST_CORE, OTHER_CORES, pinned

TAGS = 5000
INTERVAL_MS = 100
QUEUE = 1
PATIENCE_SECONDS = 60.0
"""Of both clients: a server as busy as this one may be silent for longer than asyncua's own second."""
REPETITIONS = 3
AIM = "≥ 0.8 ×"


def against_asyncua(quick: bool) -> list[Figure]:
    """Changes a second that reach the receiver."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    seconds = 2.0 if quick else 8.0
    with pinned(OTHER_CORES), running_opcua_farm(TAGS) as port, pinned(FIRST_CORE):
        found = [(_run(_ours, port, seconds), _run(_bare, port, seconds)) for _ in range(REPETITIONS)]
    own, yardstick = (median(rate for rate, _ in side) for side in zip(*found, strict=True))
    own_cpu, bare_cpu = (median(cpu for _, cpu in side) for side in zip(*found, strict=True))
    return [
        Figure(
            "opcua", f"changes of {TAGS} tags by subscription, {INTERVAL_MS} ms", own, "changes/s", AIM,
            "bare asyncua", yardstick, f"{own_cpu * 1e6:.0f} and {bare_cpu * 1e6:.0f} µs of CPU a change",
        ),
        Figure(
            "opcua", "the same, if the client's CPU were all that counts", 1 / own_cpu, "changes/s", AIM,
            "bare asyncua", 1 / bare_cpu,
        ),
    ]  # fmt: skip


class Count:
    """Changes that were told, and the tags they are of."""

    def __init__(self) -> None:
        self.changes = 0
        self.tags: set[str] = set()

    def take(self, batch: ChangeBatch) -> None:
        self.changes += len(batch.values)
        if len(self.tags) < TAGS:
            self.tags.update(value.node for value in batch.values)

    def datachange_notification(self, node: Node, value: object, data: object) -> None:
        self.changes += 1
        if len(self.tags) < TAGS:
            self.tags.add(str(node))


@asynccontextmanager
async def _ours(port: int) -> AsyncIterator[Count]:
    count = Count()
    async with OpcUaSession(
        OpcUaEndpoint(host="127.0.0.1", port=port, timeout_seconds=PATIENCE_SECONDS)
    ) as session:
        settings = SubscriptionSettings(publishing_interval_ms=INTERVAL_MS, queue_size=QUEUE)
        await session.subscribe([node_of(number) for number in range(TAGS)], count.take, settings)
        yield count


@asynccontextmanager
async def _bare(port: int) -> AsyncIterator[Count]:
    count = Count()
    patience = {"timeout": PATIENCE_SECONDS, "watchdog_intervall": PATIENCE_SECONDS}
    async with Client(f"opc.tcp://127.0.0.1:{port}", **patience) as client:
        subscription = await client.create_subscription(INTERVAL_MS, count)
        await subscription.subscribe_data_change(
            [client.get_node(node_of(number)) for number in range(TAGS)],
            queuesize=QUEUE,
            sampling_interval=INTERVAL_MS,
        )
        yield count
        await subscription.delete()


Connect = Callable[[int], AbstractAsyncContextManager[Count]]


def _run(client: Connect, port: int, seconds: float) -> tuple[float, float]:
    return uvloop.run(_rate(client, port, seconds))


async def _rate(client: Connect, port: int, seconds: float) -> tuple[float, float]:
    """Changes a second, and seconds of CPU a change, once every tag has been told of."""
    async with client(port) as count:
        async with asyncio.timeout(120):
            while len(count.tags) < TAGS:  # noqa: ASYNC110 - counted, not told one by one
                await asyncio.sleep(0.05)
        before, began, cpu = count.changes, perf_counter(), process_time()
        async with asyncio.timeout(120):
            while perf_counter() - began < seconds or count.changes - before < TAGS:  # noqa: ASYNC110 - counted, not told
                await asyncio.sleep(0.05)
        changes = count.changes - before
        return changes / (perf_counter() - began), (process_time() - cpu) / changes
