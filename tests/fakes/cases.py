"""Cases of a device class: registers as they came off the wire, and what they mean."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from integrations.configuration import read_struct
from integrations.devices.classes import device_classes
from integrations.messages import Status
from integrations.protocols.modbus import Decoder, Function


def folders(name):
    """Return the cases of a device class."""
    return sorted((Path(str(files(f"integrations.devices.{name}"))) / "cases").iterdir())


def sensors(folder, name):
    """Return the configurations of a case's sensors."""
    tables = tomllib.loads((folder / "config.toml").read_text("utf-8"))[name]
    config = device_classes()[name].config
    return [read_struct(config, {"host": "unit", "port": 502, **table}) for table in tables]


def poll(folder, table):
    """Return values and StatusCodes as a poll of the table brings them."""
    registers = Decoder(table)
    words = registers.layout.gather(memory(json.loads((folder / "registers.json").read_text("utf-8"))))
    values = registers(words)
    status = np.zeros(len(values), np.uint32)
    status[np.isnan(values)] = Status.BAD_SENSOR_FAILURE
    status[np.isinf(values)] = Status.BAD_OUT_OF_RANGE
    return np.where(status == Status.GOOD, values, np.nan), status


def memory(document):
    """Return words by function and address; the file has runs of hexadecimal words by first address."""
    return {
        Function(function): {
            int(start) + offset: int(word, 16)
            for start, run in runs.items()
            for offset, word in enumerate(run.split())
        }
        for function, runs in document.items()
    }


def expected(folder):
    """Return what each channel shows, by sensor id."""
    return json.loads((folder / "expected.json").read_text("utf-8"))


def shown(channels, sample):
    """Return what a sample shows, in the form of `expected`."""
    values = zip(channels, sample.values.tolist(), sample.status.tolist(), strict=True)
    return {
        channel.sensor_id: {
            "value": None if np.isnan(value) else value,
            "unit": channel.unit,
            "status": Status(status).name,
        }
        for channel, value, status in values
    }


def near(one, **tolerance):
    """Return what a channel ought to show, its value within a tolerance."""
    return one if one["value"] is None else one | {"value": pytest.approx(one["value"], **tolerance)}
