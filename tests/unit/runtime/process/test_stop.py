"""A stop that was asked for: it cuts short what waits, and nothing else."""

import asyncio

import pytest

from integrations.runtime.process.life import Stop


async def test_what_waits_for_ever_is_left_when_the_stop_comes():
    stop, after = Stop(), []
    asyncio.get_running_loop().call_soon(stop.set, "first")
    async with asyncio.timeout(5):
        async with stop.cuts_short():
            await asyncio.Event().wait()
        after.append(stop.is_set())
    assert after == [True]


async def test_a_stop_that_came_before_cuts_at_the_first_wait():
    stop = Stop()
    stop.set("first")
    stop.set("second")
    async with stop.cuts_short():
        await asyncio.sleep(10)
    assert stop.reason == "first"


async def test_what_goes_wrong_inside_comes_out_unchanged():
    stop = Stop()
    with pytest.raises(TimeoutError, match="own"):
        async with stop.cuts_short():
            raise TimeoutError("own")
    with pytest.raises(asyncio.CancelledError):
        async with stop.cuts_short():
            raise asyncio.CancelledError


async def test_what_is_done_in_time_is_not_touched():
    stop = Stop()
    async with stop.cuts_short():
        await asyncio.sleep(0)
    stop.set("later")
    await asyncio.sleep(0)
    assert stop.is_set()
