import asyncio

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from fakes.relay import Relay
from fakes.site import eventually
from integrations.bus import (
    Bus,
    BusClosedError,
    BusEventKind,
    BusSettings,
    EmbeddedServer,
    Outgoing,
    Publisher,
    PublishRefusedError,
    replay,
)
from integrations.bus.publishing.doubt import Doubt
from integrations.messages import Header


def messages(count, subjects=10, prefix="m"):
    return [Outgoing(f"gl.p.raw.c.s{i % subjects}", b"%d" % i, {}, f"{prefix}{i}") for i in range(count)]


async def stored(bus, stream="RAW", subject="gl.>"):
    return [message async for message in replay(bus, stream, subject)]


async def until(condition):
    while not condition():  # noqa: ASYNC110 - a publisher has no event for its counters
        await asyncio.sleep(0)


def in_order(bodies, subjects=10):
    lanes = [[body for body in bodies if body % subjects == lane] for lane in range(subjects)]
    return all(lane == sorted(lane) for lane in lanes)


async def test_acks_come_in_the_order_of_the_messages(streams):
    async with Publisher(streams, window_messages=7) as publisher:
        acks = await publisher.publish_all(messages(100))
        again = await publisher.publish_all(messages(100))
    assert all(ack.stream == "RAW" for ack in acks)
    assert [(ack.seq, ack.duplicate) for ack in again] == [(ack.seq, True) for ack in acks]
    assert publisher.statistics.acked == 200
    assert publisher.statistics.duplicates == 100
    kept = await stored(streams)
    assert in_order([int(message.data) for message in kept])
    assert {message.headers[Header.MESSAGE_ID] for message in kept} == {f"m{i}" for i in range(100)}


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_restart_in_the_middle_loses_nothing_doubles_nothing_and_keeps_order(tmp_path, how):
    async with (
        EmbeddedServer(tmp_path / "store") as server,
        Bus(BusSettings(url=server.url), attempts=1) as bus,
        Publisher(bus, window_messages=200) as publisher,
    ):
        await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.>"], "allow_direct": True})
        sending = asyncio.create_task(publisher.publish_all(messages(3000)))
        for _ in range(2):
            enough = publisher.statistics.acked + 500
            await until(lambda: publisher.statistics.acked >= enough)  # noqa: B023 - called before enough changes
            await getattr(server, how)()
            await server.start()
        acks = await asyncio.wait_for(sending, 30)
        kept = await stored(bus)
    bodies = [int(message.data) for message in kept]
    assert sorted(bodies) == list(range(3000))
    assert in_order(bodies)
    assert sorted(ack.seq for ack in acks) == [message.sequence for message in kept]
    assert publisher.statistics.resent > 0


async def test_waits_until_the_stream_exists(bus):
    async with Publisher(bus, deadline_seconds=0.2) as publisher:
        sending = asyncio.create_task(publisher.publish_all(messages(5)))
        await until(lambda: publisher.statistics.resent)
        await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.>"]})
        assert len(await asyncio.wait_for(sending, 10)) == 5


async def test_what_can_never_be_stored_is_refused_and_the_rest_is_stored(streams):
    await streams.api("STREAM.CREATE.TINY", {"name": "TINY", "subjects": ["tiny"], "max_msg_size": 100})
    bad = [
        Outgoing("gl.p.raw.c.big", b"x" * streams.client.max_payload, {"a": "b"}),
        Outgoing("gl.p.raw.c.s0\r\nPUB evil 0", b""),
        Outgoing("gl.p.raw.>", b""),
        Outgoing("gl.p.raw.c.s0", b"", {"bad name": "x"}),
        Outgoing("tiny", b"x" * 200),
    ]
    async with Publisher(streams) as publisher:
        with pytest.raises(PublishRefusedError) as caught:
            await publisher.publish_all([*messages(2), *bad, *messages(2, prefix="n")])
        await publisher.publish_all(messages(1, prefix="later"))
    assert sorted(r.message.subject for r in caught.value.refusals) == sorted(m.subject for m in bad)
    reasons = " ".join(refusal.reason for refusal in caught.value.refusals)
    assert "the server takes 8388608" in reasons
    assert "message size exceeds maximum allowed" in reasons
    assert len(await stored(streams)) == 5
    assert not publisher._lanes


async def test_a_forbidden_subject_is_refused_with_the_servers_reason():
    permissions = """authorization { users: [
        { user: a, password: b, permissions: { publish: ["$JS.API.>", "gl.p.raw.>"] } } ] }"""
    async with (
        EmbeddedServer(config=permissions) as server,
        Bus(BusSettings(url=server.url, user="a", password="b"), attempts=1) as bus,  # noqa: S106 - test data
        Publisher(bus) as publisher,
    ):
        await bus.api("STREAM.CREATE.S", {"name": "S", "subjects": ["gl.>"]})
        with pytest.raises(PublishRefusedError, match=r"gl\.p\.Clean\.x refused: not allowed: publish to"):
            await publisher.publish_all([Outgoing("gl.p.Clean.x", b""), Outgoing("gl.p.raw.x", b"")])
        assert publisher.statistics.acked == 1


async def test_line_breaks_in_header_values_smuggle_nothing(streams):
    async with Publisher(streams) as publisher:
        await publisher.publish_all(
            [Outgoing("gl.p.raw.c.s", b"x", {"a": "1\r\nb: 2", "ü".encode().hex(): "ü"})]
        )
    (kept,) = await stored(streams)
    assert kept.headers["a"] == "1  b: 2"
    assert "b" not in kept.headers
    assert kept.headers["c3bc"] == "ü"


async def test_a_caller_that_gives_up_withdraws_what_was_not_sent(bus):
    async with Publisher(bus, window_messages=1, deadline_seconds=0.1) as publisher:
        sending = asyncio.create_task(publisher.publish_all(messages(5)))
        await until(lambda: publisher.statistics.resent)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await until(lambda: not publisher._lanes)
        await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.>"], "allow_direct": True})
        await publisher.publish_all(messages(2, prefix="n"))
        assert len(await stored(bus)) == 2


async def test_closing_ends_the_waiting(bus):
    async with Publisher(bus) as publisher:
        sending = asyncio.create_task(publisher.publish_all(messages(5)))
        await asyncio.sleep(0)
    with pytest.raises(BusClosedError):
        await sending
    with pytest.raises(BusClosedError):
        await publisher.publish_all(messages(1))


async def test_the_event_loop_lives_while_much_is_published(streams):
    async with Publisher(streams) as publisher:
        sending = asyncio.create_task(publisher.publish_all(messages(20_000, subjects=1000)))
        turns = 0
        while not sending.done():
            turns += 1
            await asyncio.sleep(0.001)
        assert turns > 20
        assert len(sending.result()) == 20_000


async def test_what_is_given_while_the_server_is_away_leaves_on_reconnect(nats_server, streams):
    async with Publisher(streams) as publisher:
        lost = asyncio.Event()
        streams.observe(lambda event: event.kind is BusEventKind.DISCONNECTED and lost.set())
        await nats_server.stop()
        await lost.wait()
        sending = asyncio.create_task(publisher.publish_all(messages(5)))
        await nats_server.start()
        assert len(await asyncio.wait_for(sending, 10)) == 5


async def test_messages_of_one_lane_go_one_after_the_other_whatever_their_subjects(streams):
    lanes = [Outgoing(f"gl.p.raw.c.s{i}", b"%d" % i, {}, f"m{i}", f"lane{i % 3}") for i in range(60)]
    async with Publisher(streams) as publisher:
        most = 0
        pump = publisher._pump

        def watched():
            nonlocal most
            pump()
            most = max(most, len(publisher._in_flight))

        publisher._pump = watched
        await publisher.publish_all(lanes)
    assert most == 3
    assert in_order([int(message.data) for message in await stored(streams)], 3)


FORGETFUL = {"name": "RAW", "subjects": ["gl.>"], "duplicate_window": 200_000_000, "allow_direct": True}
"""A stream that knows an id for a fifth of a second."""


async def test_what_was_stored_long_ago_without_an_ack_is_not_stored_again(nats_server, bus):
    await bus.api("STREAM.CREATE.RAW", FORGETFUL)
    async with (
        Relay(nats_server.port) as line,
        Bus(BusSettings(url=f"nats://127.0.0.1:{line.port}"), attempts=1) as far,
        Publisher(far, remembered_seconds=0.1) as publisher,
    ):
        line.silent = True
        sending = asyncio.create_task(publisher.publish_all(messages(30)))
        await eventually(lambda: has_stored(bus, 10))  # one of each subject; no ack comes back
        await asyncio.sleep(0.5)
        await line.stop()
        line.silent = False
        await line.start()
        await asyncio.wait_for(sending, 20)
    kept = [int(message.data) for message in await stored(bus)]
    assert sorted(kept) == list(range(30))
    assert in_order(kept)


async def test_what_may_have_been_stored_in_an_earlier_life_is_asked_for_first(bus):
    await bus.api("STREAM.CREATE.RAW", FORGETFUL)
    left = [Outgoing("gl.p.raw.c.s", b"%d" % n, {}, f"m{n}") for n in range(4)]
    doubt = Doubt(each.message_id for each in left)
    async with Publisher(bus) as publisher:
        await publisher.publish_all(left[:2])
        await asyncio.sleep(0.5)
        acks = await publisher.publish_all([replace(each, doubt=doubt) for each in left])
    assert [(ack.seq, ack.duplicate) for ack in acks] == [(2, True), (2, True), (3, False), (4, False)]


async def has_stored(bus, count):
    return len(await stored(bus)) >= count


async def test_who_may_not_ask_sends_what_is_in_doubt(tmp_path):
    deny = '{publish: {deny: ["$JS.API.DIRECT.GET.>"]}}'
    users = f"authorization {{ users = [{{user: u, password: p, permissions: {deny}}}] }}"
    async with (
        EmbeddedServer(tmp_path / "store", config=users) as server,
        Bus(BusSettings(url=server.url.replace("//", "//u:p@")), attempts=3) as bus,
        Publisher(bus) as publisher,
    ):
        await bus.api("STREAM.CREATE.RAW", FORGETFUL)
        message = Outgoing("gl.p.raw.c.s", b"1", {}, "m1", doubt=Doubt(["m1"]))
        (ack,) = await asyncio.wait_for(publisher.publish_all([message]), 4)
    assert (ack.seq, ack.duplicate) == (1, False)


class DoubtThatFailsOnce(Doubt):
    failed = False

    async def stored_as(self, bus, message):
        if not self.failed:
            self.failed = True
            raise LookupError("an answer that nobody foresaw")
        return await super().stored_as(bus, message)


async def test_an_error_without_a_name_while_asking_is_logged_and_what_was_in_doubt_goes_all_the_same(
    streams,
):
    left = [Outgoing("gl.p.raw.c.s", b"%d" % n, {}, f"m{n}") for n in range(3)]
    doubt = DoubtThatFailsOnce(each.message_id for each in left)
    async with Publisher(streams, deadline_seconds=0.1) as publisher:
        await publisher.publish_all(left[:1])
        sending = publisher.publish_all([replace(each, doubt=doubt) for each in left])
        with capture_logs() as logs:
            acks = await asyncio.wait_for(sending, 5)
    assert [(ack.seq, ack.duplicate) for ack in acks] == [(1, True), (2, False), (3, False)]
    assert [line["log_level"] for line in logs if line.get("exc_info")] == ["error"]


async def test_what_no_bytes_can_be_made_of_is_refused_and_the_rest_is_stored(streams):
    async with Publisher(streams) as publisher:
        bad = [Outgoing("gl.p.raw.c.\ud800", b""), Outgoing("gl.p.raw.c.s", b"", {"a": "\ud800"})]
        outcomes = await asyncio.wait_for(publisher.publish_each([*bad, *messages(2)]), 5)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Refusal", "Refusal", "Ack", "Ack"]


async def test_a_server_that_comes_back_and_takes_less_gets_no_more_than_that(tmp_path):
    async with (
        EmbeddedServer(tmp_path / "store") as server,
        Bus(BusSettings(url=server.url)) as bus,
        Publisher(bus, deadline_seconds=0.2) as publisher,
    ):
        sending = asyncio.create_task(publisher.publish_each([Outgoing("gl.a", b"x" * 20_000)]))
        await until(lambda: publisher.statistics.resent)  # no stream: it waits
        await server.stop()
        server._extra = "max_payload: 10KB"
        await server.start()
        (outcome,) = await asyncio.wait_for(sending, 5)
    assert "the server takes 10240" in outcome.reason
