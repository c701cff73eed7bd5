"""Registers as they came off the wire, and what they mean: one folder a case."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from fakes.cases import memory
from integrations.configuration import read_struct
from integrations.devices.steam_meter import SteamMeterConfig
from integrations.devices.steam_meter.decode import MeterDecoder
from integrations.devices.steam_meter.layout import layout_of
from integrations.devices.steam_meter.readout import MeterPoll
from integrations.messages import Status
from integrations.protocols.modbus import Decoder

CASES = Path(str(files("integrations.devices.steam_meter"))) / "cases"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_case(folder):
    table = {"host": "meter", "port": 502, **tomllib.loads((folder / "config.toml").read_text("utf-8"))}
    config = read_struct(SteamMeterConfig, table)
    meter, registers = MeterDecoder(config), Decoder(layout_of(config).table)
    words = registers.layout.gather(memory(json.loads((folder / "registers.json").read_text("utf-8"))))
    sample = meter(MeterPoll(0, registers(words), np.zeros(len(meter.channels), np.uint32)))
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert {channel.quantity for channel in meter.channels} == expected.keys()
    for channel, value, status in zip(meter.channels, sample.values.tolist(), sample.status, strict=True):
        wanted = expected[channel.quantity]
        wanted_value = np.nan if wanted["value"] is None else wanted["value"]
        assert value == pytest.approx(wanted_value, rel=1e-9, nan_ok=True), channel
        assert (channel.unit, Status(status).name) == (wanted["unit"], wanted["status"]), channel


def test_every_preset_has_its_cases():
    presets = {"default_map", "spirax_tva", "spirax_rim20", "calec_st"}
    assert all(any(folder.name.startswith(preset) for folder in CASES.iterdir()) for preset in presets)
