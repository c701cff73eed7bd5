import asyncio

from integrations.resilience import ended, ending


async def deaf(times):
    """Go on for ever, and lose a cancellation so many times, as a library may."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not times:
                raise
            times -= 1


async def begun(work):
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    return task


async def test_a_task_that_loses_a_cancellation_is_cancelled_again(monkeypatch):
    monkeypatch.setattr(ending, "AGAIN_SECONDS", 0.01)
    tasks = [await begun(deaf(times)) for times in (2, 0)]
    await asyncio.wait_for(ended(None, *tasks), 5)
    assert all(task.cancelled() for task in tasks)


async def test_what_is_over_already_is_left_as_it_is():
    async def answer():
        return 42

    task = await begun(answer())
    await ended(task, None)
    assert task.result() == 42


async def test_an_error_on_the_way_out_is_its_owners():
    async def fails():
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("no route")

    task = await begun(fails())
    await ended(task)
    assert str(task.exception()) == "no route"
