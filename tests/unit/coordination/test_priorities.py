"""The more urgent goes first, and nothing waits for ever."""

import asyncio
from collections import Counter

import pytest

from integrations import MessagePriority
from integrations.coordination.mailbox.priorities import PATIENCE, PriorityQueues

CRITICAL, HIGH, NORMAL, LOW, BACKGROUND = MessagePriority


async def filled(**counts):
    queues = PriorityQueues(capacity=10_000)
    for name, count in counts.items():
        for number in range(count):
            await queues.put(MessagePriority[name], (MessagePriority[name], number))
    return queues


async def taken(queues, count, may=lambda _: True):
    return [await queues.get(may) for _ in range(count)]


async def test_a_critical_one_overtakes_all_that_waits():
    queues = await filled(BACKGROUND=500)
    await taken(queues, 10)
    await queues.put(CRITICAL, (CRITICAL, 0))
    assert await queues.get() == (CRITICAL, 0)


async def test_each_priority_has_its_turns_and_its_order():
    queues = await filled(CRITICAL=1000, HIGH=1000, NORMAL=1000, LOW=1000, BACKGROUND=1000)
    items = await taken(queues, 1000)
    turns = Counter(one for one, _ in items)
    assert turns[CRITICAL] > 900
    assert all(turns[other] >= 1000 // (PATIENCE + 4) for other in (HIGH, NORMAL, LOW, BACKGROUND))
    for priority in MessagePriority:
        numbers = [number for one, number in items if one is priority]
        assert numbers == sorted(numbers)


async def test_a_few_of_each_come_strictly_by_urgency():
    queues = await filled(BACKGROUND=10, LOW=10, NORMAL=10, HIGH=10, CRITICAL=10)
    order = [one.value for one, _ in await taken(queues, 50)]
    assert order == sorted(order)


async def test_what_may_not_be_taken_now_waits_without_holding_others_up():
    queues = await filled(BACKGROUND=2, LOW=1)
    assert (await queues.get(lambda priority: priority is not LOW))[0] is BACKGROUND
    taker = asyncio.create_task(queues.get(lambda priority: priority is HIGH))
    await asyncio.sleep(0)
    assert not taker.done()
    await queues.put(HIGH, (HIGH, 0))
    assert await asyncio.wait_for(taker, 5) == (HIGH, 0)


async def test_a_full_queue_makes_its_own_kind_wait_and_no_other():
    queues = PriorityQueues(capacity=1)
    await queues.put(LOW, 1)
    second = asyncio.create_task(queues.put(LOW, 2))
    await asyncio.wait_for(queues.put(CRITICAL, 0), 5)
    assert not second.done()
    assert [await queues.get(), await queues.get()] == [0, 1]
    await asyncio.wait_for(second, 5)
    assert len(queues) == 1
    assert queues.empty() == [2]
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(queues.get(), 0.01)
