import asyncio
import contextlib

import pytest

from integrations.coordination.life import Life


async def test_a_start_that_is_given_up_has_left_when_it_returns():
    begun, left = asyncio.Event(), []

    @contextlib.asynccontextmanager
    async def place():
        try:
            begun.set()
            await asyncio.Event().wait()
            yield
        finally:
            await asyncio.sleep(0)
            left.append("in order")

    life = Life("agent", place)
    starting = asyncio.create_task(life.start())
    await begun.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert left == ["in order"]
    assert not life.running
