"""A message is a dead letter once, however late the replica that reads it again."""

import time

from fakes.site import SITE, stored
from integrations.bus import Publisher, Received
from integrations.messages import Header
from integrations.runtime.transformation.dead_letters import Buried, dead_letter
from integrations.runtime.transformation.intake import Dead


def dead(sequence, time_ns):
    reply = f"$JS.ACK.RAW.c.1.{sequence}.{sequence}.{time_ns}.0"
    return Dead(Received(f"gl.{SITE}.raw.7.steam_meter.feed", {}, b"?", reply, 0), "no batch")


def sequences(some):
    return [one.message.stream_sequence for one in some]


async def test_what_was_buried_before_ids_are_forgotten_is_not_buried_again(streams):
    now_ns = time.time_ns()
    buried = Buried(streams, SITE, now_ns=lambda: now_ns + 200 * 10**9)
    async with Publisher(streams) as publisher:
        await publisher.publish_all([dead_letter(SITE, dead(5, now_ns))])
        fresh = await buried.fresh([dead(5, now_ns), dead(6, now_ns)])
        assert sequences(fresh) == [6]
        await publisher.publish_all([dead_letter(SITE, one) for one in fresh])
        assert sequences(await buried.fresh([dead(6, now_ns), dead(7, now_ns)])) == [7]
    letters = await stored(streams, "DEAD", f"gl.{SITE}.dead.RAW")
    assert [letter.headers[Header.DEAD_SEQUENCE] for letter in letters] == ["5", "6"]


async def test_of_what_is_young_the_server_knows_the_ids(streams):
    now_ns = time.time_ns()
    async with Publisher(streams) as publisher:
        await publisher.publish_all([dead_letter(SITE, dead(5, now_ns))])
        assert sequences(await Buried(streams, SITE).fresh([dead(5, now_ns)])) == [5]
        await publisher.publish_all([dead_letter(SITE, dead(5, now_ns))])
    assert len(await stored(streams, "DEAD", f"gl.{SITE}.dead.RAW")) == 1
