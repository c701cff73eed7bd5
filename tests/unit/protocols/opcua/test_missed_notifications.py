"""Notifications that are lost, late, doubled or numbered strangely are handed on in order."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from asyncua import ua
from structlog.testing import capture_logs

from integrations.protocols.opcua.peer import Peer
from integrations.protocols.opcua.publishing import LAST_SEQUENCE_NUMBER, Publisher

SUBSCRIPTION = 7


def message(number, *, keep_alive=False):
    sent = ua.NotificationMessage()
    sent.SequenceNumber = number
    sent.NotificationData = [] if keep_alive else [ua.DataChangeNotification()]
    return sent


class Server:
    """Publishes what it is given, and has `kept` to publish again."""

    def __init__(self, kept=(), *, says_what_it_keeps=True):
        self.kept = set(kept)
        self.says = says_what_it_keeps
        self.asked_again, self.acknowledged = [], []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._results = asyncio.Queue()

    def sends(self, *numbers, keep_alive=False, subscription=SUBSCRIPTION):
        for number in numbers:
            result = ua.PublishResult()
            result.SubscriptionId = subscription
            result.NotificationMessage = message(number, keep_alive=keep_alive)
            result.AvailableSequenceNumbers = sorted(self.kept) if self.says else []
            self._results.put_nowait(result)

    async def publish(self, acknowledgements):
        self.acknowledged += [each.SequenceNumber for each in acknowledgements]
        response = ua.PublishResponse()
        response.Parameters = await self._results.get()
        return response

    async def republish(self, _, number):
        self.asked_again.append(number)
        await self.may_answer.wait()
        if number not in self.kept:
            raise ua.uaerrors.BadMessageNotAvailable
        return message(number)


class Handed(list):
    """Numbers of messages that a subscriber was handed."""

    def __init__(self, publisher):
        self.publisher = publisher


def subscriber(handed):
    return SimpleNamespace(
        accept=lambda sent: handed.append(sent.SequenceNumber), end=None, silence_seconds=60.0
    )


@asynccontextmanager
async def publishing(server):
    """What a subscriber is handed while the server's messages come: their numbers."""
    peer = Peer(server, "opc.tcp://there")
    handed = Handed(Publisher(peer))
    handed.publisher.add(SUBSCRIPTION, subscriber(handed))
    try:
        yield handed
    finally:
        await handed.publisher.close()
    assert not peer.lost.is_set()


async def until(handed, numbers):
    async with asyncio.timeout(20):
        while handed != numbers:  # noqa: ASYNC110 - handed on, not told one by one
            await asyncio.sleep(0)


async def test_what_was_missed_comes_before_what_showed_it_and_before_all_that_came_meanwhile():
    server = Server(kept=[2, 3])
    server.may_answer.clear()
    async with publishing(server) as handed:
        server.sends(1, 4, 5)
        await until(handed, [1])
        server.sends(6)
        await until(server.asked_again, [2])
        assert handed == [1]
        server.may_answer.set()
        await until(handed, [1, 2, 3, 4, 5, 6])
        server.sends(7)
        await until(handed, [1, 2, 3, 4, 5, 6, 7])
    assert server.asked_again == [2, 3]
    assert {1, 2, 3, 4, 5, 6} <= set(server.acknowledged)


@pytest.mark.parametrize("says", [True, False])
async def test_what_the_server_keeps_no_longer_is_told_once_and_not_waited_for(says):
    server = Server(kept=[900], says_what_it_keeps=says)
    with capture_logs() as logs:
        async with publishing(server) as handed:
            server.sends(1, 901)
            await until(handed, [1, 900, 901] if says else [1, 901])
    (lost,) = [each for each in logs if each["event"] == "opc ua notifications lost"]
    assert (lost["count"], lost["before"]) == ((898, 901) if says else (899, 901))
    assert len(server.asked_again) == 1


async def test_a_keep_alive_shows_that_something_was_missed():
    server = Server(kept=[2])
    async with publishing(server) as handed:
        server.sends(1)
        server.sends(3, keep_alive=True)
        server.sends(3)
        await until(handed, [1, 2, 3])


@pytest.mark.parametrize("numbers", [[5, 6, 6, 7], [1, 1, 1], [LAST_SEQUENCE_NUMBER, 1, 2], [9, 1, 2]])
async def test_a_repeat_and_numbers_that_begin_anew_miss_nothing(numbers):
    server = Server()
    async with publishing(server) as handed:
        server.sends(*numbers)
        await until(handed, numbers)
    assert server.asked_again == []


async def test_of_what_came_before_its_subscription_was_known_the_newest_is_kept():
    server, early = Server(), []
    async with publishing(server) as handed:
        server.sends(*range(1, 51), subscription=SUBSCRIPTION + 1)
        server.sends(1)
        await until(handed, [1])
        handed.publisher.add(SUBSCRIPTION + 1, subscriber(early))
    assert early == [47, 48, 49, 50]
