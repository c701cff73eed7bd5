"""Who cleans a partition stands in CLEAN itself, and nobody else's clean readings get past it."""

import pytest

from fakes.site import eventually
from integrations.bus import Outgoing, Publisher, PublishRefusedError
from integrations.bus.members import Members
from integrations.runtime.transformation.fences import WRONG_LAST_SEQUENCE, Fences
from integrations.runtime.transformation.positions import Position
from integrations.runtime.transformation.replica import Replica

CLEAN = "gl.p.clean.c.s"


@pytest.fixture
async def publisher(streams):
    async with Publisher(streams) as publisher:
        yield publisher


@pytest.fixture
def replica(streams, publisher):
    def make(name):
        replica = Replica(streams, publisher, "p", name)
        replica.members.name = name
        return replica

    return make


async def own(replica, *partitions, seen=0):
    fences = await replica.claim(dict.fromkeys(partitions, seen))
    replica.hold(fences, dict.fromkeys(fences, Position()))
    return fences


async def test_a_claim_succeeds_for_who_has_seen_the_last_one(streams, publisher):
    fences = Fences(streams, publisher, "p")
    first = await fences.put("a", {3: 0, 4: 0})
    assert first.keys() == {3, 4}
    assert await fences.put("b", {3: 0}) == {}
    assert (await fences.put("b", {3: first[3]})).keys() == {3}
    assert {p: fence.owner for p, fence in (await fences.read()).items()} == {3: "b", 4: "a"}


async def test_what_a_former_owner_still_sends_is_refused_by_the_server(replica, publisher, streams):
    a, b = replica("a"), replica("b")
    mine = await own(a, 3, 4)
    await publisher.publish_all([Outgoing(CLEAN, b"1", a.headers(3), "1")])
    await own(b, 3, seen=mine[3])
    with pytest.raises(PublishRefusedError) as caught:
        await publisher.publish_all([Outgoing(CLEAN, b"2", a.headers(p), f"2-{p}") for p in (3, 4)])
    assert [refusal.code for refusal in caught.value.refusals] == [WRONG_LAST_SEQUENCE]
    await a.confirm()
    assert (a.held.keys(), a.lost, a.headers(3)) == ({4}, {3}, None)
    await publisher.publish_all([Outgoing(CLEAN, b"2", b.headers(3), "2-3")])


async def test_fences_that_a_full_stream_has_dropped_are_put_again_by_their_owner(
    replica, streams, publisher
):
    a = replica("a")
    await own(a, 3, 4)
    await streams.api("STREAM.PURGE.CLEAN", {"filter": "gl.p.fence.3"})
    with pytest.raises(PublishRefusedError):
        await publisher.publish_all([Outgoing(CLEAN, b"1", a.headers(3), "1")])
    await a.confirm()
    assert a.held.keys() == {3, 4}
    await publisher.publish_all([Outgoing(CLEAN, b"1", a.headers(3), "1")])


async def test_only_who_is_heard_takes_part(replica):
    a, b = replica("a"), replica("b")
    assert (await a.look()).take == {}
    await a.members.renew()
    assert len((await a.look()).take) == 64
    await b.members.renew()
    assert len((await a.look()).take) == len((await b.look()).take) == 32


async def test_partitions_of_the_living_are_waited_for_and_given(replica):
    a, b = replica("a"), replica("b")
    await a.members.renew()
    await own(a, *range(64))
    await b.members.renew()
    assert (await b.look()).take == {}
    plan = await a.look()
    assert (len(plan.give), plan.take) == (32, {})
    await a.give(plan.give)
    assert (await b.look()).take.keys() == plan.give


async def test_a_member_is_forgotten_after_its_lease_and_at_once_when_it_leaves(streams, publisher):
    a, b = (Members(streams, publisher, "p", name) for name in "ab")
    await a.renew()
    await b.renew()
    assert await a.present() == {a.name, b.name}
    await b.leave()
    assert await a.present() == {a.name}

    async def alone():
        return not await a.present()

    await eventually(alone)


async def test_of_two_with_one_name_the_younger_counts(streams, publisher):
    old, young = (Members(streams, publisher, "p", "a", now_ns=lambda at=at: at) for at in (1, 2))
    await young.renew()
    await old.renew()
    assert await old.present() == {young.name}
