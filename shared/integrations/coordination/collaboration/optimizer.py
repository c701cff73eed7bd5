"""CollaborativeOptimizer: an agent asks others for proposals, and proposes when it is asked itself."""

import asyncio
import contextlib
import inspect
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import structlog

from integrations.bus import Bus, BusClosedError, Publisher, PublishRefusedError
from integrations.coordination.errors import CoordinationError, UnknownRecipientError
from integrations.coordination.life import Life, Startable
from integrations.coordination.message_bus import MessageBus
from integrations.coordination.presence.directory import Presence
from integrations.coordination.receiving.handlers import Handler
from integrations.messages import (
    AgentMessage,
    CollaborationInvitation,
    CollaborationResult,
    MessageError,
    MessageType,
)

from .asking import invitation
from .errors import CollaborationError, StepRefusedError
from .leading import BALLOT, REFUSED, RESULT, Leader, invitation_message
from .record import open_collaborations, read_record
from .steps import Steps

log = structlog.get_logger(__name__)

INVITATION = "collaboration_invitation"
"""Action of the request that an invited agent gets."""
TIMEOUT_SECONDS = 300.0
REMEMBERED = 1000

Proposer = Callable[[CollaborationInvitation], Awaitable[Mapping[str, Any] | bool | None] | Any]
"""What an agent does with an invitation: it returns a proposal, True to propose later, or None to decline."""
Voter = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, bool] | None] | Any]
"""What an agent thinks of proposals, by their ids: whether it approves of each, by id."""


class Agent(Protocol):
    """Who speaks for us."""

    agent_id: str
    bus: MessageBus

    def register_handler(self, message_type: MessageType, action: str, handler: Handler) -> None:
        """Have messages of a type and action handled."""

    def message(
        self, recipient_id: str, message_type: MessageType, payload: Mapping[str, Any], **more: Any
    ) -> AgentMessage:
        """Return a message from us."""

    async def send_message(self, message: AgentMessage) -> object:
        """Send it."""


@dataclass(frozen=True)
class _Desk:
    """What there is to work with while we run."""

    bus: Bus
    publisher: Publisher
    group: asyncio.TaskGroup
    steps: Steps


class CollaborativeOptimizer(Startable):
    """The collaborations of one agent: those that it leads, and its part in those of others.

    What is decided is in the stream COLLAB alone; a collaboration whose leader was restarted goes on.
    """

    def __init__(self, agent: Agent) -> None:
        self.proposer: Proposer | None = None
        """What makes our proposals; without one every invitation is declined."""
        self.voter: Voter | None = None
        """What makes our votes; without one there are none."""
        self._agent = agent
        self._life = Life(f"collaborations of {agent.agent_id}", self._open)
        self._desk: _Desk | None = None
        self._leaders: dict[str, Leader] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._results: OrderedDict[str, CollaborationResult] = OrderedDict()
        self._came = asyncio.Event()

    async def start(self) -> None:
        """Take invitations, and lead what is to be led, from where it was left; the agent's bus runs."""
        await self._life.start()

    async def stop(self) -> None:
        """Lead no longer; what is not ended goes on with the next start."""
        await self._life.stop()

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        self._agent.register_handler(MessageType.REQUEST, INVITATION, self.on_invitation)
        for action in (BALLOT, RESULT, REFUSED):
            self._agent.register_handler(MessageType.NOTIFICATION, action, self.on_notification)
        link = self._agent.bus.link
        unwatch = self._agent.bus.directory.watch(self._on_presence)
        async with asyncio.TaskGroup() as group:
            self._desk = _Desk(link.bus, link.publisher, group, Steps(link.bus, link.publisher))
            tasks = [group.create_task(self._resume(self._desk), name="resuming collaborations")]
            try:
                yield
            finally:
                unwatch()
                self._desk = None
                for task in [*tasks, *self._tasks]:
                    task.cancel()

    async def start_optimization(
        self,
        objective: Any = None,
        participants: Sequence[str] = (),
        constraints: Any = None,
        timeout: float = TIMEOUT_SECONDS,
        *,
        task_type: str = "optimization",
        parameters: Mapping[str, Any] | None = None,
        voting: bool = False,
    ) -> str:
        """Invite agents to propose within `timeout` seconds; returns the id of the collaboration.

        `objective` is the name of a metric to be maximised, `minimize:<metric>`, a table with metric, goal,
        target and weight, or a list of these; without one, each parameter `target_<metric>` is. `constraints`
        are like `{"pressure": {"min": 8, "max": 12}}` or `{"max_pressure": 12}`. With `voting` the last third
        of the time is for votes.

        Raises:
            TermsError: what is asked cannot be; the text names it.
            CollaborationError: not started, or the bus does not take it.
        """
        asked = invitation(
            self._agent.agent_id,
            task_type,
            participants,
            parameters or {},
            objective=objective,
            constraints=constraints,
            timeout=timeout,
            voting=voting,
        )
        desk = self._running()
        try:
            (ack,) = await desk.publisher.publish_all([invitation_message(asked)])
        except PublishRefusedError as error:
            raise CollaborationError(f"the collaboration cannot begin: {error}") from error
        leader = Leader(
            desk.bus, desk.publisher, asked.collaboration_id, self._tell, sequence=ack.seq, is_new=True
        )
        self._lead(desk, leader)
        await asyncio.gather(*(self._invite(leader, asked, one) for one in asked.required_agents))
        return asked.collaboration_id

    async def submit_proposal(
        self, collaboration_id: str, agent_id: str, proposal: Mapping[str, Any]
    ) -> bool:
        """Propose, numbers by metric and whatever else; whether the collaboration takes it."""
        return await self._taken(self._running().steps.propose(collaboration_id, agent_id, proposal))

    async def submit_vote(
        self, collaboration_id: str, agent_id: str, proposal_id: str, *, approve: bool, reason: str = ""
    ) -> bool:
        """Say whether a proposal is approved of; whether the collaboration takes it."""
        steps = self._running().steps
        return await self._taken(
            steps.vote(collaboration_id, agent_id, proposal_id, approve=approve, reason=reason)
        )

    async def answer_invitation(
        self, collaboration_id: str, agent_id: str, *, accepted: bool, reason: str = ""
    ) -> bool:
        """Accept or decline; whether the collaboration takes it."""
        steps = self._running().steps
        return await self._taken(steps.answer(collaboration_id, agent_id, accepted=accepted, reason=reason))

    def get_optimization_result(self, collaboration_id: str) -> dict[str, Any] | None:
        """Return the result, of a collaboration that we led or took part in; None while there is none."""
        found = self._results.get(collaboration_id)
        return msgspec.to_builtins(found) if found else None

    async def result(self, collaboration_id: str, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Return the result once there is one.

        Raises:
            TimeoutError: there is none in time.
        """
        async with asyncio.timeout(timeout_seconds):
            record = await read_record(self._running().bus, collaboration_id)
            if record.result is not None:
                self._note(record.result)
            while (found := self.get_optimization_result(collaboration_id)) is None:
                self._came.clear()
                await self._came.wait()
            return found

    async def on_invitation(self, message: AgentMessage) -> dict[str, Any]:
        """Take an invitation: ask the proposer, and tell the collaboration what it says."""
        asked = msgspec.convert(message.payload.get("invitation"), CollaborationInvitation)
        steps, here = self._running().steps, (asked.collaboration_id, self._agent.agent_id)
        with _told():
            try:
                said = await _called(self.proposer, asked) if self.proposer else None
                if isinstance(said, Mapping):
                    await steps.propose(*here, said)
                    return {"accepted": True}
            except Exception as error:  # noqa: BLE001  # whatever it is, the others need not wait for us
                log.warning("no proposal", collaboration=asked.collaboration_id, reason=str(error))
                await steps.answer(*here, accepted=False, reason=f"failed: {error}"[:1000])
                return {"accepted": False}
            reason = "" if said else "has nothing to propose" if self.proposer else "takes part in nothing"
            await steps.answer(*here, accepted=bool(said), reason=reason)
        return {"accepted": bool(said)}

    async def on_notification(self, message: AgentMessage) -> None:
        """Take what a leader tells: a ballot, a result, or that a step of ours was refused."""
        action = message.payload.get("action")
        if action == RESULT:
            self._note(msgspec.convert(message.payload.get("result"), CollaborationResult))
        elif action == REFUSED:
            log.warning("a step of ours was refused", reason=message.payload.get("reason"))
        elif action == BALLOT and self.voter is not None:
            proposals = message.payload.get("proposals") or {}
            votes = await _called(self.voter, proposals) or {}
            collaboration_id = str(message.payload.get("collaboration_id"))
            for proposal_id, approve in votes.items():
                await self.submit_vote(
                    collaboration_id, self._agent.agent_id, proposal_id, approve=bool(approve)
                )

    def _running(self) -> _Desk:
        if self._desk is None:
            raise CollaborationError(f"{self._agent.agent_id} does not run: start() it first")
        return self._desk

    async def _taken(self, step: Awaitable[object]) -> bool:
        try:
            await step
        except StepRefusedError as error:
            log.info("step of a collaboration refused", reason=str(error))
            return False
        return True

    async def _resume(self, desk: _Desk) -> None:
        """Lead what we began and nobody has ended, before we were stopped."""
        for collaboration_id in await open_collaborations(desk.bus):
            record = await read_record(desk.bus, collaboration_id)
            is_ours = record.invitation and record.invitation.initiator_id == self._agent.agent_id
            if is_ours and record.result is None and collaboration_id not in self._leaders:
                log.info("collaboration goes on", collaboration=collaboration_id)
                self._lead(desk, Leader(desk.bus, desk.publisher, collaboration_id, self._tell))

    def _lead(self, desk: _Desk, leader: Leader) -> None:
        collaboration_id = leader.record.collaboration_id
        self._leaders[collaboration_id] = leader
        task = desk.group.create_task(self._led(leader), name=f"collaboration {collaboration_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _led(self, leader: Leader) -> None:
        try:
            self._note(await leader.lead())
        except BusClosedError:
            log.info("a collaboration is left: the bus was closed")
        except Exception:  # the agent lives on, and the service ends what its leader does not
            log.exception("a collaboration is left", collaboration=leader.record.collaboration_id)
        finally:
            self._leaders.pop(leader.record.collaboration_id, None)

    async def _invite(self, leader: Leader, asked: CollaborationInvitation, agent_id: str) -> None:
        seconds = max(1, round((asked.deadline - datetime.now(UTC)).total_seconds()))
        payload = {"action": INVITATION, "invitation": asked}
        try:
            message = self._agent.message(agent_id, MessageType.REQUEST, payload, ttl=seconds)
            await self._agent.send_message(message)
        except UnknownRecipientError:
            leader.lose(agent_id, "no agent is known by that name")
        except (CoordinationError, MessageError, ValueError) as error:
            leader.lose(agent_id, f"could not be invited: {error}")

    async def _tell(self, agent_id: str, payload: dict[str, Any]) -> None:
        """Send a notification; who cannot have it can read the stream."""
        try:
            await self._agent.send_message(self._agent.message(agent_id, MessageType.NOTIFICATION, payload))
        except UnknownRecipientError:
            return  # it was not invited either
        except (CoordinationError, MessageError, ValueError) as error:
            log.warning("a collaboration could not be told", agent=agent_id, reason=str(error))

    def _note(self, result: CollaborationResult) -> None:
        self._results[result.collaboration_id] = result
        if len(self._results) > REMEMBERED:
            self._results.popitem(last=False)
        self._came.set()

    def _on_presence(self, presence: Presence) -> None:
        if not presence.online:
            for leader in self._leaders.values():
                leader.lose(presence.agent_id, "went offline")


async def _called(function: Callable[[Any], Any], argument: Any) -> Any:
    """Call a function, plain or async."""
    found = function(argument)
    return await found if inspect.isawaitable(found) else found


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Log a step that is refused: the collaboration is over for us, which is no error of the message."""
    try:
        yield
    except StepRefusedError as error:
        log.info("step of a collaboration refused", reason=str(error))
