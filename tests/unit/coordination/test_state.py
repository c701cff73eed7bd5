"""Shared state on a real server: who wrote what, in which order, and what is seen of it at one moment."""

import asyncio

import pytest

from fakes.site import eventually
from integrations import MessageBus, StateManager
from integrations.bus import (
    BusSettings,
    EmbeddedServer,
    Publisher,
    StreamSettings,
    agent_stream_configs,
    ensure_streams,
)
from integrations.coordination import Link, StateConflictError, StateError, StateKeyError

STORAGE = StreamSettings(storage_bytes=256 * 1024 * 1024)


@pytest.fixture
async def agents(bus):
    """A connection to a bus with the streams of agents."""
    await ensure_streams(bus, agent_stream_configs(STORAGE), attempts=3)
    async with Publisher(bus) as publisher:
        yield Link(bus, publisher)


class Seen(list):
    """A callback that notes what it is told."""

    async def __call__(self, key, value, agent):
        self.append((key, value, agent))


async def test_what_one_writes_the_other_reads_and_is_told(agents):
    async with StateManager(agents) as one, StateManager(agents) as other:
        seen = Seen()
        other.subscribe_to_state("setpoint", seen)
        version = await one.update_state("GL-003", "setpoint", 12.0)
        assert one.get_state("setpoint") == 12.0
        await eventually(lambda: other.get_version("GL-003", "setpoint") == version)
        await one.update_state("GL-001", "setpoint", 11.0)
        await eventually(lambda: len(seen) == 2)
        assert seen == [("setpoint", 12.0, "GL-003"), ("setpoint", 11.0, "GL-001")]
        assert other.get_state("setpoint") == 11.0
        assert other.get_state("setpoint", "GL-003") == 12.0
        assert other.get_agent_state("GL-003") == {"setpoint": 12.0}


async def test_who_comes_later_finds_everything_and_is_told_only_what_is_new(agents):
    async with StateManager(agents) as one:
        for number in range(20):
            await one.update_state("GL-003", "n", number)
        await one.update_state("GL-003", "header.pressure", {"bar": 10.0})
        seen = Seen()
        late = StateManager(agents)
        late.subscribe_to_state("*", seen)
        async with late:
            assert late.get_agent_state("GL-003") == {"n": 19, "header.pressure": {"bar": 10.0}}
            await one.update_state("GL-003", "n", 20)
            await eventually(lambda: seen)
        assert seen == [("n", 20, "GL-003")]


async def test_without_broadcast_a_value_is_the_agents_own(agents):
    async with StateManager(agents) as one:
        seen = Seen()
        one.subscribe_to_state("*", seen)
        await one.update_state("GL-003", "notes", "mine", broadcast=False)
        await one.update_state("GL-003", "load", 5)
        await eventually(lambda: seen)
        snapshot = one.get_state_snapshot()
        assert seen == [("load", 5, "GL-003")]
        assert one.get_state("notes") is None
        assert snapshot["global_state"] == {"load": 5}
        assert snapshot["agent_states"] == {"GL-003": {"notes": "mine", "load": 5}}


async def test_compare_and_set_lets_one_of_two_through_and_tells_the_other(agents):
    async with StateManager(agents) as one, StateManager(agents) as other:
        await one.update_state("GL-003", "lock", "one", expected_version=0)
        with pytest.raises(StateConflictError, match="lock of GL-003 is at version") as refused:
            await other.update_state("GL-003", "lock", "other", expected_version=0)
        assert refused.value.value == "one"
        await other.update_state("GL-003", "lock", "other", expected_version=refused.value.version)
        await one.remove_state("GL-003", "lock")
        assert one.get_state("lock") is None
        assert one.get_version("GL-003", "lock") == 0
        await one.update_state("GL-003", "lock", "again", expected_version=0)
        assert one.get_state("lock") == "again"


async def test_changes_of_many_at_once_are_all_made(agents):
    async with StateManager(agents) as one, StateManager(agents) as other:

        async def count(manager):
            for _ in range(10):
                await manager.change_state("GL-003", "count", lambda number: (number or 0) + 1)

        await asyncio.gather(count(one), count(other), count(one))
        assert (await one.update_state("x", "y", 0)) > 0
        assert one.get_state("count") == 30


async def test_a_snapshot_of_a_state_under_fire_is_one_moment(agents):
    """Every writer counts two keys up, the second after the first: no snapshot shows the second ahead."""
    async with StateManager(agents) as writer, StateManager(agents) as reader:
        done = asyncio.Event()

        async def write():
            for number in range(60):
                await writer.update_state("a", "first", number)
                await writer.update_state("b", "second", number)
            done.set()

        writing, versions = asyncio.create_task(write()), []
        while not done.is_set():
            snapshot = reader.get_state_snapshot()
            values = snapshot["agent_states"]
            second = values.get("b", {}).get("second", -1)
            assert values.get("a", {}).get("first", -1) - second in {0, 1}
            versions.append(snapshot["version"])
            await asyncio.sleep(0)
        await writing
        assert versions == sorted(versions)
        assert snapshot["timestamp"].tzinfo is not None


async def test_watchers_miss_nothing_while_the_server_is_away(tmp_path):
    async with EmbeddedServer(tmp_path / "store") as server:
        settings = BusSettings(url=server.url)
        one, other = MessageBus(settings), MessageBus(settings)
        async with one, other, StateManager(one) as writer, StateManager(other) as reader:
            seen = Seen()
            reader.subscribe_to_state("n", seen)
            await writer.update_state("GL-003", "n", 0)
            await server.kill()
            writing = asyncio.gather(*(writer.update_state("GL-003", "n", n) for n in range(1, 11)))
            await server.start()
            await writing
            await eventually(lambda: len(seen) == 11, 20)
            assert [value for _, value, _ in seen] == list(range(11))
            assert reader.get_state("n") == 10


async def test_a_slow_or_failing_watcher_keeps_nobody_else_waiting(agents):
    async def hangs(key, value, agent):
        await asyncio.Event().wait()

    async def fails(key, value, agent):
        raise RuntimeError("no")

    async with StateManager(agents) as one:
        seen = Seen()
        for callback in (hangs, fails, seen):
            one.subscribe_to_state("n", callback)
        end = one.subscribe_to_state("n", seen)
        end()
        await one.update_state("GL-003", "n", 1)
        await one.update_state("GL-003", "n", 2)
        await eventually(lambda: len(seen) == 2)


async def test_what_others_put_into_the_bucket_breaks_nothing(agents):
    bucket = await agents.bus.client.jetstream().key_value("gl_state")
    await bucket.put("GL-003.n", b"not JSON")
    await bucket.put("alone", b"{}")
    async with StateManager(agents) as one:
        assert one.get_agent_state("GL-003") == {}
        await one.update_state("GL-003", "n", 1)
        await bucket.delete("GL-003.n")
        await eventually(lambda: one.get_state("n") is None)


async def test_what_cannot_be_is_named(agents):
    async with StateManager(agents) as one:
        for agent, key, value, words in [
            ("GL 3", "n", 1, "agent_id"),
            ("GL-003", "a b", 1, "key"),
            ("GL-003", "a..b", 1, "key"),
            ("GL-003", "n", object(), "value must be what JSON can hold"),
        ]:
            with pytest.raises(StateKeyError, match=words):
                await one.update_state(agent, key, value)


async def test_before_the_start_and_after_the_stop_nothing_is_written(agents):
    one = StateManager(agents)
    with pytest.raises(StateError, match="between start"):
        await one.update_state("GL-003", "n", 1)
    async with one:
        await one.update_state("GL-003", "n", 1)
    with pytest.raises(StateError, match="between start"):
        await one.update_state("GL-003", "n", 2)
    assert one.get_state("n") == 1
