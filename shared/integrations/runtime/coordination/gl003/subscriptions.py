"""Who wants readings: told where to listen, or sent the last ones every so often until the time is over."""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import structlog

from integrations.coordination import AgentCoordinator, CoordinationError, StateError, StateManager
from integrations.coordination.analyzer import measured_of
from integrations.messages import MessageType, Subjects, SubscribeRequest, Subscription
from integrations.runtime.coordination.gl003.last_readings import LastReadings

SECOND_NS = 1_000_000_000
LOOK_SECONDS = 0.5
PREFIX = "readings_for."
"""Begins the keys of GL-003's own state under which subscriptions stand."""
READINGS = "readings"
"""Action of the notifications."""

log = structlog.get_logger(__name__)


class _Wanted(msgspec.Struct, frozen=True):
    """What an agent wants, as it stands in the shared state."""

    sensors: list[str]
    every_seconds: Annotated[float, msgspec.Meta(ge=1, le=86_400)]
    ends_ns: int


class Subscriptions:
    """Kept in the shared state: a restart forgets none, and every replica knows all.

    Each notification has an id made of agent and time, so that replicas which send it at once send one.
    """

    def __init__(
        self, site: str, readings: LastReadings, *, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.sent = 0
        self._subjects = Subjects(site)
        self._readings = readings
        self._now_ns = now_ns
        self._last_tick: dict[str, int] = {}

    async def subscribe(
        self, state: StateManager, owner: str, asked: SubscribeRequest, agent_id: str
    ) -> Subscription:
        """Take a subscription, or end it: with `notify` and no sensors."""
        known, ends = self._readings, None
        if asked.notify and asked.sensors:
            ends = self._now_ns() + round(asked.lasts_seconds * SECOND_NS)
        if ends is not None:
            wanted = _Wanted(asked.sensors, asked.every_seconds, ends)
            await state.update_state(owner, PREFIX + agent_id, msgspec.to_builtins(wanted), broadcast=False)
        elif asked.notify:
            await state.remove_state(owner, PREFIX + agent_id)
        classes = {one: known[one].device_class if one in known else "*" for one in asked.sensors}
        site = self._subjects.site
        places = [f"{device_class}.{sensor_id}" for sensor_id, device_class in classes.items()]
        return Subscription(
            site=site,
            subjects=[f"gl.{site}.clean.{place}" for place in places] or [self._subjects.every("clean")],
            latest_keys=[f"{site}.{place}" for place in places] or [f"{site}.>"],
            unknown=[one for one in asked.sensors if one not in known],
            notify=ends is not None,
            ends=ends,
        )

    async def work(self, state: StateManager, agent: AgentCoordinator) -> None:
        """Send what is due, for ever."""
        while True:
            for key, value in list(state.get_agent_state(agent.agent_id).items()):
                if key.startswith(PREFIX):
                    try:
                        await self._serve(state, agent, key.removeprefix(PREFIX), value)
                    except StateError as error:
                        log.warning("a subscription cannot be ended", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def _serve(self, state: StateManager, agent: AgentCoordinator, agent_id: str, value: Any) -> None:
        try:
            wanted = msgspec.convert(value, _Wanted)
        except msgspec.ValidationError:
            return  # put there by somebody else
        now = self._now_ns()
        if now >= wanted.ends_ns:
            self._last_tick.pop(agent_id, None)
            await state.remove_state(agent.agent_id, PREFIX + agent_id)
            return
        tick = now // round(wanted.every_seconds * SECOND_NS)
        if self._last_tick.get(agent_id) != tick:
            self._last_tick[agent_id] = tick
            await self._notify(agent, agent_id, wanted, tick)

    async def _notify(self, agent: AgentCoordinator, agent_id: str, wanted: _Wanted, tick: int) -> None:
        now, known = self._now_ns(), self._readings
        payload = {
            "action": READINGS,
            "site": self._subjects.site,
            "time": now,
            "readings": [measured_of(known[one], now) for one in wanted.sensors if one in known],
            "unknown": [one for one in wanted.sensors if one not in known],
        }
        ttl = math.ceil(2 * wanted.every_seconds)  # an agent that is away finds the last ones, not all
        message = agent.message(agent_id, MessageType.NOTIFICATION, payload, ttl=ttl)
        once = once_id("readings", self._subjects.site, agent_id, str(wanted.every_seconds), str(tick))
        try:
            await agent.send_message(msgspec.structs.replace(message, message_id=once))
            self.sent += 1
        except CoordinationError as error:
            log.warning("readings cannot be sent", agent=agent_id, reason=str(error))


def once_id(*parts: str) -> str:
    """Return the id of a message that every replica would send with the same parts."""
    return hashlib.blake2s("/".join(parts).encode(), digest_size=16).hexdigest()
