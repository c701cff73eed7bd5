"""Polls of HART devices over UDP, against a bare exchange of the same datagrams with the same server.

A poll reads PV to QV with their status: command 9, since the devices are of HART 7. The bare exchange sends
the same frames, as many at a time, on the same event loop and core, and only waits for the answers: it
decodes nothing, checks nothing and knows no timeout.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from statistics import median
from time import perf_counter, process_time

import uvloop

from integrations.protocols.hart import (
    Address,
    HartDevice,
    HartEndpoint,
    HartLink,
    MessageId,
    SessionTerms,
    request_frame,
)

from .hart_farm import HEADER, POLL, devices_of, running_hart_farm
from .report import Figure
from .rig import FIRST_CORE, OTHER_CORES, pinned

IN_FLIGHT = (1, 8)
REPETITIONS = 15
AIM = "≥ 0.7 ×"
VARIABLES = ("pv", "sv", "tv", "qv")
SEQUENCE = struct.Struct(">H")

Poll = Callable[[], Awaitable[object]]


def against_bare_udp(quick: bool) -> list[Figure]:
    """Polls a second with one device asked at a time, and with eight."""
    seconds = 0.2 if quick else 0.6
    with pinned(OTHER_CORES), running_hart_farm(max(IN_FLIGHT)) as port, pinned(FIRST_CORE):
        return [figure for count in IN_FLIGHT for figure in uvloop.run(_figures(port, count, seconds))]


async def _figures(port: int, count: int, seconds: float) -> list[Figure]:
    """Measure both in many short turns, so that whatever else the machine does meets both."""
    endpoint = HartEndpoint(host="127.0.0.1", port=port, max_in_flight=count)
    link, bare = HartLink(endpoint), await BareUdp.connected(port)
    devices = [HartDevice(link, Address.polling(at), quantities=VARIABLES) for at in range(count)]
    ours = [device.poll for device in devices]
    theirs = [bare.poll_of(at) for at in range(count)]
    for poll in (*ours, *theirs):
        await poll()
    assert (await devices[0].poll()).values[0] == 7200.0
    found = [(await _rate(ours, seconds), await _rate(theirs, seconds)) for _ in range(REPETITIONS)]
    await link.close()
    bare.close()
    own, yardstick = (median(rate for rate, _ in side) for side in zip(*found, strict=True))
    own_cpu, bare_cpu = (median(cpu for _, cpu in side) for side in zip(*found, strict=True))
    note = f"{own_cpu * 1e6:.1f} and {bare_cpu * 1e6:.1f} µs of CPU a poll"
    return [
        Figure(
            "hart", f"HART-IP polls of 4 variables with status over UDP, {count} at a time", own, "polls/s",
            AIM, "bare UDP exchange", yardstick, note,
        ),
        Figure(
            "hart", "the same, if the client's CPU were all that counts", 1 / own_cpu, "polls/s",
            AIM, "bare UDP exchange", 1 / bare_cpu,
        ),
    ]  # fmt: skip


async def _rate(polls: list[Poll], seconds: float) -> tuple[float, float]:
    """Poll every device again and again; polls a second, and seconds of CPU a poll."""
    count = 0
    began, cpu = perf_counter(), process_time()
    end = began + seconds

    async def again(poll: Poll) -> None:
        nonlocal count
        while perf_counter() < end:
            await poll()
            count += 1

    await asyncio.gather(*map(again, polls))
    return count / (perf_counter() - began), (process_time() - cpu) / count


class BareUdp(asyncio.DatagramProtocol):
    """Datagrams and the futures of those who wait for them, by sequence number."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._sequence = 0
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def connected(cls, port: int) -> "BareUdp":
        _, bare = await asyncio.get_running_loop().create_datagram_endpoint(
            cls, remote_addr=("127.0.0.1", port)
        )
        await bare.exchange(MessageId.SESSION_INITIATE, SessionTerms(1, 60_000).encode())
        return bare

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:  # asyncio passes it
        self._waiting.pop(SEQUENCE.unpack_from(data, 4)[0]).set_result(data)

    async def exchange(self, message_id: int, body: bytes) -> bytes:
        self._sequence = sequence = (self._sequence + 1) & 0xFFFF
        answer = self._waiting[sequence] = self._loop.create_future()
        self._transport.sendto(HEADER.pack(1, 0, message_id, 0, sequence, HEADER.size + len(body)) + body)
        return await answer

    def poll_of(self, at: int) -> Poll:
        """Return what exchanges the frames that poll a device."""
        address = devices_of(at + 1)[at].address
        frames = [request_frame(address, command, data).encode() for command, data in POLL]

        async def poll() -> None:
            for frame in frames:
                await self.exchange(MessageId.TOKEN_PASSING_PDU, frame)

        return poll

    def close(self) -> None:
        self._transport.close()
