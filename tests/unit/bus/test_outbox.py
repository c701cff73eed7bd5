import asyncio
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from integrations.bus import (
    Bus,
    BusSettings,
    EmbeddedServer,
    Forwarder,
    MemoryOutbox,
    Outgoing,
    Publisher,
    replay,
)


def message(number, size=0):
    return Outgoing("gl.p.raw.c.s", b"%d" % number + b"." * size, {}, f"m{number}")


def size_of(messages):
    return sum(len(each.payload) for each in messages)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 30)),
        st.tuples(st.just("take"), st.integers(1, 5)),
        st.tuples(st.just("forget"), st.integers(0, 10)),
    ),
    max_size=60,
)


@given(steps, st.integers(1, 8), st.integers(1, 100))
def test_newest_are_kept_within_bounds_in_order_and_gaps_are_exact(actions, most, most_bytes):
    asyncio.run(play(actions, most, most_bytes))


async def play(actions, most, most_bytes):
    gaps, seen, lost = [], [], []
    outbox = MemoryOutbox(most, most_bytes, gaps.append)
    waiting, taken, number = deque(), [], 0
    for action, argument in actions:
        if action == "append":
            await outbox.append(message(number, argument), number)
            waiting.append(message(number, argument))
            number += 1
            while len(waiting) > 1 and (
                len(waiting) > most or sum(len(m.payload) for m in waiting) > most_bytes
            ):
                lost.append(waiting.popleft())
        elif action == "take" and waiting:
            got = await outbox.take(argument, 50)
            assert list(got) == [waiting.popleft() for _ in got]
            assert len(got) == 1 or size_of(got) <= 50
            taken += got
        elif action == "forget":
            await outbox.forget(count := min(argument, len(taken)))
            seen += taken[:count]
            del taken[:count]
        assert outbox.depth == len(waiting) + len(taken)
        assert outbox.dropped == len(lost)
    seen += taken
    await outbox.forget(len(taken))
    while outbox.depth:
        seen += (got := await outbox.take(10, 1000))
        await outbox.forget(len(got))
    await outbox.emptied()
    numbers = [int(m.payload.rstrip(b".")) for m in seen]
    assert numbers == sorted(numbers)
    assert sum(gap.count for gap in gaps) == len(lost)
    missing = {n for gap in gaps for n in range(gap.first_time_ns, gap.last_time_ns + 1)}
    assert missing == set(range(number)) - set(numbers)


async def test_what_is_written_while_the_bus_is_away_arrives_in_order(tmp_path):
    outbox = MemoryOutbox()
    async with (
        EmbeddedServer(tmp_path / "store") as server,
        Bus(BusSettings(url=server.url), attempts=1) as bus,
        Publisher(bus) as publisher,
    ):
        await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.>"], "allow_direct": True})
        forwarding = asyncio.create_task(Forwarder(outbox, publisher).run())
        for number in range(300):
            if number == 100:
                await outbox.emptied()
                await server.kill()
            await outbox.append(message(number), number)
        assert outbox.depth == 200
        await server.start()
        await asyncio.wait_for(outbox.emptied(), 10)
        forwarding.cancel()
        await asyncio.gather(forwarding, return_exceptions=True)
        assert [int(stored.data) async for stored in replay(bus, "RAW", "gl.>")] == list(range(300))


async def test_a_refused_message_does_not_block_the_others(streams):
    outbox, refused = MemoryOutbox(), []
    async with Publisher(streams) as publisher:
        forwarding = asyncio.create_task(Forwarder(outbox, publisher, on_refused=refused.append).run())
        await outbox.append(Outgoing("not a subject", b""), 1)
        await outbox.append(message(1), 2)
        await asyncio.wait_for(outbox.emptied(), 5)
        forwarding.cancel()
        await asyncio.gather(forwarding, return_exceptions=True)
    assert [refusal.message.subject for refusal in refused] == ["not a subject"]
    assert len([stored async for stored in replay(streams, "RAW", "gl.>")]) == 1
