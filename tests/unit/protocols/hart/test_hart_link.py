"""Sessions on real HART-IP: lost and late answers, half frames, silence, refusals and restarts."""

import asyncio
import socket
from contextlib import asynccontextmanager, closing
from types import SimpleNamespace

import pytest

from integrations.messages import Status
from integrations.protocols.hart import (
    Address,
    CannotConnectError,
    ConnectionLostError,
    HartDevice,
    HartEndpoint,
    HartError,
    HartLinks,
    HartTimeoutError,
    Message,
    MessageId,
    MessageType,
    Request,
    SessionRefusedError,
    SessionStatus,
    SessionTerms,
    UnsupportedVersionError,
    decode_message,
)
from integrations.simulation import HartPlantServer


async def eventually(poll, *errors, seconds=10.0):
    """Poll until it succeeds; only `errors` may come before."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await poll()
            except errors:
                await asyncio.sleep(0)


@asynccontextmanager
async def peer(answers):
    """A UDP server that is not ours: `answers(message)` yields what it sends back."""

    class Peer(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            for answer in answers(decode_message(data)):
                self.transport.sendto(answer, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Peer, ("127.0.0.1", 0))
    try:
        yield SimpleNamespace(port=transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


def granted(message, terms=b"", status=0, version=1):
    terms = terms or message.body
    return Message(MessageType.RESPONSE, message.id, message.sequence, terms, status, version).encode()


@asynccontextmanager
async def chopped(server):
    """A way to the server's TCP port on which both directions come in pieces of three bytes."""

    async def pass_on(reader, writer):
        while data := await reader.read(4096):
            for at in range(0, len(data), 3):
                writer.write(data[at : at + 3])
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    async def meet(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.TaskGroup() as group:
            group.create_task(pass_on(reader, far_writer))
            group.create_task(pass_on(far_reader, writer))
        gone.set()

    gone = asyncio.Event()
    way = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield SimpleNamespace(port=way.sockets[0].getsockname()[1])
        async with asyncio.timeout(5):
            await gone.wait()
    finally:
        way.close()
        await way.wait_closed()


async def test_a_lost_request_is_a_timeout_and_the_next_one_is_answered(link, server):
    device = HartDevice(link, timeout_seconds=0.05)
    await device.poll()
    session = await link.session()
    await server.fault("silent", "FT-0", times=1)
    with pytest.raises(
        HartTimeoutError,
        match=rf"127\.0\.0\.1:{server.port} device 20f1.*, command 3: no answer within 0\.05 s",
    ):
        await device.poll()
    assert (await device.poll()).values[0] == 7200.0
    assert await link.session() is session


async def test_a_late_answer_is_no_answer_to_the_next_request(link, server, shown):
    device = HartDevice(link, timeout_seconds=0.03)
    await device.poll()
    session = await link.session()
    await server.fault("late", "FT-0", seconds=0.05, times=1)
    with pytest.raises(HartTimeoutError):
        await device.poll()
    shown.values = {**shown.values, "flow_rate": 1.0}
    server.refresh()
    async with asyncio.timeout(5):
        while not session.dropped_messages:
            assert (await device.poll()).values[0] == 1.0


async def test_an_answer_that_comes_twice_counts_once(device, link, server):
    await server.fault("duplicate", "FT-0")
    for _ in range(3):
        assert (await device.poll()).values[0] == 7200.0
    assert (await link.session()).dropped_messages


async def test_frames_in_pieces_are_put_together(server, link_to):
    async with chopped(server) as place:
        link = link_to(place, "tcp")
        devices = [HartDevice(link, Address.polling(number)) for number in (0, 1)]
        for _ in range(3):
            polls = await asyncio.gather(*(device.poll() for device in devices))
            assert [poll.values[3] for poll in polls] == [10.0, 10.0]
        await link.close()


async def test_many_devices_are_asked_at_once_over_one_session(server, transport, link_to):
    link = link_to(server, transport, max_in_flight=8)
    devices = [HartDevice(link, Address.polling(number % 2)) for number in range(20)]
    polls = await asyncio.gather(*(device.poll() for device in devices))
    assert {poll.values[0] for poll in polls} == {7200.0}
    assert server.sessions == 1


async def test_a_request_that_is_cancelled_leaves_the_link_well(server, transport, link_to):
    link = link_to(server, transport, timeout_seconds=0.5)
    device = HartDevice(link, timeout_seconds=20.0)
    await device.poll()
    await server.fault("silent", "FT-0")
    asking = asyncio.ensure_future(HartDevice(link).poll())
    await link.exchange(Request(Address.polling(1), 0))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    server.heal("FT-0")
    assert (await device.poll()).values[0] == 7200.0
    session = await link.session()

    async def forgotten():
        assert not session._pending

    await eventually(forgotten, AssertionError)


async def test_after_a_restart_of_the_server_the_next_polls_bring_values(link, server):
    device = HartDevice(link, timeout_seconds=0.05)
    await device.poll()
    await server.stop()
    with pytest.raises(HartError) as caught:
        await device.poll()
    assert caught.value.status in {Status.BAD_NO_COMMUNICATION, Status.BAD_TIMEOUT}
    await server.start()
    poll = await eventually(device.poll, ConnectionLostError, CannotConnectError, HartTimeoutError)
    assert poll.values[0] == 7200.0


async def test_a_session_that_the_server_has_forgotten_is_opened_anew(server, transport, link_to):
    link = link_to(server, transport, timeout_seconds=0.05)
    device = HartDevice(link)
    await device.poll()
    first = await link.session()
    await server.fault("drop_session")
    await eventually(device.poll, ConnectionLostError, HartTimeoutError)
    assert await link.session() is not first
    assert server.sessions == 1


async def test_a_session_without_requests_is_kept_alive(link_to):
    alive = asyncio.Event()

    def answers(message):
        if message.id == MessageId.KEEP_ALIVE:
            alive.set()
        yield granted(message, SessionTerms(1, 300).encode())

    async with peer(answers) as place:
        link = link_to(place)
        await link.connect()
        async with asyncio.timeout(5):
            await alive.wait()
        await link.close()


@pytest.mark.parametrize("terms", [b"", b"\x01\x00", SessionTerms(1, 0xFFFFFFFF).encode()])
async def test_a_session_is_one_without_its_terms_and_kept_alive_as_was_asked(link_to, terms):
    alive = asyncio.Event()

    def answers(message):
        if message.id == MessageId.KEEP_ALIVE:
            alive.set()
        yield Message(MessageType.RESPONSE, message.id, message.sequence, terms).encode()

    async with peer(answers) as place:
        link = link_to(place, inactivity_seconds=1.0)
        await link.connect()
        async with asyncio.timeout(10):
            await alive.wait()
        await link.close()


async def test_a_server_may_answer_from_another_port(link_to):
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        loop = asyncio.get_running_loop()

        class Door(asyncio.DatagramProtocol):
            def datagram_received(self, data, addr):
                other.sendto(granted(decode_message(data)), addr)

        door, _ = await loop.create_datagram_endpoint(Door, ("127.0.0.1", 0))
        link = link_to(SimpleNamespace(port=door.get_extra_info("sockname")[1]))
        await link.connect()
        closing_link = asyncio.create_task(link.close())
        data, client = await loop.sock_recvfrom(other, 4096)
        assert decode_message(data).id == MessageId.SESSION_CLOSE
        other.sendto(granted(decode_message(data)), client)
        await closing_link
        door.close()


async def test_no_more_clients_than_the_server_has_sessions(shown, transport, link_to):
    async with HartPlantServer([shown.device(0)], session_limit=1) as server:
        first, second = link_to(server, transport), link_to(server, transport)
        await first.connect()
        with pytest.raises(SessionRefusedError, match=r"status 15 \(all its sessions are in use\)") as caught:
            await second.connect()
        assert caught.value.code == SessionStatus.NO_SESSION_LEFT
        await first.close()
        await eventually(second.connect, SessionRefusedError)


async def test_another_version_is_named(link_to):
    async with peer(lambda message: [granted(message, status=14, version=2)]) as place:
        with pytest.raises(UnsupportedVersionError, match="version"):
            await link_to(place).connect()


async def test_what_is_no_hart_ip_is_told_with_the_timeout(link_to):
    async with peer(lambda _: [b"go away"]) as place:
        with pytest.raises(HartTimeoutError, match="a HART-IP header takes 8 bytes, got 7"):
            await link_to(place, timeout_seconds=0.05).connect()


async def test_where_nobody_listens_it_is_said_at_once(server, transport, link_to):
    await server.stop()
    with pytest.raises(CannotConnectError, match=rf"127\.0\.0\.1:{server.port}"):
        await link_to(server, transport).connect()


async def test_who_speaks_to_one_server_shares_one_session(server, transport):
    endpoint = HartEndpoint(host="127.0.0.1", port=server.port, transport=transport)
    links = HartLinks.current()
    first, second = links.acquire(endpoint), links.acquire(endpoint)
    assert first is second
    await first.connect()
    await links.release(first)
    assert server.sessions == 1
    await links.release(second)
    assert server.sessions == 0
