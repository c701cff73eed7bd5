"""A Modbus device on the bench: found, shown, described; and everything that may be there instead."""

import json
import struct

import pytest

from fakes.benches import FixedWords
from fakes.modbus import SerialPeer, TcpPeer, exception, honest, per_unit, refusing, registers, silent
from fakes.terminal import Terminal

TVA = "614e 00bc 109a 03e8 0731 a604 0ab4 b43f 0096 0002 0000 0000"
HEADER = struct.pack(">fff", 7200.5, 9.53, 184.25)


def at(peer, options="timeout=1"):
    return f"modbus://127.0.0.1:{peer.port}?{options}"


async def no_modbus(query, wire):
    wire.write_raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


async def hanging_up(query, wire):
    wire.close()


async def test_a_meter_of_a_known_make_is_recognised_and_its_toml_passes_check(gl003, tmp_path):
    async with TcpPeer(FixedWords(bytes.fromhex(TVA))) as peer:
        shown = await gl003("probe", at(peer), "--registers", "0-11")
        written = await gl003(
            "probe", at(peer), "--registers", "0-11", "--toml", "p.toml", "--name", "boiler 2"
        )
        again = await gl003("probe", at(peer), "--toml", "p.toml")
    assert (shown.exit_code, written.exit_code) == (0, 0), shown.output + written.output
    assert "spirax_tva: pressure 10 barg" in shown.output
    assert "▶12345678" in shown.output
    assert "saturated steam" in shown.output
    assert 'preset = "spirax_tva"' in (tmp_path / "p.toml").read_text()
    checked = json.loads((await gl003("check", "p.toml", "--json")).stdout)
    assert checked["faults"] == []
    assert "boiler_2-flow_rate" in checked["sensors"]
    assert again.exit_code == 2
    assert "toml must be a file that is not there yet" in again.output


async def test_an_unknown_device_is_told_by_its_registers_and_scripts_read_the_same(gl003, tmp_path):
    async with TcpPeer(FixedWords(HEADER)) as peer:
        told = await gl003("probe", at(peer), "--registers", "0-5", "--json")
        described = await gl003("probe", at(peer), "--registers", "0-5", "--toml", "-")
    (unit,) = json.loads(told.stdout)["units"]
    (block,) = unit["blocks"]
    assert [(one["address"], one["type"], one["order"]) for one in block["best"]] == [
        (0, "float32", "abcd"), (2, "float32", "abcd"), (4, "float32", "abcd"),
    ]  # fmt: skip
    (tmp_path / "plant.toml").write_text(described.stdout)
    assert (await gl003("check", "plant.toml")).exit_code == 0
    assert 'tag_name = "HOLDING.2"' in described.stdout
    assert "9.53 when it was read" in described.stdout


async def test_what_a_person_recognised_becomes_a_register_map(gl003, tmp_path):
    async with TcpPeer(FixedWords(HEADER)) as peer:
        take = "--take", "flow_rate=0:float32::kg/h", "--take", "pressure=2:float32:abcd:barg"
        done = await gl003("probe", at(peer), *take, "--toml", "p.toml", "--registers", "0-5")
        wrong = await gl003("probe", at(peer), "--take", "flow_rate=0:float16", "--toml", "q.toml")
        no_flow = await gl003("probe", at(peer), "--take", "pressure=2:float32::smoots", "--toml", "q.toml")
    assert done.exit_code == 0, done.output
    assert (await gl003("check", "p.toml")).exit_code == 0
    assert wrong.exit_code == 2
    assert "take must be name=" in wrong.output
    assert no_flow.exit_code == 2
    assert not (tmp_path / "q.toml").exists()


async def test_units_in_a_range_are_found_whatever_they_answer(gl003):
    async def refuses(query, wire):
        wire.send(query, exception(query, 2))

    async def behind_a_gateway(query, wire):
        wire.send(query, exception(query, 11))

    manners = per_unit(u2=honest, u5=refuses, u6=silent, others=behind_a_gateway)
    async with TcpPeer(manners) as peer:
        found = await gl003("probe", at(peer, "unit=1-7&timeout=0.3"), "--registers", "0-3", "--json")
        nobody = await gl003("probe", at(peer, "unit=8-9&timeout=0.3"))
    assert [unit["unit"] for unit in json.loads(found.stdout)["units"]] == [2, 5]
    assert found.exit_code == 0
    assert nobody.exit_code == 1
    assert "none of 2 units answered" in nobody.output


async def test_a_block_with_holes_is_read_around_them(gl003):
    async with TcpPeer(refusing({3, 17}, max_count=20)) as peer:
        told = await gl003("probe", at(peer), "--registers", "0-29", "--json")
    (unit,) = json.loads(told.stdout)["units"]
    assert [(block["address"], len(block["words"])) for block in unit["blocks"]] == [
        (0, 3),
        (4, 13),
        (18, 12),
    ]
    assert [one["registers"] for one in unit["refused"]] == ["holding 3", "holding 17"]


async def test_a_device_that_is_busy_is_asked_again(gl003):
    times = iter([6, 6, None] + [None] * 20)

    async def busy_at_first(query, wire):
        code = next(times)
        wire.send(query, exception(query, code) if code else registers(query))

    async with TcpPeer(busy_at_first) as peer:
        assert (await gl003("probe", at(peer), "--registers", "0-3")).exit_code == 0


@pytest.mark.parametrize(
    ("manners", "code", "said"),
    [
        (silent, 1, "no answer within 0.3 s"),
        (silent, 1, "unit 1 is not there; it may be another one: ask for …?unit=1-10"),
        (refusing(set(range(70_000)), code=11), 3, "it may be another one"),
        (no_modbus, 3, "no Modbus TCP header"),
        (hanging_up, 3, "speaks no Modbus TCP, or RTU over TCP"),
        (refusing(set(range(70_000)), code=1), 3, "illegal function"),
        (refusing(set(range(70_000)), code=4), 3, "server device failure"),
    ],
)
async def test_what_is_there_instead_is_named(gl003, manners, code, said):
    async with TcpPeer(manners) as peer:
        shown = await gl003("probe", at(peer, "timeout=0.3"), "--registers", "0-9")
    assert shown.exit_code == code, shown.output
    assert said in shown.output


async def test_a_port_that_nobody_listens_on_and_wrong_options(gl003):
    refused = await gl003("probe", "modbus://127.0.0.1:1")
    assert refused.exit_code == 1
    assert "cannot connect" in refused.output
    for options, said in (
        (("--registers", "0-9999"), "registers must be at most 4000"),
        (("--registers", "coil:1"), "registers must be a range"),
        (("--registers", "9-1"), "registers must be a range"),
        (("--for", "soon"), "for must be a time"),
    ):
        shown = await gl003("probe", "modbus://127.0.0.1:1", *options)
        assert (shown.exit_code, said in shown.output) == (2, True), shown.output


async def test_a_serial_line_is_read_and_described(gl003):
    async with SerialPeer(FixedWords(bytes.fromhex(TVA))) as line:
        address = f"modbus+rtu://{line.device}?baud=19200&parity=E&unit=1&timeout=1"
        described = await gl003("probe", address, "--registers", "0-11", "--toml", "p.toml")
    assert described.exit_code == 0, described.output
    assert (await gl003("check", "p.toml")).exit_code == 0


async def test_a_live_view_ends_when_told_to_and_shows_what_is_there_now(gl003):
    async with TcpPeer(FixedWords(HEADER)) as peer:
        shown = await gl003("probe", at(peer), "--registers", "0-5", "--live", "--for", "1s")
    assert shown.exit_code == 0, shown.output
    assert "7200.5" in shown.output


async def test_a_live_view_tells_what_is_lost_and_shows_it_again(tmp_path):
    codes: dict[int, int | None] = {0: None, 60: None}

    async def may_lose_a_block(query, wire):
        code = codes.get(query.address)
        wire.send(query, exception(query, code) if code else registers(query))

    async with TcpPeer(may_lose_a_block) as peer:
        options = "--registers", "0-1", "--registers", "60-61"
        async with Terminal("probe", at(peer), *options, folder=tmp_path) as terminal:
            await terminal.sees("holding 60")
            codes[60] = 4
            await terminal.sees("last values: unit 1 refuses holding 60: exception 4 (server device failure)")
            codes[0] = 4
            await terminal.sees("refuses holding 0", "holding 61")
            codes.update({0: None, 60: None})
            await terminal.sees("holding 60  ")
            await terminal.sees("known map")
            assert "last values" not in terminal.screen
            terminal.types("\x03")
            assert (await terminal.code(), terminal.is_sane()) == (130, True)


async def test_ctrl_c_ends_the_search_for_units(tmp_path):
    async with (
        TcpPeer(silent) as peer,
        Terminal("probe", at(peer, "unit=1-200&timeout=5"), folder=tmp_path) as terminal,
    ):
        await terminal.sees("units")
        terminal.types("\x03")
        assert (await terminal.code(), terminal.is_sane()) == (130, True)
