import asyncio
import contextlib
import socket
import struct

import pytest
from structlog.testing import capture_logs

from fakes.frozen import frozen
from integrations.bus import Bus, BusEventKind, BusSettings, BusUnreachableError, EmbeddedServer, connection
from integrations.bus.settings import redacted
from integrations.configuration import ConfigurationError


def expect(bus, kind):
    """A future that is done with the next event of `kind`."""
    seen = asyncio.get_running_loop().create_future()
    bus.observe(lambda event: event.kind is kind and not seen.done() and seen.set_result(event))
    return asyncio.wait_for(seen, 10)


async def test_unreachable_servers_are_one_clear_line_without_secrets():
    naps = []

    async def sleep(seconds):
        naps.append(seconds)

    settings = BusSettings(url="nats://bob:hunter2@127.0.0.1:1,nats://s3cr3t@127.0.0.1:2")
    with capture_logs() as logs, pytest.raises(BusUnreachableError, match="no NATS server at nats://127"):
        async with Bus(settings, attempts=3, sleep=sleep):
            pass
    assert len(naps) == len(logs) == 2
    assert logs[0]["url"] == "nats://127.0.0.1:1,nats://127.0.0.1:2"
    assert "hunter2" not in str(logs)
    assert "s3cr3t" not in str(logs)
    assert "hunter2" not in repr(settings)


async def test_wrong_password_is_a_reason_that_is_told():
    async with EmbeddedServer(config="authorization { user: a, password: b }") as server:
        with pytest.raises(BusUnreachableError, match="Authorization Violation"):
            async with Bus(BusSettings(url=server.url, user="a", password="x"), attempts=1):  # noqa: S106 - test data
                pass


async def test_heals_when_the_server_comes_back(nats_server, bus):
    lost, back = expect(bus, BusEventKind.DISCONNECTED), expect(bus, BusEventKind.RECONNECTED)
    await nats_server.kill()
    await lost
    assert not bus.connected
    await nats_server.start()
    await back
    assert (await bus.api("INFO"))["streams"] == 0


async def test_an_error_line_of_the_server_is_a_reconnect_not_the_end(bus):
    back = expect(bus, BusEventKind.RECONNECTED)
    await bus.client._process_err("'user authentication expired'")
    await back
    assert bus.connected


async def test_a_forbidden_publish_is_told_and_counted():
    permissions = 'authorization { users: [{ user: a, password: b, permissions: { publish: ["ok.>"] } }] }'
    async with (
        EmbeddedServer(config=permissions) as server,
        Bus(BusSettings(url=server.url, user="a", password="b"), attempts=1) as bus,  # noqa: S106 - test data
    ):
        denied = expect(bus, BusEventKind.PERMISSION_DENIED)
        await bus.client.publish("Not.Ok", b"")
        event = await denied
        assert event.subject == "not.ok"
        assert event.text == "not allowed: publish to not.ok"
        assert bus.counts[BusEventKind.PERMISSION_DENIED] == 1


async def test_a_slow_consumer_is_told(bus):
    slow = expect(bus, BusEventKind.SLOW_CONSUMER)
    await bus.client.subscribe("flood", pending_msgs_limit=2)
    for _ in range(4):
        await bus.client.publish("flood", b"x")
    assert (await slow).subject == "flood"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "http://a:1"}, "url must begin with nats://"),
        ({"url": "nats://a:99999"}, "url must have a port 1 to 65535"),
        ({"url": "nats://u:geheim@:1"}, "url must be like nats://host:4222, got 'nats://:1'"),
        ({"user": "a"}, "user must come together with password"),
        ({"token": "t", "user": "a", "password": "b"}, "token must not come together with user"),
        ({"user": "a", "password": "b", "password_file": __file__}, "password_file must be left out beside"),
        (
            {"token_file": __file__, "user": "a", "password": "b"},
            "token_file must not come together with user",
        ),
        ({"user": "a", "password_file": "/no/such"}, "password_file must be an existing file"),
        ({"tls_ca_file": "/no/such"}, "tls_ca_file must be an existing file, got '/no/such'"),
        ({"connect_timeout_seconds": 0.0}, "connect_timeout_seconds must be"),
    ],
)
def test_settings_complain_by_name(fields, message):
    with pytest.raises(ConfigurationError, match=message):
        BusSettings(**fields)


def test_redaction_keeps_what_helps():
    assert redacted("tls://user:p@ss@host:1/x,b:2") == "tls://host:1/x,b:2"


async def test_a_bus_that_is_away_can_be_closed_with_something_unsent(nats_server):
    async with Bus(BusSettings(url=nats_server.url), attempts=3) as bus:
        subscription = await bus.client.subscribe("a")
        lost = asyncio.Event()
        bus.observe(lambda event: lost.set() if event.kind is BusEventKind.DISCONNECTED else None)
        await nats_server.stop()
        await asyncio.wait_for(lost.wait(), 5)
        await subscription.unsubscribe()  # queues a command that will never be sent
    assert bus.client.is_closed


async def fill(bus):
    """Send more than the kernel takes for a server that reads nothing."""
    transport = bus.client._transport._io_writer.transport
    while not transport.get_write_buffer_size():
        await bus.client.publish("a", bytes(1_000_000))
        await asyncio.sleep(0)


async def test_a_bus_that_takes_nothing_any_more_can_be_closed(nats_server, monkeypatch):
    monkeypatch.setattr(connection, "CLOSING_SECONDS", 0.05)
    bus = await Bus(BusSettings(url=nats_server.url), attempts=3).__aenter__()
    with frozen(nats_server):
        await fill(bus)
        await asyncio.wait_for(bus.__aexit__(None, None, None), 10)
    assert bus.client.is_closed


async def test_a_server_that_takes_nothing_any_more_is_left_for_another(nats_server, monkeypatch):
    monkeypatch.setattr(connection, "PING_SECONDS", 0.05)
    async with EmbeddedServer() as other, Bus(BusSettings(url=nats_server.url), attempts=3) as bus:
        bus.client.set_server_pool([nats_server.url, other.url])
        back = expect(bus, BusEventKind.RECONNECTED)
        with frozen(nats_server):
            await fill(bus)
            await back
        assert bus.url == other.url


GREETING = b'INFO {"max_payload": 1048576, "headers": true}'


@contextlib.asynccontextmanager
async def greeting(then):
    """Settings of a server that greets as nats-server does, is asked to let somebody in, and does `then`."""

    async def meet(reader, writer):
        writer.write(GREETING + b"\r\n")
        await reader.readuntil(b"PING\r\n")
        await then(server, writer)

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        yield BusSettings(url=f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def reset(server, writer):
    """Be gone, and reset the connection."""
    server.close()
    linger_for_nothing = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_nothing)
    writer.transport.abort()


async def test_a_bus_that_was_reset_by_its_server_can_be_closed():
    connected, refused = asyncio.Event(), asyncio.Event()

    async def let_in_and_reset(server, writer):
        writer.write(b"PONG\r\n")
        await connected.wait()
        await reset(server, writer)

    async with greeting(let_in_and_reset) as settings, Bus(settings, attempts=1) as bus:
        bus.observe(lambda event: "Connect call failed" in event.text and refused.set())
        connected.set()
        await asyncio.wait_for(refused.wait(), 5)
    assert bus.client.is_closed


class Refusing:
    """Greets as nats-server does and lets nobody in; `after` says on what line of it `turns` are counted."""

    def __init__(self, after="-ERR", turns=0):
        self.over = asyncio.Event()
        self._after, self._turns = after, turns

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._refuse, "127.0.0.1", 0)
        self.settings = BusSettings(url=f"nats://127.0.0.1:{self._server.sockets[0].getsockname()[1]}")
        return self

    async def __aexit__(self, *exc):
        self._server.close()

    async def _refuse(self, reader, writer):
        await self._say(writer, GREETING)
        while b"PING" not in await reader.read(1000):
            pass
        await self._say(writer, b"-ERR 'Authorization Violation'")
        writer.close()

    async def _say(self, writer, line):
        writer.write(line + b"\r\n")
        if line.startswith(self._after.encode()):
            for _ in range(self._turns):
                await asyncio.sleep(0)
            self.over.set()


@pytest.mark.parametrize("after", ["INFO", "-ERR"])
async def test_who_is_stopped_while_the_bus_refuses_to_let_it_in_ends(after):
    async def enter(settings):
        async with Bus(settings):
            pass

    for turns in range(6):  # one of them is the one in which nats-py would lose it
        async with Refusing(after, turns) as server:
            entering = asyncio.create_task(enter(server.settings))
            await server.over.wait()
            entering.cancel()
            await asyncio.wait([entering], timeout=5)
            assert entering.cancelled()


async def test_a_server_that_hangs_up_instead_of_an_answer_has_let_nobody_in():
    async def hang_up(_server, writer):
        writer.close()

    async with greeting(hang_up) as settings:
        with pytest.raises(BusUnreachableError, match="hung up before it let us in"):
            async with Bus(settings, attempts=1):
                pass


async def test_attempts_are_counted_where_the_server_resets_the_first_and_is_gone():
    async with greeting(reset) as settings:
        with pytest.raises(BusUnreachableError, match="Connect call failed"):
            async with Bus(settings, attempts=1):
                pass


async def test_a_cancellation_that_comes_with_the_answer_is_not_lost(bus, monkeypatch):
    answered = asyncio.get_running_loop().create_future()

    async def request(*_args, **_options):
        return await asyncio.wait_for(answered, 5)

    monkeypatch.setattr(bus.client, "request", request)
    asking = asyncio.create_task(bus.request("a"))
    await asyncio.sleep(0)
    answered.set_result(None)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
