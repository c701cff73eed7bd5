"""Reports of the steam system's efficiency to GL-001, now and then; a newer one replaces the last."""

import asyncio
import math
import time
from collections.abc import Callable

import msgspec
import structlog

from integrations.coordination import AgentCoordinator, AgentError, CoordinationError, Sent
from integrations.coordination.analyzer import SteamSystemConfig
from integrations.messages import EfficiencyReport, MessageType
from integrations.runtime.coordination.gl003.subscriptions import once_id

SECOND_NS = 1_000_000_000
LEAST_TTL_SECONDS = 60

log = structlog.get_logger(__name__)


class Reporting:
    """Sends reports; of several replicas each makes them, and one is kept."""

    def __init__(
        self,
        site: str,
        config: SteamSystemConfig,
        make: Callable[[], EfficiencyReport],
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.sent = 0
        self._site = site
        self._config = config
        self._make = make
        self._now_ns = now_ns
        self._last: Sent | None = None
        self._trouble = ""
        self._ttl = max(LEAST_TTL_SECONDS, math.ceil(2 * config.report_every_seconds))

    async def work(self, agent: AgentCoordinator) -> None:
        """Report for ever; never, where nothing is configured to report on."""
        every_ns = round(self._config.report_every_seconds * SECOND_NS)
        if not every_ns or self._config.steam_flow is None:
            log.info("no efficiency is reported: steam_system has no report_every_seconds or no steam_flow")
            return
        while True:
            now = self._now_ns()
            await asyncio.sleep((every_ns - now % every_ns) / SECOND_NS)
            await self._report(agent, (self._now_ns() + every_ns // 2) // every_ns)

    async def _report(self, agent: AgentCoordinator, tick: int) -> None:
        """Send a report; the last one, if GL-001 has not read it, is taken back."""
        payload = msgspec.to_builtins(self._make())
        message = agent.message(
            self._config.report_to, MessageType.REQUEST, payload, requires_response=True, ttl=self._ttl
        )
        once = once_id("report", self._site, agent.agent_id, str(tick))
        try:
            if self._last is not None:
                self._note(await self._answer(self._last))
                await self._last.cancel()
            self._last = await agent.send_message(msgspec.structs.replace(message, message_id=once))
            self.sent += 1
        except CoordinationError as error:
            self._note(str(error))

    async def _answer(self, sent: Sent) -> str:
        """Return why the last report was not taken, as far as that is known by now."""
        try:
            await sent.result(0.0)
        except AgentError as error:
            return str(error)
        except CoordinationError:
            return ""  # not read yet
        return ""

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.warning("a report was not taken", to=self._config.report_to, reason=trouble)
        self._trouble = trouble
