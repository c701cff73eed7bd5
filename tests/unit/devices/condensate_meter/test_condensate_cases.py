"""Registers as they came off the wire, and what they mean: one folder a case."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from fakes.cases import memory
from integrations.configuration import read_struct
from integrations.devices.condensate_meter import CondensateMeterConfig
from integrations.devices.condensate_meter.decode import CondensateDecoder
from integrations.messages import Status
from integrations.protocols.modbus import Decoder

CASES = Path(str(files("integrations.devices.condensate_meter"))) / "cases"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_case(folder):
    table = {"host": "meter", "port": 502, **tomllib.loads((folder / "config.toml").read_text("utf-8"))}
    meter = CondensateDecoder(read_struct(CondensateMeterConfig, table))
    registers = Decoder(meter.layout.table)
    words = registers.layout.gather(memory(json.loads((folder / "registers.json").read_text("utf-8"))))
    sample = meter(registers(words), np.zeros(len(meter.layout.table), np.uint32), 0)
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert [channel.quantity for channel in meter.channels] == list(expected)
    for channel, value, status in zip(meter.channels, sample.values.tolist(), sample.status, strict=True):
        wanted = expected[channel.quantity]
        wanted_value = np.nan if wanted["value"] is None else wanted["value"]
        assert value == pytest.approx(wanted_value, rel=1e-6, nan_ok=True), channel
        assert (channel.unit, Status(status).name) == (wanted["unit"], wanted["status"]), channel
        if status:
            assert sample.reasons[channel.quantity]
