"""Simulated devices on a pseudo terminal, read by a Modbus client that isn't ours, and by ours."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusIOException
from pymodbus.framer import FramerRTU

from integrations.protocols.modbus import (
    FLOAT32,
    ModbusEndpoint,
    ModbusLine,
    ModbusTimeoutError,
    ModbusUnit,
    Register,
    RegisterTable,
    Transport,
)
from integrations.simulation import SerialLine, ServedUnit, UnitCondition
from integrations.simulation.modbus.frames import Request
from integrations.simulation.modbus.serial_line import take_frames

TABLE = RegisterTable((Register("temperature", 0, FLOAT32, unit="°C"),))


def unit(number, celsius, **condition):
    values = {"temperature": celsius}
    return ServedUnit(number, TABLE, lambda: values, lambda: UnitCondition(**condition))


def framed(body):
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


async def test_a_client_reads_units_of_one_line():
    async with SerialLine([unit(1, 182.5), unit(2, 92.25)]) as line:
        client = AsyncModbusSerialClient(line.device, timeout=0.3, retries=0)
        assert await client.connect()
        try:
            for number, celsius in ((1, 182.5), (2, 92.25), (1, 182.5)):
                words = (await client.read_holding_registers(0, count=2, device_id=number)).registers
                assert client.convert_from_registers(words, client.DATATYPE.FLOAT32) == celsius
            assert (await client.read_holding_registers(5, count=2, device_id=1)).exception_code == 2
            with pytest.raises(ModbusIOException):
                await client.read_holding_registers(0, count=2, device_id=9)
        finally:
            client.close()


async def test_a_silent_unit_leaves_its_neighbour_alone():
    async with SerialLine([unit(1, 182.5), unit(2, 92.25, silent=True)]) as served:
        line = ModbusLine(ModbusEndpoint(Transport.RTU, device=served.device, timeout_seconds=0.15))
        try:
            for _ in range(2):
                with pytest.raises(ModbusTimeoutError):
                    await ModbusUnit(line, 2, TABLE).poll()
                assert (await ModbusUnit(line, 1, TABLE).poll()).values.tolist() == [182.5]
        finally:
            await line.close()


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_nothing_is_left_of_a_line():
    before = descriptors()
    async with SerialLine([unit(1, 1.0)]):
        assert descriptors() == before + 2
    assert descriptors() == before


@given(st.lists(st.tuples(st.integers(1, 247), st.integers(0, 65535), st.binary(min_size=2, max_size=60))))
def test_frames_are_taken_whole_in_whatever_pieces_they_come(asked):
    bodies = []
    for number, address, data in asked:
        read = bytes([number, 3]) + address.to_bytes(2, "big") + data[:2]
        write = bytes([number, 16]) + address.to_bytes(2, "big") + data[:2] + bytes([len(data)]) + data
        bodies += [read, write]
    received, found = bytearray(), []
    for byte in b"".join(map(framed, bodies)):
        received.append(byte)
        found += take_frames(received)
    assert found == [Request(0, body[0], body[1:]) for body in bodies]
    assert not received


def test_a_frame_with_a_wrong_crc_is_dropped_with_all_behind_it():
    good = framed(bytes.fromhex("010300000002"))
    received = bytearray(good[:-1] + bytes([good[-1] ^ 1]) + good)
    assert list(take_frames(received)) == []
    assert not received
