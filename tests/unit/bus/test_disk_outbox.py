"""What JetStream has not acknowledged is on the disk, whatever becomes of process, disk and file."""

import asyncio
import itertools
import random
import sys
import time

import pytest
from msgspec import structs

from fakes.outboxes import MIB, drained, filled, largest_file, message, numbers, rows
from fakes.site import eventually
from integrations.bus import (
    Forwarder,
    Gap,
    Outgoing,
    Publisher,
    ensure_streams,
    replay,
)


async def test_what_is_not_acknowledged_comes_back_in_the_next_life_as_it_was(outbox):
    async with outbox() as box:
        await filled(box, range(50))
        assert numbers(await box.take(10, MIB)) == list(range(10))
        await box.forget(10)
        assert numbers(await box.take(10, MIB)) == list(range(10, 20))  # under way when the end comes
    async with outbox() as box:
        assert box.depth == 40
        (first,) = await box.take(1, MIB)
        # the end may have come between its being stored and the acknowledgement
        assert "m10" in first.doubt
        assert structs.replace(first, doubt=None) == message(10)
        await box.forget(1)
        await filled(box, range(50, 60))
        assert await drained(box) == list(range(11, 60))
    async with outbox() as box:
        assert box.depth == 0


async def test_what_two_earlier_lives_have_left_is_doubted_by_life(outbox):
    async with outbox() as one, outbox() as other:
        await filled(one, range(5))
        await filled(other, range(10, 15))
    async with outbox() as box:
        taken = await box.take(10, MIB)
        assert numbers(taken) == [*range(5), *range(10, 15)]
        # what the other has got stored says nothing of what this one has
        assert "m4" in taken[0].doubt
        assert "m10" not in taken[0].doubt
        assert "m14" in taken[5].doubt


async def test_an_outbox_knows_when_an_earlier_life_kept_its_last_message(outbox):
    async with outbox() as box:
        assert box.left_ns == 0
        await filled(box, range(2))
        ended_ns = time.time_ns()
    async with outbox() as box:
        assert 0 <= ended_ns - box.left_ns < 10 * 10**9


async def test_what_is_acknowledged_in_time_is_never_written(outbox, tmp_path):
    async with outbox(grace_seconds=60.0) as box:
        for number in range(100):
            await box.append(message(number), number)
            await box.forget(len(await box.take(10, MIB)))
        assert rows(tmp_path / "p-c.sqlite") == []
        assert box.depth == 0


async def test_a_killed_process_has_written_what_was_not_acknowledged(outbox, tmp_path):
    program = (
        "import asyncio, sys\n"
        "from integrations.bus import DiskOutbox, OutboxSettings, Outgoing\n"
        "async def main():\n"
        "    async with DiskOutbox('p-c', OutboxSettings(folder=sys.argv[1])) as box:\n"
        "        for number in range(500):\n"
        "            await box.append(Outgoing('gl.p.raw.c.s', b'%d' % number, {}, f'm{number}'), number)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, tmp_path)
    await eventually(lambda: len(rows(tmp_path / "p-c.sqlite")) == 500, 20)
    child.kill()
    await child.wait()
    async with outbox() as box:
        assert await drained(box) == list(range(500))


@pytest.mark.parametrize("seed", range(3))
async def test_order_holds_whatever_goes_to_the_disk_meanwhile(outbox, seed):
    chance = random.Random(seed)  # noqa: S311  # a test's course, no secret
    count, found = itertools.count(), []
    for _ in range(3):
        under_way = []  # and lost with this life
        async with outbox(grace_seconds=chance.choice((0.0, 0.01, 60.0))) as box:
            for _ in range(60):
                await filled(box, itertools.islice(count, chance.randrange(20)))
                await asyncio.sleep(chance.choice((0, 0, 0.005)))
                if box.depth > len(under_way) and chance.random() < 0.7:
                    under_way += numbers(await box.take(chance.randrange(1, 30), MIB))
                if chance.random() < 0.7:
                    settled = chance.randrange(len(under_way) + 1)
                    await box.forget(settled)
                    found += under_way[:settled]
                    del under_way[:settled]
    async with outbox() as box:
        found += await drained(box)
    assert found == list(range(next(count)))


async def test_the_oldest_go_where_the_file_would_grow_over_its_bound_and_the_gap_is_told(
    outbox, told, tmp_path
):
    async with outbox(max_bytes=MIB) as box:
        for number in range(1000):
            await box.append(message(number, size=4000), 10 * number, 10 * number + 5)
            if number % 50 == 0:
                await asyncio.sleep(0.01)
        assert (tmp_path / "p-c.sqlite").stat().st_size < 3 * MIB
    assert told.gaps == []  # the bus is away: told when what is behind it is taken
    async with outbox(max_bytes=MIB) as box:
        lost = 1000 - box.depth
        assert 700 < lost < 900
        assert await drained(box) == list(range(lost, 1000))
    assert told.gaps == [Gap(lost, 0, 10 * (lost - 1) + 5)]


async def test_a_full_disk_is_told_once_and_stops_nothing(outbox, told):
    async with outbox() as box:
        async with largest_file(200_000):
            for number in range(300):
                await box.append(message(number, size=4000), number)
                await asyncio.sleep(0.001)
            await eventually(lambda: told.kinds)
            assert box.trouble == told.troubles[0].text
            assert numbers(await box.take(3, MIB)) == [0, 1, 2]
            await box.forget(3)
        assert await drained(box) == list(range(3, 300))
        await filled(box, range(300, 310))
        await eventually(lambda: "outbox_disk_well" in told.kinds)
        assert await drained(box) == list(range(300, 310))
        assert not box.trouble
    assert told.kinds == ["outbox_disk_trouble", "outbox_disk_well"]
    assert told.gaps == []


async def test_without_a_disk_messages_wait_in_memory(outbox, told, tmp_path):
    (tmp_path / "file").touch()
    async with outbox(folder=tmp_path / "file" / "below") as box:
        await filled(box, range(20))
        await eventually(lambda: told.kinds)
        assert await drained(box) == list(range(20))
    assert told.kinds == ["outbox_disk_trouble"]


@pytest.mark.parametrize("harm", ["junk", "hole"])
async def test_a_file_that_cannot_be_read_is_set_aside(outbox, told, tmp_path, harm):
    path = tmp_path / "p-c.sqlite"
    async with outbox() as box:
        await filled(box, range(2000))
    content = bytearray(path.read_bytes())
    content[:] = b"junk" * 1000 if harm == "junk" else content[:8192] + b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    async with outbox() as box:
        await filled(box, range(2000, 2010))
        found = await drained(box)
        assert found[-10:] == list(range(2000, 2010))
    assert told.kinds == ["outbox_corrupt"]
    assert len(list(tmp_path.glob("p-c.corrupt-*"))) == 1
    assert len(found) == 10 or told.gaps


async def test_two_of_a_name_have_files_of_their_own_and_what_one_leaves_is_taken_over(outbox):
    async with outbox() as first, outbox() as second:
        await filled(first, range(5))
        await filled(second, range(5, 10))
    async with outbox() as both:
        assert await drained(both) == list(range(10))


async def test_a_bus_that_comes_back_gets_the_past_first_each_message_once(nats_server, bus, outbox):
    await ensure_streams(
        bus, [{"name": "RAW", "subjects": ["gl.>"], "allow_direct": True, "storage": "file"}]
    )
    async with outbox() as box:
        await filled(box, range(1000))
    await bus.client.flush()
    async with outbox() as box, Publisher(bus) as publisher:
        forwarding = asyncio.create_task(Forwarder(box, publisher).run())
        await filled(box, range(1000, 1200))
        await asyncio.wait_for(box.emptied(), 20)
        forwarding.cancel()
        await asyncio.gather(forwarding, return_exceptions=True)
    assert numbers([Outgoing("", each.data) async for each in replay(bus, "RAW", "gl.>")]) == list(
        range(1200)
    )


async def test_what_was_stored_when_the_end_came_is_not_stored_again_however_late_the_next_life(bus, outbox):
    forgetful = {"duplicate_window": 100_000_000, "allow_direct": True, "storage": "file"}
    await ensure_streams(bus, [{"name": "RAW", "subjects": ["gl.>"], **forgetful}])
    of_three = [message(number, subject=f"gl.p.raw.c.s{number % 3}") for number in range(60)]
    async with outbox() as box, Publisher(bus) as publisher:
        for each in of_three:
            await box.append(each, 0)
        under_way = await box.take(40, MIB)
        await publisher.publish_all(under_way[:-4])  # and the end comes before any of it is forgotten
    await asyncio.sleep(0.5)
    async with outbox() as box, Publisher(bus) as publisher:
        forwarding = asyncio.create_task(Forwarder(box, publisher).run())
        await asyncio.wait_for(box.emptied(), 20)
        forwarding.cancel()
        await asyncio.gather(forwarding, return_exceptions=True)
    kept = numbers([Outgoing("", each.data) async for each in replay(bus, "RAW", "gl.>")])
    assert sorted(kept) == list(range(60))
    assert all([n for n in kept if n % 3 == s] == list(range(s, 60, 3)) for s in range(3))


async def test_what_says_what_was_lost_is_dropped_last(outbox, told):
    async with outbox(max_bytes=MIB) as box:
        await box.append(structs.replace(message(0, size=4000), lasting=True), 0)
        for number in range(1, 1000):
            await box.append(message(number, size=4000), number)
            if number % 50 == 0:
                await asyncio.sleep(0.01)
    async with outbox(max_bytes=MIB) as box:
        lost = 1000 - box.depth
        assert await drained(box) == [0, *range(lost + 1, 1000)]
    assert told.gaps == [Gap(lost, 1, lost)]


async def test_what_is_under_way_takes_no_room_from_what_is_new(outbox, told):
    async with outbox(max_bytes=MIB) as box:
        for number in range(200):
            await box.append(message(number, size=4000), number)
        await eventually(lambda: box.oldest_seconds and box.size > 200 * 4000)
        assert len(await box.take(500, 4 * MIB)) == 200
        for number in range(200, 350):
            await box.append(message(number, size=4000), number)
            await asyncio.sleep(0.001)
        await box.forget(200)
        assert await drained(box) == list(range(200, 350))
    assert told.gaps == []


async def test_a_gap_that_was_told_is_not_told_again_and_one_that_was_not_is(outbox, told):
    async with outbox(max_bytes=MIB) as box:
        for number in range(500):
            await box.append(message(number, size=4000), number)
            if number % 50 == 0:
                await asyncio.sleep(0.01)
    async with outbox(max_bytes=MIB) as box:
        await box.take(10, MIB)  # told, and ended before what came after the gap was acknowledged
    assert len(told.gaps) == 1
    async with outbox(max_bytes=MIB) as box:
        await box.forget(len(await box.take(10, MIB)))
    assert len(told.gaps) == 2
    assert told.gaps[0] == told.gaps[1]
    async with outbox(max_bytes=MIB) as box:
        await drained(box)
    assert len(told.gaps) == 2
