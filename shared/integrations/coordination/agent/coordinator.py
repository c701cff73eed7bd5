"""AgentCoordinator: one agent among the others."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from integrations.coordination.collaboration.optimizer import CollaborativeOptimizer
from integrations.coordination.errors import AgentError, NoResponseError, NotRunningError, SenderError
from integrations.coordination.letters.drafts import Drafts
from integrations.coordination.letters.responses import error_in
from integrations.coordination.letters.wording import seconds_left
from integrations.coordination.life import Life, Startable
from integrations.coordination.message_bus import MessageBus
from integrations.coordination.presence.directory import Directory
from integrations.coordination.presence.known import ORCHESTRATOR_ID
from integrations.coordination.presence.performance import Load, Performance, load
from integrations.coordination.receiving.correspondence import Correspondence, FailureCallback
from integrations.coordination.receiving.handlers import Handler, Handlers
from integrations.coordination.sending.sent import Sent
from integrations.coordination.tasks.dispatch import DO_TASK
from integrations.coordination.tasks.part import AgentTasks
from integrations.messages import (
    AgentCapability,
    AgentMessage,
    AgentProfile,
    AgentRole,
    MessagePriority,
    MessageType,
    check_token,
)

from .collaborating import Collaborating
from .settings import AgentSettings
from .tasking import Tasking
from .workplace import Extension, Workplace

log = structlog.get_logger(__name__)

REGISTER = "register_agent"
"""Action of the request with which an agent introduces itself to the orchestrator."""
REQUEST_SECONDS = 30.0


class AgentCoordinator(Collaborating, Tasking, Startable):
    """An agent: it is there for the others, has a mailbox, answers, sends and asks.

    With a `bus` of several agents in one program it uses that, otherwise one of its own; see MessageBus for
    where that goes. Messages are given to handlers by type and action.
    """

    def __init__(
        self,
        agent_id: str,
        role: AgentRole,
        *,
        bus: MessageBus | None = None,
        capabilities: Sequence[AgentCapability] = (),
        settings: AgentSettings | None = None,
    ) -> None:
        self.agent_id = check_token("agent_id", agent_id)
        self.role = AgentRole(role)
        self.capabilities = list(capabilities)
        self.status = "online"
        self.registered = False
        """Whether the orchestrator has answered that it knows us."""
        self.settings = settings or AgentSettings()
        self.bus = bus or MessageBus(name=agent_id, offline_seconds=self.settings.offline_seconds)
        self.performance = Performance()
        self.tasks = AgentTasks(agent_id, self.performance)
        self.loads: list[Load] = [self._message_load, self.tasks.load]
        """What makes up our load; whoever gives us other work adds to it."""
        self.extensions: list[Extension] = []
        """What is entered when we start, before the first mail is read, and left when we stop."""
        self.collaborations = CollaborativeOptimizer(self)
        self.extensions += [lambda: self.collaborations, lambda: self.tasks.open(self.bus.link)]
        self._handlers = Handlers()
        self._handlers.register(MessageType.COMMAND, DO_TASK, self.tasks.worker.on_dispatch)
        self._owns_bus = bus is None
        self._failure_callbacks: list[FailureCallback] = []
        self._sent = 0
        self._drafts = Drafts(self.agent_id)
        self._workplace: Workplace | None = None
        self._registering: asyncio.Task[None] | None = None
        self._life = Life(f"agent {agent_id}", self._open)
        if agent_id == ORCHESTRATOR_ID:
            self.register_handler(MessageType.REQUEST, REGISTER, lambda _: {"registered": True})

    async def start(self) -> None:
        """Connect, be there for the others, take mail, and introduce ourselves to GL-001.

        Raises:
            SenderError: the bus does not let us be this agent.
        """
        await self._life.start()
        if self.agent_id != ORCHESTRATOR_ID:
            await self.register_with_orchestrator()

    async def stop(self) -> None:
        """Finish what is being worked on, leave, and disconnect."""
        await self._life.stop()

    def register_handler(self, message_type: MessageType, action: str, handler: Handler) -> None:
        """Have `handler`, plain or async, called with messages of a type and `payload["action"]`, or "*".

        What it returns is the payload of the answer, an exception an answer that is an error. A message that
        wants no answer is given to it again, `max_retries` times, and is then a dead letter.
        """
        self._handlers.register(message_type, action, handler)

    def on_failure(self, callback: FailureCallback) -> None:
        """Have `callback` told when a message that wanted no answer could not be worked on, and why."""
        self._failure_callbacks.append(callback)

    async def send_message(self, message: AgentMessage) -> Sent:
        """Send; returns once the bus has the message, with what gives the answer where one is wanted.

        Raises:
            SenderError: it says that it is from another agent.
            UnknownRecipientError, ExpiredError, MailRefusedError, TooLargeError: see MessageBus.publish.
        """
        self._check_sender(message)
        questions, question = self._running().correspondence.questions, None
        if message.requires_response:
            question = questions.ask(message, max(seconds_left(message), 0.0))
        try:
            ack = await self.bus.post.send(message)
        except BaseException:
            if question is not None:
                question.end("not sent")
            raise
        questions.note(message.message_id)
        self._sent += 1
        return Sent(message, ack, question, self.bus.post)

    def message(
        self,
        recipient_id: str,
        message_type: MessageType,
        payload: Mapping[str, Any],
        *,
        priority: MessagePriority = MessagePriority.NORMAL,
        **more: Any,
    ) -> AgentMessage:
        """Return a message from us, now, under a new id; `more` are fields of AgentMessage."""
        return self._drafts.write(recipient_id, message_type, priority, dict(payload), more)

    async def request(
        self,
        recipient_id: str,
        action: str,
        payload: Mapping[str, Any] | None = None,
        *,
        priority: MessagePriority = MessagePriority.NORMAL,
        timeout_seconds: float = REQUEST_SECONDS,
        durable: bool = True,
    ) -> dict[str, Any]:
        """Ask an agent and return the payload of its answer.

        `durable` questions wait in the agent's mailbox until it reads them; the others are faster, but only
        for an agent that is there now, and at most once.

        Raises:
            AgentError: it answers that it could not; NoResponseError: it does not answer in time.
            NotThereError: it is not there, and the question was not durable.
        """
        message = self.message(
            recipient_id,
            MessageType.REQUEST,
            {**(payload or {}), "action": action},
            priority=priority,
            requires_response=True,
            ttl=max(1, round(timeout_seconds)),
        )
        if durable:
            sent = await self.send_message(message)
            return await sent.result(timeout_seconds)
        response = await self.ask(message, timeout_seconds)
        if error := error_in(response):
            raise error
        return response.payload

    async def ask(self, message: AgentMessage, timeout_seconds: float = REQUEST_SECONDS) -> AgentMessage:
        """Ask an agent that is there now, past the streams; returns its answer, an error too.

        Raises:
            NotThereError: it is not there; NoResponseError: it does not answer in time.
        """
        self._check_sender(message)
        return await self.bus.asker.ask(message, timeout_seconds)

    async def register_with_orchestrator(self) -> Sent:
        """Introduce ourselves to GL-001 with our profile; `registered` once it has answered."""
        profile = {"profile": self.profile()}
        message = self.message(
            ORCHESTRATOR_ID, MessageType.REQUEST, {"action": REGISTER, **profile}, requires_response=True
        )
        sent = await self.send_message(message)
        if self._registering is not None:
            self._registering.cancel()
        self._registering = asyncio.create_task(self._registered(sent), name="registering")
        return sent

    def profile(self) -> AgentProfile:
        """Return what the others see of us."""
        busy, places = map(sum, zip(*(one() for one in self.loads), strict=True))
        return AgentProfile(
            self.agent_id,
            self.role,
            self.capabilities,
            self.status,
            self.settings.location,
            self.settings.version,
            datetime.now(UTC),
            performance_score=self.performance.score,
            current_load=load(busy, places),
        )

    async def announce(self) -> None:
        """Let the others see our profile as it is now: after capabilities or status have changed."""
        await self._running().presence.announce()

    def show_soon(self) -> None:
        """Let the others see soon what has changed of us; see `announce`."""
        if self._workplace is not None:
            self._workplace.presence.show_soon()

    @property
    def directory(self) -> Directory:
        """Who else there is."""
        return self.bus.directory

    @property
    def counts(self) -> dict[str, int]:
        """What became of messages since the start."""
        counts = Counter(sent=self._sent)
        if self._workplace is not None:
            counts += self._workplace.counts
        return dict(counts)

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            if self._owns_bus:
                stack.push_async_callback(self.bus.stop)
            await self.bus.start()
            workplace = self._workplace = Workplace(
                self.agent_id,
                self.role,
                self.bus,
                self._handlers,
                self.performance,
                self.profile,
                self.settings,
            )
            workplace.correspondence.failure_callbacks = self._failure_callbacks
            await stack.enter_async_context(workplace.open(self.extensions))
            stack.callback(self._end_questions, workplace.correspondence)
            yield

    def _end_questions(self, correspondence: Correspondence) -> None:
        if self._registering is not None:
            self._registering.cancel()
        correspondence.questions.end_all(f"{self.agent_id} stopped")

    async def _registered(self, sent: Sent) -> None:
        try:
            await sent.result()
            self.registered = True
        except (AgentError, NoResponseError, NotRunningError) as error:
            log.info("not registered", agent=self.agent_id, reason=str(error))

    def _running(self) -> Workplace:
        if self._workplace is None or not self._life.running:
            raise NotRunningError(f"{self.agent_id} does not run: start() it first")
        return self._workplace

    def _check_sender(self, message: AgentMessage) -> None:
        if message.sender_id != self.agent_id:
            raise SenderError(f"sender_id must be {self.agent_id!r}, got {message.sender_id!r}")

    def _message_load(self) -> tuple[int, int]:
        return self._workplace.busy if self._workplace else 0, self.settings.concurrency
