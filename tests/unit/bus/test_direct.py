from datetime import UTC, datetime, timedelta

from integrations.bus import Outgoing, Publisher, last, last_per_subject, replay


async def fill(bus, count, subjects, prefix="m"):
    async with Publisher(bus) as publisher:
        await publisher.publish_all(
            [Outgoing(f"gl.p.event.c.s{i % subjects}", b"%d" % i, {}, f"{prefix}{i}") for i in range(count)]
        )


async def test_the_last_of_each_of_2000_subjects(streams):
    await fill(streams, 4000, 2000)
    found = {
        stored.subject: int(stored.data)
        async for stored in last_per_subject(streams, "EVENTS", "gl.p.event.>")
    }
    assert found == {f"gl.p.event.c.s{i}": 2000 + i for i in range(2000)}


async def test_replay_is_in_stream_order_within_its_bounds(streams):
    await fill(streams, 1300, 5)
    everything = [stored.sequence async for stored in replay(streams, "EVENTS", "gl.p.event.>")]
    assert everything == list(range(1, 1301))
    part = replay(streams, "EVENTS", "gl.p.event.c.*", start_sequence=700, stop_sequence=1250)
    assert [stored.sequence async for stored in part] == list(range(700, 1251))
    one = [
        stored.subject async for stored in replay(streams, "EVENTS", "gl.p.event.c.s3", start_sequence=600)
    ]
    assert set(one) == {"gl.p.event.c.s3"}
    assert len(one) == 140


async def test_replay_starts_at_a_time(streams):
    await fill(streams, 3, 3)
    before = datetime.now(UTC)
    await fill(streams, 2, 2, "n")
    assert len([s async for s in replay(streams, "EVENTS", "gl.>", start_time=before)]) == 2
    assert not [s async for s in replay(streams, "EVENTS", "gl.>", start_time=before + timedelta(hours=1))]


async def test_nothing_stored_is_nothing_found(streams):
    assert not [stored async for stored in replay(streams, "EVENTS", "gl.>")]
    assert not [stored async for stored in last_per_subject(streams, "EVENTS", "gl.>")]
    assert await last(streams, "EVENTS", "gl.p.event.c.none") is None
