"""Simulated HART devices, asked through bare sockets."""

import asyncio
import math
import socket
from contextlib import asynccontextmanager, closing

import pytest

from integrations.protocols.hart import (
    BROADCAST,
    Address,
    DirectCommand,
    DynamicVariables,
    Identity,
    Message,
    MessageId,
    MessageStream,
    MessageType,
    OutputInformation,
    SessionTerms,
    decode_answer,
    decode_direct_answer,
    decode_frame,
    decode_message,
    encode_direct,
    request_frame,
)
from integrations.protocols.hart.fields import to_packed_ascii
from integrations.simulation import (
    HartFault,
    HartInstrument,
    HartPlantServer,
    Instruments,
    ServerAddressError,
    SimulationError,
    SteamPlant,
    UnitCondition,
    UnknownPointError,
    parse_fault,
    plant_instrument,
)

CODES = {"flow_rate": 75, "totalizer": 62, "temperature": 32, "pressure": 7}
VALUES = {"flow_rate": 7200.0, "totalizer": 1234.5, "temperature": 184.0, "pressure": 10.0}
TERMS = SessionTerms(1, 60_000)


def device(number=0, **more):
    options = {"values": lambda: VALUES, "upper_range": 14_400.0, "long_tag": f"meter {number}", **more}
    return HartInstrument(number, f"FT-{number}", CODES, **options)


class Client:
    """A socket that speaks HART-IP as bytes, one request after the other."""

    def __init__(self, send, receive):
        self._send, self._receive = send, receive
        self._sequence = 0

    async def send(self, message_id, body=b"", version=1):
        self._sequence += 1
        message = Message(MessageType.REQUEST, message_id, self._sequence, body, version=version)
        await self._send(message.encode())

    async def receive(self):
        async with asyncio.timeout(5):
            return await self._receive()

    async def ask(self, message_id, body=b"", version=1):
        await self.send(message_id, body, version)
        answer = await self.receive()
        assert (answer.type, answer.id) == (MessageType.RESPONSE, message_id)
        assert answer.sequence == self._sequence
        return answer

    async def initiate(self, terms=TERMS):
        return await self.ask(MessageId.SESSION_INITIATE, terms.encode())

    async def command(self, number, data=b"", address=None):
        frame = request_frame(address or Address.polling(0), number, data)
        answer = decode_frame((await self.ask(MessageId.TOKEN_PASSING_PDU, frame.encode())).body)
        assert answer.address == frame.address
        return answer.reply()


@asynccontextmanager
async def udp(server):
    loop = asyncio.get_running_loop()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as wire:
        wire.setblocking(False)
        await loop.sock_connect(wire, (server.host, server.port))

        async def receive():
            return decode_message(await loop.sock_recv(wire, 4096))

        yield Client(lambda data: loop.sock_sendall(wire, data), receive)


@asynccontextmanager
async def tcp(server):
    reader, writer = await asyncio.open_connection(server.host, server.port)
    stream, found = MessageStream(), []

    async def send(data):
        writer.write(data)

    async def receive():
        while not found:
            data = await reader.read(4096)
            if not data:
                raise ConnectionResetError
            found.extend(stream.feed(data))
        return found.pop(0)

    try:
        yield Client(send, receive)
    finally:
        writer.transport.abort()


BOTH = pytest.mark.parametrize("connect", [udp, tcp])


@BOTH
async def test_a_client_reads_what_a_device_shows(connect):
    async with HartPlantServer([device()]) as server, connect(server) as client:
        assert (await client.initiate()).status == 0
        reply = await client.command(3)
        answer = DynamicVariables.decode(reply.data)
        assert [(each.unit_code, each.value) for each in answer.variables] == list(
            zip(CODES.values(), VALUES.values(), strict=True)
        )
        assert answer.current_ma == 12.0
        assert (reply.code, reply.device_status) == (0, 0)
        identity = Identity.decode((await client.command(0)).data)
        assert identity.address == device().address
        assert identity.universal_revision == 7
        long = await client.command(1, address=identity.address)
        assert decode_answer(1, long.data).variable.value == 7200.0


async def test_every_command_of_the_specification_is_answered():
    async with HartPlantServer([device()]) as server, udp(server) as client:
        await client.initiate()
        read = {n: decode_answer(n, (await client.command(n)).data) for n in (0, 1, 2, 3, 12, 13, 15, 20, 48)}
        assert (read[2].current_ma, read[2].percent) == (12.0, 50.0)
        assert read[13].tag == "FT-0"
        assert read[15] == OutputInformation(1, 0, 75, 14_400.0, 0.0, 1.0, 0)
        assert read[20].tag == "meter 0"
        slots = decode_answer(9, (await client.command(9, bytes((246, 3, 244, 245, 9)))).data).slots
        assert [slot.value for slot in slots[:4]] == [7200.0, 10.0, 50.0, 12.0]
        assert (slots[4].unit_code, slots[4].status, math.isnan(slots[4].value)) == (250, 0, True)
        assert (await client.command(9)).code == 5
        assert (await client.command(77)).code == 64
        assert (await client.command(700)).code == 64


async def test_a_device_is_found_by_either_of_its_tags_among_its_neighbours():
    async with HartPlantServer([device(0), device(1)]) as server, udp(server) as client:
        await client.initiate()
        for number, tag in ((21, b"meter 1".ljust(32, b"\0")), (11, to_packed_ascii("FT-1", 6))):
            reply = await client.command(number, tag, BROADCAST)
            assert Identity.decode(reply.data).address == device(1).address


@BOTH
async def test_nothing_is_said_before_a_session_and_everything_in_it(connect):
    async with HartPlantServer([device()]) as server, connect(server) as client:
        await client.send(MessageId.KEEP_ALIVE)
        assert SessionTerms.decode((await client.initiate()).body) == TERMS
        assert (await client.initiate()).status == 16
        assert (await client.ask(MessageId.KEEP_ALIVE)).status == 0
        assert server.sessions == 1
        assert (await client.ask(MessageId.SESSION_CLOSE)).status == 0
        assert server.sessions == 0


@pytest.mark.parametrize(
    ("body", "version", "status"),
    [(TERMS.encode(), 2, 14), (b"\1", 1, 5), (SessionTerms(7, 1000).encode(), 1, 2)],
)
async def test_a_session_is_refused_with_its_reason(body, version, status):
    async with HartPlantServer([device()]) as server, udp(server) as client:
        assert (await client.ask(MessageId.SESSION_INITIATE, body, version)).status == status


@BOTH
async def test_there_are_no_more_sessions_than_the_limit(connect):
    async with HartPlantServer([device()], session_limit=1) as server, connect(server) as first:
        await first.initiate()
        async with connect(server) as second:
            assert (await second.initiate()).status == 15
            await first.ask(MessageId.SESSION_CLOSE)
            assert (await second.initiate()).status == 0


async def test_a_silent_client_loses_its_session():
    async with HartPlantServer([device()]) as server, tcp(server) as client:
        await client.initiate(SessionTerms(1, 20))
        with pytest.raises(ConnectionResetError):
            await client.receive()
        assert server.sessions == 0


async def test_direct_pdus_go_to_the_first_device():
    async with HartPlantServer([device(5), device(6)]) as server, udp(server) as client:
        await client.initiate()
        body = encode_direct([DirectCommand(0), DirectCommand(20), DirectCommand(99)])
        answer = decode_direct_answer((await client.ask(MessageId.DIRECT_PDU, body)).body)
        assert [reply.code for reply in answer.replies] == [0, 0, 64]
        assert decode_answer(20, answer.replies[1].data).tag == "meter 5"


async def test_an_address_where_nothing_is_gets_a_communication_error():
    async with HartPlantServer([device()]) as server, udp(server) as client:
        await client.initiate()
        assert (await client.command(0, address=Address.polling(9))).code == 0x84


@pytest.mark.parametrize(("fault", "code"), [("busy", 32), ("gave_up", 35)])
async def test_a_fault_that_is_a_code_ends_by_itself(fault, code):
    async with HartPlantServer([device()]) as server, udp(server) as client:
        await client.initiate()
        await server.fault(fault, "FT-0", times=2)
        assert [(await client.command(3)).code for _ in range(3)] == [code, code, 0]


async def test_a_delayed_response_is_begun_and_then_runs():
    async with HartPlantServer([device()]) as server, udp(server) as client:
        await client.initiate()
        await server.fault(HartFault.DELAYED, "meter 0")
        assert [(await client.command(3)).code for _ in range(3)] == [33, 34, 34]
        server.heal("FT-0")
        assert (await client.command(3)).code == 0


async def test_a_primary_variable_that_is_not_a_number_says_so_everywhere():
    async with HartPlantServer([device()]) as server, udp(server) as client:
        await client.initiate()
        await server.fault(HartFault.NAN, "FT-0")
        answer = DynamicVariables.decode((await client.command(3)).data)
        assert math.isnan(answer.variables[0].value)
        assert answer.current_ma == 3.5
        assert answer.variables[3].value == 10.0
        assert decode_answer(9, (await client.command(9, b"\xf6\xf9")).data).slots[0].status == 0


async def test_a_malfunction_is_a_bit_and_more_status():
    async with HartPlantServer([device()]) as server, udp(server) as client:
        await client.initiate()
        await server.fault(HartFault.MALFUNCTION, "FT-0")
        assert (await client.command(3)).device_status == 0x90
        assert decode_answer(48, (await client.command(48)).data).device_specific[0] == 2


async def test_the_plant_speaks_hart():
    meters = Instruments(SteamPlant(seed=3), [parse_fault("dead:process_a@60")])
    devices = [plant_instrument(meters, "main_steam_header"), plant_instrument(meters, "process_a", 1)]
    async with HartPlantServer(devices) as server, udp(server) as client:
        await client.initiate()
        for seconds in (0.0, 90.0):
            meters.advance(seconds)
            server.refresh()
            shown = meters.read("main_steam_header")
            variables = DynamicVariables.decode((await client.command(3)).data).variables
            assert [(each.unit, each.value) for each in variables] == [
                ("kg/h", pytest.approx(1000 * shown["flow_rate"])),
                ("t", pytest.approx(shown["totalizer"])),
                ("°C", pytest.approx(shown["temperature"])),
                ("bar", pytest.approx(shown["pressure"])),
            ]
        await client.send(MessageId.TOKEN_PASSING_PDU, request_frame(Address.polling(1), 3).encode())
        assert (await client.command(3)).code == 0, "the dead one says nothing"


async def test_a_single_device_that_restarts_drops_its_clients():
    condition = UnitCondition()
    single = device(condition=lambda: condition)
    async with HartPlantServer([single]) as server, tcp(server) as client:
        await client.initiate()
        condition = UnitCondition(restarting=True)
        server.refresh()
        with pytest.raises(ConnectionResetError):
            await client.receive()


async def test_a_client_that_speaks_something_else_is_hung_up_on():
    async with HartPlantServer([device()]) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()


async def test_leaving_the_server_leaves_no_task_no_connection_and_no_port():
    before = asyncio.all_tasks()
    async with HartPlantServer([device()]) as server, tcp(server) as client:
        await client.initiate()
        await server.fault(HartFault.LATE, "FT-0", seconds=60)
        await client.send(MessageId.TOKEN_PASSING_PDU, request_frame(Address.polling(0), 3).encode())
        await client.ask(MessageId.KEEP_ALIVE)
        await server.stop()
        assert server.sessions == 0
        with pytest.raises(ConnectionResetError):
            await client.receive()
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(server.host, server.port)


async def test_a_restart_keeps_the_port():
    async with HartPlantServer([device()]) as server:
        port = server.port
        await server.fault(HartFault.RESTART, seconds=0)
        assert server.port == port
        async with udp(server) as client:
            assert (await client.initiate()).status == 0


async def test_a_port_in_use_is_named():
    async with HartPlantServer([device()]) as server:
        with pytest.raises(ServerAddressError, match=rf"127\.0\.0\.1:{server.port}"):
            await HartPlantServer([device()], port=server.port).start()


async def test_wrong_devices_and_faults_are_refused_by_name():
    with pytest.raises(SimulationError, match=r"polling_address must be unique, got \[1, 1\]"):
        HartPlantServer([device(1), device(1)])
    with pytest.raises(SimulationError, match=r"polling address must be 0\.\.63, got 64"):
        device(64)
    with pytest.raises(SimulationError, match="no value for the variables totalizer"):
        await HartPlantServer([HartInstrument(0, "A", CODES, lambda: {"flow_rate": 1.0})]).start()
    async with HartPlantServer([device()]) as server:
        with pytest.raises(UnknownPointError, match="tag must be one of FT-0, got 'FT-7'"):
            await server.fault(HartFault.BUSY, "FT-7")
        with pytest.raises(SimulationError, match="tag must be left out for drop_session"):
            await server.fault(HartFault.DROP_SESSION, "FT-0")
