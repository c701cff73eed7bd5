"""Simulated devices, read by a Modbus client that isn't ours, and by bare sockets."""

import asyncio
import struct
from contextlib import asynccontextmanager
from functools import partial

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from integrations.protocols.modbus import FLOAT32, INT16, UINT32, Function, Register, RegisterTable
from integrations.simulation import (
    Instruments,
    PlantServer,
    ServedUnit,
    ServerAddressError,
    SimulationError,
    SteamPlant,
    UnitCondition,
    parse_fault,
)

TABLE = RegisterTable(
    (
        Register("flow_rate", 0, FLOAT32, unit="t/hr"),
        Register("totalizer", 2, UINT32, scale=0.01, unit="t"),
        Register("temperature", 6, INT16, scale=0.1, unit="C"),
        Register("pressure", 7, INT16, Function.INPUT, scale=0.01, unit="bar"),
        Register("alarm", 3, function=Function.DISCRETE),
    )
)
VALUES = {"flow_rate": 12.5, "totalizer": 654321.98, "temperature": 184.1, "pressure": 10.02, "alarm": 1.0}


def unit(unit_id=1, values=VALUES, **condition):
    return ServedUnit(unit_id, TABLE, lambda: values, lambda: UnitCondition(**condition))


@asynccontextmanager
async def client_of(server, timeout=3.0):
    client = AsyncModbusTcpClient(
        server.host, port=server.port, timeout=timeout, retries=0, reconnect_delay=0
    )
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()


@asynccontextmanager
async def socket_to(server):
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def request(transaction, unit_id, code, address, count):
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit_id, code, address, count)


async def test_a_client_reads_the_values_of_a_unit():
    async with PlantServer([unit()]) as server, client_of(server) as client:
        words = (await client.read_holding_registers(0, count=7, device_id=1)).registers
        assert client.convert_from_registers(words[0:2], client.DATATYPE.FLOAT32) == 12.5
        assert client.convert_from_registers(words[2:4], client.DATATYPE.UINT32) == 65432198
        assert words[6] == 1841
        assert (await client.read_input_registers(7, count=1, device_id=1)).registers == [1002]
        assert (await client.read_discrete_inputs(3, count=1, device_id=1)).bits[0] is True


async def test_the_plant_speaks_modbus():
    meters = Instruments(SteamPlant(seed=3))
    points = {1: "main_steam_header", 2: "process_a"}
    units = [ServedUnit(number, TABLE, partial(meters.read, point)) for number, point in points.items()]
    async with PlantServer(units) as server, client_of(server) as client:
        for seconds in (0.0, 90.0):
            meters.advance(seconds)
            server.refresh()
            for number, point in points.items():
                words = (await client.read_holding_registers(0, count=4, device_id=number)).registers
                flow_rate = client.convert_from_registers(words[:2], client.DATATYPE.FLOAT32)
                total = client.convert_from_registers(words[2:], client.DATATYPE.UINT32)
                assert flow_rate == pytest.approx(meters.read(point)["flow_rate"], rel=1e-6)
                assert total / 100 == pytest.approx(meters.read(point)["totalizer"], abs=0.006)


@pytest.mark.parametrize(
    ("code", "address", "count", "exception_code"),
    [
        (3, 8, 1, 2),
        (3, 7, 2, 2),
        (3, 65535, 1, 2),
        (3, 65535, 100, 2),
        (4, 0, 1, 2),
        (1, 0, 1, 2),
        (3, 0, 0, 3),
        (3, 0, 126, 3),
        (2, 3, 2001, 3),
        (6, 0, 1, 1),
        (8, 0, 0, 1),
    ],
)
async def test_what_the_table_lacks_is_answered_by_an_exception(code, address, count, exception_code):
    async with PlantServer([unit()]) as server, socket_to(server) as (reader, writer):
        writer.write(request(77, 1, code, address, count))
        expected = struct.pack(">HHHBBB", 77, 0, 3, 1, code | 0x80, exception_code)
        assert await reader.readexactly(9) == expected


async def test_gaps_inside_a_block_are_reserved_registers_that_read_zero():
    async with PlantServer([unit()]) as server, client_of(server) as client:
        assert (await client.read_holding_registers(4, count=2, device_id=1)).registers == [0, 0]


async def test_requests_in_one_segment_and_requests_in_pieces_are_all_answered():
    async with PlantServer([unit()]) as server, socket_to(server) as (reader, writer):
        wire = b"".join(request(number, 1, 3, 6, 1) for number in range(50))
        writer.write(wire[:301])
        await writer.drain()
        answered = [await reader.readexactly(11) for _ in range(25)]
        writer.write(wire[301:])
        answered += [await reader.readexactly(11) for _ in range(25)]
        assert answered == [struct.pack(">HHHBBBH", n, 0, 5, 1, 3, 2, 1841) for n in range(50)]


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\0\1\0\0\0\1\1", b"\0\1\0\0\1\0\1\3"])
async def test_a_client_that_speaks_something_else_is_hung_up_on(garbage):
    async with PlantServer([unit()]) as server, socket_to(server) as (reader, writer):
        writer.write(garbage)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)


async def test_values_beyond_a_register_stop_at_its_limit():
    wild = VALUES | {"temperature": 1e6, "pressure": -1e6, "totalizer": -5.0}
    async with PlantServer([unit(values=wild)]) as server, client_of(server) as client:
        words = (await client.read_holding_registers(2, count=5, device_id=1)).registers
        assert words == [0, 0, 0, 0, 32767]
        assert (await client.read_input_registers(7, count=1, device_id=1)).registers == [32768]


async def test_a_dead_unit_is_silent_and_its_neighbour_is_not():
    async with PlantServer([unit(1, silent=True), unit(2)]) as server:
        async with client_of(server, timeout=0.1) as client:
            with pytest.raises(ModbusIOException):
                await client.read_holding_registers(0, count=2, device_id=1)
        async with client_of(server) as client:
            assert not (await client.read_holding_registers(0, count=2, device_id=2)).isError()


async def test_a_slow_unit_answers_after_its_neighbour_who_was_asked_later():
    units = [unit(1, delay_seconds=0.05), unit(2)]
    async with PlantServer(units) as server, socket_to(server) as (reader, writer):
        writer.write(request(1, 1, 3, 6, 1) + request(2, 2, 3, 6, 1))
        assert [(await reader.readexactly(11))[1] for _ in range(2)] == [2, 1]


async def test_answers_that_wait_are_bounded_and_die_with_the_connection():
    async with PlantServer([unit(1, delay_seconds=60.0), unit(2)]) as server:
        async with socket_to(server) as (reader, writer):
            writer.write(request(1, 1, 3, 6, 1) * 500 + request(2, 2, 3, 6, 1))
            await reader.readexactly(11)
            (connection,) = server._connections
            assert len(connection._delayed) == 64
        await connection.gone()
        assert not connection._delayed


async def test_a_unit_in_exception_answers_everything_with_it():
    async with PlantServer([unit(1, exception_code=6), unit(2)]) as server, client_of(server) as client:
        answer = await client.read_holding_registers(0, count=2, device_id=1)
        assert answer.exception_code == 6
        assert not (await client.read_holding_registers(0, count=2, device_id=2)).isError()


async def test_a_unit_that_is_not_there_is_answered_for_by_the_gateway():
    async with PlantServer([unit(1)]) as server, client_of(server) as client:
        assert (await client.read_holding_registers(0, count=2, device_id=9)).exception_code == 11


async def test_a_restarting_device_drops_its_clients_and_heals():
    meters = Instruments(SteamPlant(), [parse_fault("restart:process_a@1+2")])
    served = ServedUnit(1, TABLE, partial(meters.read, "process_a"), partial(meters.condition, "process_a"))
    async with PlantServer([served]) as server:
        async with client_of(server) as client:
            assert not (await client.read_holding_registers(0, count=2, device_id=1)).isError()
        async with socket_to(server) as (reader, _):
            meters.advance(1.0)
            server.refresh()
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
        async with socket_to(server) as (reader, _):
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
        meters.advance(3.0)
        server.refresh()
        async with client_of(server) as client:
            assert not (await client.read_holding_registers(0, count=2, device_id=1)).isError()


async def test_a_unit_that_restarts_behind_a_gateway_is_silent_there_only():
    units = [unit(1, restarting=True), unit(2)]
    async with PlantServer(units) as server, socket_to(server) as (reader, writer):
        writer.write(request(1, 1, 3, 6, 1) + request(2, 2, 3, 6, 1))
        assert (await reader.readexactly(11))[1] == 2


async def test_leaving_the_server_leaves_no_task_no_connection_and_no_port():
    before = asyncio.all_tasks()
    async with PlantServer([unit(1, delay_seconds=60.0)]) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(request(1, 1, 3, 6, 1))
        await writer.drain()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.transport.abort()
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(server.host, server.port)


async def test_a_port_in_use_is_named():
    async with PlantServer([unit()]) as server:
        with pytest.raises(ServerAddressError, match=rf"127\.0\.0\.1:{server.port}"):
            await PlantServer([unit()], port=server.port).__aenter__()


async def test_wrong_units_are_refused_by_name():
    with pytest.raises(SimulationError, match=r"unit_id must be unique, got \[1, 1\]"):
        PlantServer([unit(1), unit(1)])
    with pytest.raises(ValueError, match=r"unit_id must be 0\.\.255, got 256"):
        unit(256)
    with pytest.raises(SimulationError, match="no value for the registers temperature, pressure"):
        await PlantServer([unit(values={"flow_rate": 1.0, "totalizer": 1.0, "alarm": 0})]).__aenter__()
