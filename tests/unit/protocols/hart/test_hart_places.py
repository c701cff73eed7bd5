"""Places of a link: as many at a time as there are, in the order of asking, whoever gives up."""

import asyncio

from integrations.protocols.hart.places import Places


async def test_who_finds_none_waits_and_they_go_round_in_order():
    places, order = Places(1), []

    async def work(name):
        if not places.take():
            await places.wait()
        order.append(name)
        await asyncio.sleep(0)
        places.give_back()

    await asyncio.gather(*map(work, "abc"))
    assert order == ["a", "b", "c"]
    assert places.take()
    assert not places.take()


async def test_whoever_gives_up_waiting_takes_no_place_with_them():
    places = Places(1)
    places.take()
    first, second = asyncio.create_task(places.wait()), asyncio.create_task(places.wait())
    await asyncio.sleep(0)
    assert places.waiting == 2
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert places.waiting == 1
    places.give_back()
    second.cancel()  # at the very moment at which it was its turn
    await asyncio.gather(second, return_exceptions=True)
    assert places.take()


async def test_whoever_gives_up_in_the_moment_of_a_return_is_cancelled_and_leaves_the_place_to_others():
    places = Places(1)
    places.take()
    waiting = asyncio.create_task(places.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    places.give_back()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    assert places.take()
