"""Publish requests kept at the server, and what comes back handed to the subscription it is for.

asyncua's own loop keeps one request at the server, does not notice a lost notification, and goes on asking
when the session is gone; its Subscription calls back for each single change.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog
from asyncua import ua

from integrations.resilience import ended

from .conversion import converted
from .errors import OpcUaError, OpcUaTimeoutError, ServerLostError
from .peer import Peer

logger = structlog.get_logger(__name__)

MOST_AT_SERVER = 4
"""Publish requests waiting at the server: one being answered while the next one is there already."""
MOST_ACKNOWLEDGEMENTS = 1000
LAST_SEQUENCE_NUMBER = 0xFFFFFFFF
PAUSE_SECONDS = 0.5


class Subscriber(Protocol):
    """What the publisher wants of a subscription."""

    silence_seconds: float
    """Time after which a keep-alive of the server is overdue."""

    def accept(self, message: ua.NotificationMessage) -> None:
        """Take over changes."""

    def end(self, status: int) -> None:
        """The server has ended the subscription."""


class Feed:
    """A subscription at the server; its messages are handed on in the order of their numbers."""

    __slots__ = ("expected", "heard_at", "is_behind", "subscriber", "waiting")

    def __init__(self, subscriber: Subscriber, heard_at: float) -> None:
        self.subscriber = subscriber
        self.heard_at = heard_at
        self.expected: int | None = None
        self.waiting: deque[ua.PublishResult] = deque()
        self.is_behind = False
        """Whether what was missed is being fetched; meanwhile others wait."""

    def missed(self, number: int) -> range:
        """Return the numbers of messages that should have come before this one."""
        if self.expected is None or number <= self.expected:
            return range(0)
        return range(max(self.expected, number - MOST_ACKNOWLEDGEMENTS), number)

    def note(self, number: int) -> None:
        """Expect what follows `number`, unless that was a repeat of a message."""
        following = 1 if number == LAST_SEQUENCE_NUMBER else number + 1
        if self.expected is None or not 0 < self.expected - following <= MOST_ACKNOWLEDGEMENTS:
            self.expected = following


class Publisher:
    """Owns the tasks that keep publish requests at the server; they end with the connection."""

    def __init__(self, peer: Peer, clock: Callable[[], float] = time.monotonic) -> None:
        self._peer = peer
        self._clock = clock
        self._feeds: dict[int, Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._acknowledgements: list[ua.SubscriptionAcknowledgement] = []
        self._most_at_server = MOST_AT_SERVER
        self._early: deque[ua.PublishResult] = deque(maxlen=MOST_AT_SERVER)

    def add(self, subscription_id: int, subscriber: Subscriber) -> None:
        """Hand on what the server publishes for this subscription."""
        self._feeds[subscription_id] = feed = Feed(subscriber, self._clock())
        for result in self._early:
            if result.SubscriptionId == subscription_id:
                self._take(feed, result)
        while len(self._tasks) < min(len(self._feeds) + 1, self._most_at_server):
            task = asyncio.get_running_loop().create_task(self._publish(), name="opcua publish")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def remove(self, subscription_id: int) -> None:
        """Forget a subscription."""
        self._feeds.pop(subscription_id, None)

    def check(self, now: float) -> None:
        """Take the connection for lost if a subscription has been silent for too long."""
        for subscription_id, feed in self._feeds.items():
            silent = now - feed.heard_at
            if silent > feed.subscriber.silence_seconds:
                what = (
                    f"nothing from subscription {subscription_id} for {silent:.1f} s, not even a keep-alive"
                )
                self._peer.lose(OpcUaTimeoutError(what, server=self._peer.server))

    async def close(self) -> None:
        """End the tasks."""
        await ended(*self._tasks)

    async def _publish(self) -> None:
        while self._feeds:
            acknowledgements, self._acknowledgements = self._acknowledgements, []
            try:
                response = await self._peer.services.publish(acknowledgements)
                response.ResponseHeader.ServiceResult.check()
                await self._receive(response.Parameters)
            except Exception as error:  # noqa: BLE001  # asyncua lets bare Exceptions out; converted by name here
                if not await self._goes_on(converted(error, self._peer.server, "publish")):
                    return

    async def _goes_on(self, error: OpcUaError) -> bool:
        """Whether this task publishes on after an error."""
        if isinstance(error, ServerLostError):
            self._peer.lose(error)
            return False
        if error.status == ua.StatusCodes.BadTooManyPublishRequests:
            self._most_at_server = max(1, len(self._tasks) - 1)
            return len(self._tasks) == 1
        if error.status == ua.StatusCodes.BadNoSubscription:
            for feed in tuple(self._feeds.values()):
                feed.subscriber.end(error.status)
            return False
        logger.warning("opc ua publish failed", server=self._peer.server, error=error.what)
        await asyncio.sleep(PAUSE_SECONDS)
        return True

    async def _receive(self, result: ua.PublishResult) -> None:
        feed = self._feeds.get(result.SubscriptionId)
        if feed is None:
            # the first message may overtake the answer that tells the subscription's number
            self._early.append(result)
            return
        feed.heard_at = self._clock()
        feed.waiting.append(result)
        if feed.is_behind:
            return
        feed.is_behind = True
        try:
            while feed.waiting:
                await self._catch_up(feed, feed.waiting.popleft())
        finally:
            feed.is_behind = False

    async def _catch_up(self, feed: Feed, result: ua.PublishResult) -> None:
        """Hand on a message, and before it what was missed."""
        missed = feed.missed(result.NotificationMessage.SequenceNumber)
        if missed:
            await self._fetch(feed, result, missed)
        self._take(feed, result)

    def _take(self, feed: Feed, result: ua.PublishResult) -> None:
        message = result.NotificationMessage
        if not message.NotificationData:  # a keep-alive: its number is that of the next message
            feed.expected = message.SequenceNumber
            return
        feed.note(message.SequenceNumber)
        self._hand_over(feed, result.SubscriptionId, message)

    def _hand_over(self, feed: Feed, subscription_id: int, message: ua.NotificationMessage) -> None:
        if len(self._acknowledgements) < MOST_ACKNOWLEDGEMENTS:
            self._acknowledgements.append(
                ua.SubscriptionAcknowledgement(
                    SubscriptionId=subscription_id, SequenceNumber=message.SequenceNumber
                )
            )
        feed.subscriber.accept(message)

    async def _fetch(self, feed: Feed, result: ua.PublishResult, missed: range) -> None:
        """Ask for messages that were sent and did not come (Part 4 §5.14.6), if the server still has them."""
        kept = set(result.AvailableSequenceNumbers or missed)  # some servers do not say what they keep
        wanted = [number for number in missed if number in kept]
        fetched, reason = 0, "the server keeps them no longer"
        try:
            for number in wanted:
                message = await self._peer.ask(
                    "republish", self._peer.services.republish(result.SubscriptionId, number)
                )
                self._hand_over(feed, result.SubscriptionId, message)
                fetched += 1
        except OpcUaError as error:
            reason = error.what
        if fetched < len(missed):
            logger.warning(
                "opc ua notifications lost",
                server=self._peer.server,
                subscription=result.SubscriptionId,
                count=len(missed) - fetched,
                before=missed.stop,
                reason=reason,
            )
