"""A module on a real Modbus connection."""

import struct

import pytest

from fakes.modbus import TcpPeer, exception
from integrations.messages import Status
from integrations.protocols.analog import MODULES, AnalogInput, AnalogUnit, Conditioner
from integrations.protocols.modbus import ModbusEndpoint, ModbusLine, ModbusTimeoutError, ModbusUnit


class Moxa:
    """An E1242: counts and status words by channel."""

    def __init__(self):
        self.counts = [0, 32768, 65535, 0]
        self.states = [0, 0, 0, 0]
        self.silent = False

    async def __call__(self, query, wire):
        if self.silent:
            return
        memory = {0x200 + at: word for at, word in enumerate(self.counts)}
        memory |= {0x240 + at: word for at, word in enumerate(self.states)}
        wanted = range(query.address, query.address + query.count)
        if query.function != 4 or not set(wanted) <= memory.keys():
            wire.send(query, exception(query, 2))
            return
        words = [memory[address] for address in wanted]
        wire.send(query, struct.pack(f">BB{len(words)}H", 4, 2 * len(words), *words))


@pytest.fixture
async def moxa():
    module = Moxa()
    async with TcpPeer(module) as peer:
        line = ModbusLine(ModbusEndpoint(host="127.0.0.1", port=peer.port, timeout_seconds=0.3))
        yield module, line
        await line.close()


def analog_unit(line, *inputs, **options):
    conditioner = Conditioner(MODULES["moxa_e1242"], inputs)
    return AnalogUnit(ModbusUnit(line, 1, conditioner.table, **options), conditioner)


async def test_its_channels_are_read_in_one_poll(moxa):
    module, line = moxa
    unit = analog_unit(line, *(AnalogInput(channel=at, range_max=16) for at in (2, 1)))
    poll = await unit.poll()
    assert poll.values == pytest.approx([16, 8.0001], abs=1e-4)
    assert poll.currents_ma == pytest.approx([20, 12.0001], abs=1e-4)
    assert poll.status.tolist() == [Status.GOOD, Status.GOOD]
    module.states[2] = 1
    assert (await unit.poll()).status.tolist() == [Status.BAD_SENSOR_FAILURE, Status.GOOD]


async def test_a_silent_module_is_a_timeout(moxa):
    module, line = moxa
    unit = analog_unit(line, AnalogInput(), timeout_seconds=0.05)
    module.silent = True
    with pytest.raises(ModbusTimeoutError):
        await unit.poll()
