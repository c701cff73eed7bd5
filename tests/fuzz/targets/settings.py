"""What people write: the plant's TOML, limits put while a service runs, units, variables."""

import tempfile
from importlib.resources import files
from pathlib import Path

import msgspec

from fuzz.mutation import mutated_bytes, mutated_json, mutated_toml
from fuzz.target import Target
from integrations.configuration import ConfigurationError, read_table
from integrations.runtime.plant.settings import load_plant
from integrations.runtime.transformation.live_settings import _table
from integrations.transformation import SensorLimits
from integrations.units import UnitError, affine, parse_unit

SAMPLES = (
    "runtime.balances",
    "coordination.analyzer",
    "devices.pressure_sensor",
    "devices.temperature_sensor",
    "devices.scada",
    "devices.steam_meter",
)
PLANT = b"""
site = "p"
content_type = "application/json"
[nats]
url = "nats://user:word@localhost:4222"
[streams]
storage_bytes = 1073741824
[outbox]
max_bytes = 104857600
[transformation.sensors.a]
min_valid = 0.0
target_unit = "bar"
[defaults]
timeout_seconds = 2.0
[[steam_meter]]
host = "10.0.0.1"
port = 502
meter_id = "m"
slave_address = 3
"""
LIMITS = {
    "min_valid": 0.0,
    "max_valid": 10.0,
    "target_unit": "bar",
    "flatline_count": 5,
    "non_negative": True,
}


def _plant(data: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        return load_plant(Path(file.name), {})


def _variables(data: bytes) -> object:
    pairs = (line.split("=", 1) for line in data.decode(errors="replace").splitlines() if "=" in line)
    return load_plant(None, dict(pairs))


def _limits(data: bytes) -> object:
    return read_table(SensorLimits, _table(data, {}), "sensor")


def _unit(data: bytes) -> object:
    text = data.decode(errors="replace")
    return parse_unit(text), affine(text, "bar"), affine("psig", text)


TABLE = (
    Target(
        "plant",
        _plant,
        (ConfigurationError,),
        [PLANT, *((files(f"integrations.{room}") / "sample.toml").read_bytes() for room in SAMPLES)],
        mutated_toml,
        16_384,
    ),
    Target(
        "variables",
        _variables,
        (ConfigurationError,),
        [b"SITE=p\nNATS_URL=nats://localhost:4222\nSTEAM_METER_HOST=10.0.0.1\nSTEAM_METER_PORT=502\n"],
        mutated_bytes,
        1024,
    ),
    Target("limits", _limits, (ConfigurationError,), [msgspec.json.encode(LIMITS)], mutated_json),
    Target(
        "unit", _unit, (UnitError,), [b"bar(a)", b"kg/cm\xc2\xb2", b"psig", b"mmHg", b"barg"], longest=128
    ),
)
