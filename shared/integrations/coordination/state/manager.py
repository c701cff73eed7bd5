"""StateManager: what agents know in common, in the key-value bucket gl_state."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from integrations.bus import Bus, BusClosedError, Follower, Publisher, Stored, patiently
from integrations.coordination.life import Startable
from integrations.coordination.link import Link
from integrations.coordination.message_bus import MessageBus

from .errors import StateConflictError, StateError
from .mirror import Held, Mirror
from .store import PREFIX, STREAM, StateStore, entry_of, place_of, read_entry
from .watchers import Callback, Watcher

log = structlog.get_logger(__name__)


class StateManager(Startable):
    """Reads from a copy of its own that follows the bucket; writes go to the bucket.

    A value belongs to the agent that put it there. The global state has, for each key, the value that was
    put there last by any agent. A version is a sequence in the bucket's stream; it only grows. Used between
    `start()` and `stop()`, or with `async with`.

    Without a `bus` it has a MessageBus of its own; see there for where that goes.
    """

    def __init__(self, bus: MessageBus | Link | None = None) -> None:
        self._given = bus
        self._bus: Bus
        self._stack = contextlib.AsyncExitStack()
        self._store: StateStore | None = None
        self._mirror = Mirror()
        self._created = ""
        self._told_after = 0
        self._ready = False
        self._moved = asyncio.Event()
        self._watchers: list[Watcher] = []
        self._tasks: dict[Watcher | None, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Read what the bucket holds, and follow it; returns once it is read."""
        if self._store is not None:
            return
        self._bus, publisher = await self._opened()
        self._store = StateStore(self._bus, publisher)
        reading = asyncio.create_task(self._follow(), name="reader of the shared state")
        self._tasks[None] = reading
        for watcher in self._watchers:
            self._begin(watcher)
        reading.add_done_callback(lambda _: self._moved.set())
        await self._until(lambda: self._ready)

    async def stop(self) -> None:
        """Follow no longer; what was read stays readable."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stack.aclose()
        self._store = None
        self._moved.set()

    async def update_state(
        self,
        agent_id: str,
        key: str,
        value: Any,
        broadcast: bool = True,
        *,
        expected_version: int | None = None,
    ) -> int:
        """Put a value under an agent's key; returns its version, once it is stored and can be read here.

        Without `broadcast` it is the agent's own: not in the global state, and no watcher is told. With
        `expected_version` it is stored only if that is the version of what stands there, 0 for nothing.

        Raises:
            StateConflictError: another version stands there.
            StateKeyError: agent, key or value cannot be.
            StateError: not started, or the bus can never store it.
        """
        entry = entry_of(agent_id, key, value, broadcast)
        version = await self._writer().put(entry, expected_version)
        return await self._caught_up(version)

    async def change_state(self, agent_id: str, key: str, change: Callable[[Any], Any]) -> int:
        """Replace a value by what `change` makes of it, however many do so at once; of None where none is."""
        held = self._mirror.newest(agent_id, key)
        value, version = (held.value, held.version) if held else (None, 0)
        while True:
            entry = entry_of(agent_id, key, change(value), held.shared if held else True)
            try:
                return await self._caught_up(await self._writer().put(entry, version))
            except StateConflictError as error:
                value, version = error.value, error.version

    async def remove_state(self, agent_id: str, key: str, *, expected_version: int | None = None) -> int:
        """Take a value away; errors as `update_state`."""
        entry_of(agent_id, key, None, True)
        return await self._caught_up(await self._writer().remove(agent_id, key, expected_version))

    def subscribe_to_state(self, key: str, callback: Callback) -> Callable[[], None]:
        """Call `callback(key, value, agent)` with every later value under `key`, `*` for all, in their order.

        None is lost while the bus is away, up to the sixteen newest of a key that changed more often
        meanwhile. Returns what ends it.
        """
        watcher = Watcher(key, callback)
        self._watchers.append(watcher)
        if self._store is not None:
            self._begin(watcher)

        def unsubscribe() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)
            if task := self._tasks.pop(watcher, None):
                task.cancel()

        return unsubscribe

    def get_state(self, key: str, agent_id: str | None = None) -> Any:
        """Return the newest shared value under `key`, or that of one agent; None where there is none."""
        held = self._mirror.shared(key) if agent_id is None else self._mirror.newest(agent_id, key)
        return held.value if held else None

    def get_version(self, agent_id: str, key: str) -> int:
        """Return the version of a value, for `expected_version`; 0 where there is none."""
        held = self._mirror.newest(agent_id, key)
        return held.version if held else 0

    def get_agent_state(self, agent_id: str) -> dict[str, Any]:
        """Return all values of an agent by key."""
        return {held.key: held.value for held in self._mirror.known() if held.agent_id == agent_id}

    def get_state_snapshot(self) -> dict[str, Any]:
        """Return {version, timestamp, global_state, agent_states}, all as they were at one moment.

        It is the moment right after the message `version` of the bucket.
        """
        agents: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        whole: dict[str, Any] = {}
        for held in self._mirror.whole():
            agents[held.agent_id][held.key] = held.value
            if held.shared:
                whole.pop(held.key, None)
                whole[held.key] = held.value
        return {
            "version": self._mirror.version,
            "timestamp": datetime.fromtimestamp(self._mirror.time_ns / 1e9, UTC),
            "global_state": whole,
            "agent_states": dict(agents),
        }

    async def _opened(self) -> tuple[Bus, Publisher]:
        """Return the connection and the publisher; those of a bus of our own end with us."""
        if isinstance(self._given, Link):
            return self._given.bus, self._given.publisher
        bus = self._given
        if bus is None:
            bus = await self._stack.enter_async_context(MessageBus(name="state"))
        await bus.start()
        return bus.link.bus, bus.link.publisher

    def _writer(self) -> StateStore:
        if self._store is None:
            raise StateError("the shared state is used between start() and stop()")
        return self._store

    async def _caught_up(self, version: int) -> int:
        """Return `version` once the copy has it: what was just written can be read."""
        created = self._created
        await self._until(lambda: self._mirror.reached >= version or self._created != created)
        return version

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            reading = self._tasks.get(None)
            if reading is None or reading.done():
                raise StateError("the shared state is not followed any more: the bus was closed")
            self._moved.clear()
            await self._moved.wait()

    def _begin(self, watcher: Watcher) -> None:
        self._tasks[watcher] = asyncio.create_task(watcher.work(), name=f"watcher of {watcher.key}")

    async def _follow(self) -> None:
        """Read the bucket for ever."""
        try:
            async with Follower(self._bus, STREAM, f"{PREFIX}>") as follower:
                await self._look()
                async for chunk in follower.chunks():
                    if follower.created != self._created:
                        self._begin_anew(follower.created)
                    for message in chunk:
                        self._take(message)
                    self._moved.set()
        except BusClosedError:
            log.info("the shared state is not followed any more: the bus was closed")

    async def _look(self) -> None:
        """Note how far the bucket is: what comes later is told; of an empty one nothing has to be read."""
        info = await patiently(lambda: self._bus.api(f"STREAM.INFO.{STREAM}"))
        self._created, state = info["created"], info["state"]
        self._told_after = state["last_seq"]
        if not state["messages"]:
            self._mirror.settle(state["last_seq"], time.time_ns())
            self._ready = True
            self._moved.set()

    def _begin_anew(self, created: str) -> None:
        """Forget everything: the bucket was made anew."""
        log.warning("the bucket of the shared state was made anew")
        self._created, self._told_after = created, 0
        self._mirror.clear()

    def _take(self, message: Stored) -> None:
        place = place_of(message.subject)
        entry = read_entry(message.subject, message.data, message.headers)
        before = self._mirror.newest(*place) if place else None
        held = None
        if place and entry:
            held = Held(*place, entry.value, message.sequence, message.time_ns, entry.shared)
        self._mirror.take(place, held, message.sequence, message.time_ns, waiting=message.pending)
        self._ready = self._ready or not message.pending
        told = held.shared if held else before is not None and before.shared
        if place and told and message.sequence > self._told_after:
            for watcher in self._watchers:
                watcher.tell(place[1], held.value if held else None, place[0])
