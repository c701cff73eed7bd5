"""A plant's file to begin with."""

import json

import pytest

from fakes.terminal import Terminal

DEVICES = (
    "modbus://10.1.2.3:502?unit=1&preset=spirax_tva&name=header",
    "modbus+rtu:///dev/ttyUSB0?baud=19200&parity=E&unit=3-4&name=boiler",
    "hart-ip://10.1.2.4?transport=tcp&address=2&name=make_up",
    "opc.tcp://10.1.2.5:4840/plant?policy=Basic256Sha256&name=dcs",
)


async def test_what_options_tell_is_written_and_passes_check(gl003, tmp_path):
    options = [part for device in DEVICES for part in ("--device", device)]
    made = await gl003("init", "--site", "north", "--bus", "nats://bus:4222", *options)
    assert made.exit_code == 0, made.output
    checked = await gl003("check", "plant.toml", "--json")
    told = json.loads(checked.stdout)
    assert (checked.exit_code, told["faults"], told["site"]) == (0, [], "north")
    assert {"header-flow_rate", "boiler_3-flow_rate", "boiler_4-flow_rate", "make_up-flow_rate"} <= {
        *told["sensors"]
    }
    assert "# [transformation.sensors.header-flow_rate]" in (tmp_path / "plant.toml").read_text()


async def test_answers_are_asked_for_and_a_wrong_one_again(gl003):
    typed = "north\n\nmodbus://\nmodbus://10.1.2.3\n\n"
    made = await gl003("init", "--ask", typed=typed)
    assert made.exit_code == 0, made.output
    assert "host must be given" in made.output
    assert "1 devices" in (await gl003("check", "plant.toml")).output


async def test_without_a_terminal_nothing_is_asked_and_an_empty_plant_is_commented(gl003):
    assert (await gl003("init")).exit_code == 0
    assert "no device is described" in (await gl003("check", "plant.toml")).output


async def test_a_file_that_is_there_is_kept(gl003, tmp_path):
    (tmp_path / "plant.toml").write_text('site = "mine"\n')
    refused = await gl003("init")
    assert (refused.exit_code, "is there already" in refused.output) == (2, True)
    assert (tmp_path / "plant.toml").read_text() == 'site = "mine"\n'
    assert (await gl003("init", "--force")).exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--site", "a b"), "site"),
        (("--site", "agent"), "site"),
        (("--device", "modbus://h?preset=mine"), "device.preset must be one of"),
        (("--device", "modbus://h?name=x", "--device", "modbus://i?name=x"), "name of one device only"),
        (("--device", "nonsense"), "must begin with modbus://"),
        (("--bus", "http://bus"), "url"),
    ],
)
async def test_what_cannot_be_is_named_and_nothing_written(gl003, tmp_path, options, said):
    refused = await gl003("init", *options)
    assert refused.exit_code == 2, refused.output
    assert said in refused.output
    assert not (tmp_path / "plant.toml").exists()


async def test_nonsense_is_answered_with_the_reason_and_asked_again(gl003, tmp_path):
    async with Terminal("init", folder=tmp_path) as terminal:
        await terminal.sees("Name of the site [plant1]: ")
        for nonsense in ("two words", "a.b", "agent", "x" * 300, "\x1b[31m"):
            terminal.types(f"{nonsense}\r")
            await terminal.sees("  site cannot be used", "Name of the site [plant1]: ")
        terminal.types("north\r")
        await terminal.sees("Address of the bus; empty: on this machine: ")
        terminal.types("http://bus\r")
        await terminal.sees("  nats.", "Address of the bus; empty: on this machine: ")
        terminal.types("nats://bus:4222\r")
        await terminal.sees("Address of a device; empty: no more: ")
        for nonsense, said in (
            ("header", "must begin with modbus://"),
            ("modbus://h:70000", "cannot be read"),
            ("modbus://h?unit=300", "0..255"),
            ("modbus://h?preset=mine", "device.preset must be one of"),
        ):
            terminal.types(f"{nonsense}\r")
            await terminal.sees(said, "Address of a device; empty: no more: ")
        for answer in ("modbus://h?name=header", "modbus://i?name=header"):
            terminal.types(f"{answer}\r")
            await terminal.sees("Address of a device; empty: no more: ")
        terminal.types("\r")
        assert (await terminal.code(), terminal.is_sane()) == (0, True), terminal.screen
    checked = json.loads((await gl003("check", "plant.toml", "--json")).stdout)
    assert (checked["faults"], checked["site"]) == ([], "north")
    assert {one.partition("-")[0] for one in checked["sensors"]} == {"header"}


@pytest.mark.parametrize(
    ("key", "code", "said"), [("\x03", 130, "nothing is written"), ("\x04", 2, "no more answers")]
)
async def test_an_end_in_the_middle_leaves_no_file_and_a_sane_terminal(tmp_path, key, code, said):
    async with Terminal("init", folder=tmp_path) as terminal:
        await terminal.sees("Name of the site [plant1]: ")
        terminal.types("north\r")
        await terminal.sees("Address of the bus")
        terminal.types(key)
        assert (await terminal.code(), terminal.is_sane()) == (code, True)
        assert said in terminal.screen
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_is_not_there_is_told_before_anything_is_asked(gl003, tmp_path):
    refused = await gl003("init", "nowhere/plant.toml", "--ask")
    assert refused.exit_code == 1
    assert "nowhere is no folder" in refused.stderr
    assert "Name of the site" not in refused.stdout


async def test_what_cannot_be_written_leaves_what_was_there(gl003, tmp_path, monkeypatch):
    (tmp_path / "plant.toml").write_text('site = "mine"\n')

    def full(path, text, encoding):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    refused = await gl003("init", "--force")
    assert (refused.exit_code, "No space left" in refused.stderr) == (1, True)
    assert [one.name for one in tmp_path.iterdir()] == ["plant.toml"]
    assert (tmp_path / "plant.toml").read_text() == 'site = "mine"\n'
