"""MessageBus: what agents of one program share, the way to all others."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from integrations.bus import Ack, BusSettings, ReplyInbox
from integrations.messages import AgentMessage

from .errors import NotRunningError
from .life import Life, Startable
from .link import Link, open_link
from .presence.directory import OFFLINE_SECONDS, Directory
from .receiving.topics import Callback, Topic
from .sending.asking import Asker
from .sending.post import Post
from .sending.timers import Timers

T = TypeVar("T")


class MessageBus(Startable):
    """Sends messages to agents, roles and all, and lets callbacks hear what goes to them.

    Without `settings` it goes where NATS_… in the environment says, else to the nats-server on this machine,
    else to one that it starts. A program that is connected already gives its `link`.
    """

    def __init__(
        self,
        settings: BusSettings | None = None,
        *,
        link: Link | None = None,
        name: str = "agents",
        site: str = "",
        offline_seconds: float = OFFLINE_SECONDS,
    ) -> None:
        self._settings = settings
        self._given = link
        self._name = name
        self._site = site
        self._offline_seconds = offline_seconds
        self._link: Link | None = None
        self._directory: Directory | None = None
        self._post: Post | None = None
        self._asker: Asker | None = None
        self._group: asyncio.TaskGroup | None = None
        self._topics: dict[str, Topic] = {}
        self._listeners: dict[str, asyncio.Task[None]] = {}
        self._life = Life("message bus", self._open)

    async def start(self) -> None:
        """Connect; returns when messages can be sent. Does nothing when it runs already."""
        await self._life.start()

    async def stop(self) -> None:
        """Disconnect; what is being worked on is finished first."""
        await self._life.stop()

    async def publish(self, message: AgentMessage) -> Ack:
        """Have the bus keep a message for its recipient until it is read or its ttl is over.

        Raises:
            UnknownRecipientError: no agent was ever seen under that name, or there is no such role.
            ExpiredError: its time is over.
            MailRefusedError: the mailbox is full, or the message may not be sent.
            TooLargeError: it has too many bytes.
        """
        for topic in tuple(self._topics.values()):
            await topic.ready.wait()
        return await self.post.send(message)

    def subscribe(self, topic: str, callback: Callback) -> Callable[[], None]:
        """Call `callback`, plain or async, with every message to `topic`; returns what ends it.

        `topic` is a recipient: an agent's id, `role:<role>` or BROADCAST. Mail of an agent is delivered
        again when a callback fails; what goes to many is heard as it goes by.
        """
        listened = self._topics.setdefault(topic, Topic(topic))
        listened.callbacks.append(callback)
        if self._group is not None and topic not in self._listeners:
            self._listen(topic, listened)

        def unsubscribe() -> None:
            if callback in listened.callbacks:
                listened.callbacks.remove(callback)
            if not listened.callbacks and self._topics.get(topic) is listened:
                del self._topics[topic]
                listened.ready.set()
                if listener := self._listeners.pop(topic, None):
                    listener.cancel()

        return unsubscribe

    @property
    def link(self) -> Link:
        """The connection and what goes with it."""
        return _running(self._link)

    @property
    def directory(self) -> Directory:
        """Who there is."""
        return _running(self._directory)

    @property
    def post(self) -> Post:
        """Where mail, answers and dead letters leave."""
        return _running(self._post)

    @property
    def asker(self) -> Asker:
        """Where agents that are there are asked, past the streams."""
        return _running(self._asker)

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            link = self._given
            if link is None:
                opening = open_link(self._settings, name=self._name, site=self._site)
                link = await stack.enter_async_context(opening)
            directory = Directory(link.bus, offline_seconds=self._offline_seconds)
            await stack.enter_async_context(directory.open())
            inbox = await stack.enter_async_context(ReplyInbox(link.bus))
            self._link, self._directory = link, directory
            timers = Timers()
            self._post, self._asker = Post(link, directory, inbox, timers), Asker(inbox, timers)
            stack.push_async_callback(self._post.close)
            self._group = await stack.enter_async_context(asyncio.TaskGroup())
            for topic, listened in self._topics.items():
                self._listen(topic, listened)
            try:
                yield
            finally:
                for listener in self._listeners.values():
                    listener.cancel()
                self._listeners.clear()
                self._group = None

    def _listen(self, topic: str, listened: Topic) -> None:
        if self._group is not None:
            listened.ready.clear()
            task = self._group.create_task(listened.listen(self.link, self.post), name=f"topic {topic}")
            self._listeners[topic] = task


def _running(part: T | None) -> T:
    if part is None:
        raise NotRunningError("the message bus does not run: start() it first")
    return part
