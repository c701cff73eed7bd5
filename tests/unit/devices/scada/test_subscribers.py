"""Callbacks hear of changes, each in its own time."""

import asyncio
from datetime import UTC, datetime

import pytest

from fakes.time import settled
from integrations.devices.scada.board import Change
from integrations.devices.scada.subscribers import MOST_WAITING, Subscribers

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def change(value, tag="P"):
    return Change(tag, value, NOW)


@pytest.fixture
async def subscribers():
    found = Subscribers()
    yield found
    await found.close()


@pytest.fixture
def heard():
    return []


@pytest.fixture
def keep(heard):
    async def kept(tag, value, timestamp):
        heard.append((tag, value, timestamp))

    return kept


async def test_a_callback_hears_of_its_tag_in_order(subscribers, keep, heard):
    subscribers.add("P", keep)
    for one in (change(1), change(9, "T"), change(2)):
        subscribers.tell(one)
    await settled()
    assert heard == [("P", 1, NOW), ("P", 2, NOW)]


async def test_one_that_fails_hears_of_the_next_and_keeps_nobody_waiting(subscribers, keep, heard):
    async def fail(tag, value, timestamp):
        await keep(tag, value, timestamp)
        raise RuntimeError("the callback's own fault")

    subscribers.add("P", fail)
    subscribers.add("P", keep)
    subscribers.tell(change(1))
    subscribers.tell(change(2))
    await settled()
    assert sorted(value for _, value, _ in heard) == [1, 1, 2, 2]


async def test_one_that_is_slow_misses_the_oldest_changes_and_they_are_counted(subscribers, heard):
    go_on = asyncio.Event()

    async def wait(tag, value, timestamp):
        await go_on.wait()
        heard.append(value)

    subscribers.add("P", wait)
    subscribers.tell(change(0))
    await settled()
    for number in range(1, MOST_WAITING + 4):
        subscribers.tell(change(number))
    assert subscribers.dropped == 3
    go_on.set()
    while len(heard) < MOST_WAITING + 1:
        await settled()
    assert heard == [0, *range(4, MOST_WAITING + 4)]


async def test_after_close_nothing_is_handed_on_until_there_is_something_new(subscribers, heard):
    hanging = asyncio.Event()

    async def hang(tag, value, timestamp):
        heard.append(value)
        await hanging.wait()

    subscribers.add("P", hang)
    subscribers.tell(change(1))
    subscribers.tell(change(2))
    await settled()
    await subscribers.close()
    assert heard == [1]
    subscribers.tell(change(3))
    await settled()
    assert heard == [1, 3]


async def test_a_callback_may_close(subscribers):
    closed = asyncio.Event()

    async def close(tag, value, timestamp):
        await subscribers.close()
        closed.set()

    subscribers.add("P", close)
    subscribers.tell(change(1))
    async with asyncio.timeout(5):
        await closed.wait()
