import asyncio

from integrations.bus import (
    Bus,
    BusSettings,
    EmbeddedServer,
    Latest,
    Publisher,
    StreamSettings,
    ensure_streams,
    stream_configs,
)


async def put(bus, latest, **values):
    async with Publisher(bus) as publisher:
        await publisher.publish_all(
            [latest.outgoing(key, value, {"h": "1"}) for key, value in values.items()]
        )


async def test_get_gives_the_last_value(streams):
    latest = Latest(streams)
    assert await latest.get("a") is None
    await put(streams, latest, a=b"1")
    await put(streams, latest, a=b"2", b=b"x")
    value = await latest.get("a")
    assert (value.key, value.data, value.headers["h"]) == ("a", b"2", "1")


async def test_nats_key_value_clients_see_the_same(streams):
    await put(streams, Latest(streams), a=b"1")
    bucket = await streams.client.jetstream().key_value("gl_latest")
    assert (await bucket.get("a")).value == b"1"


async def test_watch_gives_present_then_later_values_and_survives_a_restart(tmp_path):
    async with EmbeddedServer(tmp_path / "s") as server, Bus(BusSettings(url=server.url), attempts=1) as bus:
        await ensure_streams(bus, stream_configs(StreamSettings(storage_bytes=64 * 1024 * 1024), "p"))
        latest = Latest(bus)
        await put(bus, latest, a=b"1", b=b"1")
        watching = latest.watch()
        async with asyncio.timeout(20):
            assert {(await anext(watching)).key for _ in range(2)} == {"a", "b"}
            await put(bus, latest, b=b"2")
            assert (await anext(watching)).data == b"2"
            await server.kill()
            await server.start()
            await put(bus, latest, a=b"3")
            seen = {}
            while seen.get("a") != b"3" or seen.get("b") != b"2":
                value = await anext(watching)
                seen[value.key] = value.data
        await watching.aclose()
