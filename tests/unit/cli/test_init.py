"""A plant's file to begin with."""

import json

import pytest

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
