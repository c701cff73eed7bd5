"""Publish requests kept at the server, and what comes back handed to the subscription it is for.

asyncua's own loop keeps one request at the server, does not notice a lost notification, and goes on asking
when the session is gone; its Subscription calls back for each single change.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from asyncua import ua

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
    """A subscription at the server, as its messages come."""

    __slots__ = ("expected", "heard_at", "subscriber")

    def __init__(self, subscriber: Subscriber, heard_at: float) -> None:
        self.subscriber = subscriber
        self.heard_at = heard_at
        self.expected: int | None = None


class Publisher:
    """Owns the tasks that keep publish requests at the server; they end with the connection."""

    def __init__(self, peer: Peer, clock: Callable[[], float] = time.monotonic) -> None:
        self._peer = peer
        self._clock = clock
        self._feeds: dict[int, Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._acknowledgements: list[ua.SubscriptionAcknowledgement] = []
        self._most_at_server = MOST_AT_SERVER
        self._early: dict[int, list[ua.PublishResult]] = {}

    def add(self, subscription_id: int, subscriber: Subscriber) -> None:
        """Hand on what the server publishes for this subscription."""
        self._feeds[subscription_id] = Feed(subscriber, self._clock())
        for result in self._early.pop(subscription_id, ()):
            self._take(result)
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
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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
            if len(self._early) < MOST_AT_SERVER:
                self._early.setdefault(result.SubscriptionId, []).append(result)
            return
        number = result.NotificationMessage.SequenceNumber
        missed = self._missed(feed, number)
        self._take(result)
        if missed:
            await self._fetch_missed(feed, result.SubscriptionId, missed)

    def _take(self, result: ua.PublishResult) -> None:
        feed = self._feeds[result.SubscriptionId]
        feed.heard_at = self._clock()
        message = result.NotificationMessage
        if not message.NotificationData:  # a keep-alive: its number is that of the next message
            feed.expected = message.SequenceNumber
            return
        feed.expected = 1 if message.SequenceNumber == LAST_SEQUENCE_NUMBER else message.SequenceNumber + 1
        if len(self._acknowledgements) < MOST_ACKNOWLEDGEMENTS:
            self._acknowledgements.append(
                ua.SubscriptionAcknowledgement(
                    SubscriptionId=result.SubscriptionId, SequenceNumber=message.SequenceNumber
                )
            )
        self._hand_over(feed, message)

    def _hand_over(self, feed: Feed, message: ua.NotificationMessage) -> None:
        feed.subscriber.accept(message)

    def _missed(self, feed: Feed, number: int) -> range:
        if feed.expected is None or number <= feed.expected:
            return range(0)
        return range(max(feed.expected, number - MOST_ACKNOWLEDGEMENTS), number)

    async def _fetch_missed(self, feed: Feed, subscription_id: int, missed: range) -> None:
        """Ask for messages that were sent and did not come (Part 4 §5.14.6)."""
        for number in missed:
            try:
                message = await self._peer.ask(
                    "republish", self._peer.services.republish(subscription_id, number)
                )
            except OpcUaError as error:
                logger.warning(
                    "opc ua notification lost",
                    server=self._peer.server,
                    subscription=subscription_id,
                    number=number,
                    reason=error.what,
                )
            else:
                self._hand_over(feed, message)
