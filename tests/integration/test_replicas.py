"""Several transformations share a site: each sample once and in order, whoever comes, goes, hangs or dies."""

import signal

import pytest

from fakes.replicas import SOURCES, line, owners, shared_by
from fakes.site import SITE, Child, Feed, document, eventually, running, stored, toml
from integrations.bus import Publisher
from integrations.messages import Header, partition_of


@pytest.fixture
def child(nats_server, tmp_path):
    path = tmp_path / "plant.toml"
    path.write_text(toml(document(nats_server.url)))

    def make(name):
        return Child("transformation", path, tmp_path / f"{name}.log", INSTANCE=name, LOG_LEVEL="INFO")

    return make


async def test_replicas_come_and_go_without_a_loss_or_a_repeat(nats_server, streams):
    table = document(nats_server.url)
    async with running("transformation", table, "a"), line(streams) as it:
        await eventually(shared_by(streams, "a"))
        await it.flows()
        async with running("transformation", table, "b"):
            await eventually(shared_by(streams, "a", "b"))
            async with running("transformation", table, "c"):
                await eventually(shared_by(streams, "a", "b", "c"))
                await it.flows()
            await eventually(shared_by(streams, "a", "b"))
            await it.flows()
        await eventually(shared_by(streams, "a"))
        await it.flows()


async def test_the_last_hands_over_to_one_that_comes_later(nats_server, streams):
    table = document(nats_server.url)
    async with line(streams) as it:
        async with running("transformation", table, "a"):
            await eventually(shared_by(streams, "a"))
            await it.flows()
        assert set((await owners(streams)).values()) == {""}
        async with running("transformation", table, "b"):
            await eventually(shared_by(streams, "b"))
            await it.finish()


async def test_what_was_killed_is_taken_over_within_seconds(streams, child):
    async with child("a") as a, child("b"), line(streams) as it:
        await eventually(shared_by(streams, "a", "b"), 20)
        await it.flows()
        await a.end(signal.SIGKILL)
        await eventually(shared_by(streams, "b"), 15)
        await it.flows()
        await a.start()
        await eventually(shared_by(streams, "a", "b"), 20)


async def test_one_that_hangs_longer_than_its_lease_publishes_nothing_when_it_goes_on(streams, child):
    async with child("a") as a, child("b"), line(streams) as it:
        await eventually(shared_by(streams, "a", "b"), 20)
        await it.flows()
        for _ in range(2):
            a._process.send_signal(signal.SIGSTOP)
            try:
                await eventually(shared_by(streams, "b"), 20)
                await it.flows()
            finally:
                a._process.send_signal(signal.SIGCONT)
            await eventually(shared_by(streams, "a", "b"), 20)
            await it.flows()


async def test_a_source_is_in_the_partition_that_the_server_gives_it(streams):
    async with Publisher(streams) as publisher:
        await publisher.publish_all([Feed(source=source).next() for source in SOURCES])
    for message in await stored(streams, "RAW", f"gl.{SITE}.raw.>"):
        *_, number, device_class, source = message.subject.split(".")
        assert int(number) == partition_of(device_class, source)
        assert Header.MESSAGE_ID in message.headers
