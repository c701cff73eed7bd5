"""Modbus devices that are not like the manual: how they are found out, and what is read of them then."""

import asyncio
import json
import struct
import tomllib

import pytest

from fakes.benches import FixedWords
from fakes.modbus import TcpPeer, exception, registers
from integrations.devices.scada import SCADAConnector
from integrations.protocols.modbus import ByteOrder
from integrations.runtime.plant.settings import read_plant

VALUES = {"HOLDING.0": 7200.5, "HOLDING.2": 9.53, "HOLDING.4": 184.25, "HOLDING.6": 0.9871}
TOTAL = 12_345_678
NAME = b"AB12 meter\0\0"


def image(order):
    """Four floats, a total and a name, and nothing behind them."""
    wide = [struct.pack(">f", value) for value in VALUES.values()] + [struct.pack(">I", TOTAL)]
    return b"".join(bytes(one[at] for at in order) for one in wide) + NAME + bytes(60)


IMAGES = {
    ByteOrder.ABCD: image((0, 1, 2, 3)),
    ByteOrder.CDAB: image((2, 3, 0, 1)),
    ByteOrder.BADC: image((1, 0, 3, 2)),
    ByteOrder.DCBA: image((3, 2, 1, 0)),
}


def at(peer, scheme="modbus"):
    return f"{scheme}://127.0.0.1:{peer.port}?timeout=0.3"


async def read_by_a_service(file):
    """Return what the device of a plant's file shows."""
    plant = read_plant(tomllib.loads(file.read_text()), {})
    connector = SCADAConnector(plant.devices["scada"][0])
    try:
        await connector.connect()
        return {tag: shown["value"] for tag, shown in connector.get_current_values().items()}
    finally:
        await connector.disconnect()


@pytest.mark.parametrize("order", ByteOrder)
async def test_floats_a_total_and_a_name_are_told_in_every_order_and_read_the_same(gl003, tmp_path, order):
    async with TcpPeer(FixedWords(IMAGES[order]), is_rtu=True) as peer:
        address = at(peer, "modbus+rtu")
        told = await gl003("probe", address, "--registers", "0-29", "--toml", "p.toml", "--json")
        read = await read_by_a_service(tmp_path / "p.toml")
    assert told.exit_code == 0, told.output
    ((block,),) = [unit["blocks"] for unit in json.loads(told.stdout)["units"]]
    assert [text["text"] for text in block["texts"]] == ["AB12 meter"]
    assert read == pytest.approx({**VALUES, "HOLDING.8": TOTAL}, rel=1e-6)
    assert "# Registers 10 to 14 hold a text: AB12 meter" in (tmp_path / "p.toml").read_text()


def few_at_once(too_many):
    """Give ten registers at once, and do `too_many` where more are asked for."""
    honest = FixedWords(IMAGES[ByteOrder.CDAB])

    async def manners(query, wire):
        await (honest if query.count <= 10 else too_many)(query, wire)

    return manners


async def refuses(query, wire):
    wire.send(query, exception(query, 3))


async def says_nothing(query, wire):
    """Leave it unanswered."""


async def hangs_up(query, wire):
    wire.close()


@pytest.mark.parametrize("too_many", [refuses, says_nothing, hangs_up])
async def test_a_device_that_gives_ten_registers_at_once_is_read_and_described_so(gl003, tmp_path, too_many):
    async with TcpPeer(few_at_once(too_many)) as peer:
        told = await gl003("probe", at(peer), "--registers", "0-29", "--toml", "p.toml")
        read = await read_by_a_service(tmp_path / "p.toml")
    assert told.exit_code == 0, told.output
    assert "max_registers_per_request = 8" in (tmp_path / "p.toml").read_text()
    assert read == pytest.approx({**VALUES, "HOLDING.8": TOTAL}, rel=1e-6)


async def test_an_answer_that_is_lost_once_makes_no_limit(gl003):
    lost = []

    async def loses_one(query, wire):
        if query.count > 1 and not lost:
            lost.append(query)
        else:
            wire.send(query, registers(query))

    async with TcpPeer(loses_one) as peer:
        told = await gl003("probe", at(peer), "--registers", "0-29", "--json")
    (unit,) = json.loads(told.stdout)["units"]
    assert (unit["most_registers_at_once"], len(unit["blocks"][0]["words"])) == (None, 30)
    assert len(lost) == 1


async def test_a_device_that_dies_while_it_is_read_is_told_with_what_it_gave(gl003):
    async def dies(query, wire):
        if query.address < 60 and query.count > 1:
            wire.send(query, registers(query))

    async with TcpPeer(dies) as peer:
        told = await gl003("probe", at(peer), "--registers", "0-9", "--registers", "60-69", "--json")
    assert told.exit_code == 0
    assert "not all was read" in told.stderr
    assert [len(block["words"]) for block in json.loads(told.stdout)["units"][0]["blocks"]] == [10]


async def test_a_slow_device_is_asked_for_blocks_and_not_for_each_register(gl003, monkeypatch):
    monkeypatch.setattr("integrations.runtime.commissioning.walk.HALVING_SECONDS", 0)

    async def slow(query, wire):
        await asyncio.sleep(0.05)
        wire.send(query, exception(query, 2) if query.address >= 60 else registers(query))

    async with TcpPeer(slow) as peer:
        told = await gl003("probe", at(peer), "--registers", "0-119", "--json")
        asked = [(query.address, query.count) for query in peer.queries]
    assert asked == [(0, 60), (60, 60), (0, 60), (0, 60)]
    assert json.loads(told.stdout)["units"][0]["refused"][0]["registers"] == "holding 60..119"


async def test_a_device_of_refusals_or_single_registers_makes_no_file(gl003, tmp_path):
    async def one_at_a_time(query, wire):
        await (FixedWords(IMAGES[ByteOrder.ABCD])(query, wire) if query.count == 1 else refuses(query, wire))

    async with TcpPeer(refuses) as nothing, TcpPeer(one_at_a_time) as single:
        for peer in (nothing, single):
            told = await gl003("probe", at(peer), "--registers", "0-9", "--toml", "p.toml", "--json")
            assert (told.exit_code, len(json.loads(told.stdout)["units"])) == (3, 1), told.output
            assert "nothing is written" in told.stderr
    assert list(tmp_path.iterdir()) == []


async def test_where_nothing_is_given_it_says_how_to_ask_elsewhere(gl003):
    async with TcpPeer(refuses) as peer:
        shown = await gl003("probe", at(peer), "--registers", "0-9")
    assert shown.exit_code == 3
    assert "no register was given: name others, such as --registers 100-199" in shown.output
