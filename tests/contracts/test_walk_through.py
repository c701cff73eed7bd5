"""ARCHITECTURE.md's walk-through "Adding a device class", done as it says, up to a reading on the bus."""

import ast
import re
import struct
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import integrations
import integrations.devices
from fakes.benches import FixedWords
from fakes.modbus import TcpPeer
from fakes.site import clean, document, eventually, running
from integrations.devices.classes import device_classes
from integrations.messages import Origin, Status
from integrations.runtime.services import service_names

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```(?P<language>\w+)\n(?:# (?P<place>[^\n]+)\n)?(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
FOLDER = "shared/integrations/devices/tank_level"


def section():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return page.partition("## Adding a device class\n")[2].partition("\n## ")[0]


BLOCKS = {found["place"] or found["language"]: found["text"] for found in BLOCK.finditer(section())}


@pytest.fixture
def tank_level(tmp_path, monkeypatch):
    """Put the class where it says, though beside the tree and not in it."""
    for place, text in BLOCKS.items():
        if place.startswith(FOLDER):
            file = tmp_path / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    beside = str(tmp_path / Path(FOLDER).parent)
    monkeypatch.setattr(integrations.devices, "__path__", [*integrations.devices.__path__, beside])
    for name, room in ast.literal_eval("{" + BLOCKS["rows of _ROOM_OF"] + "}").items():
        monkeypatch.setitem(integrations._ROOM_OF, name, room)
    device_classes.cache_clear()
    yield
    device_classes.cache_clear()
    for name in [name for name in sys.modules if name.startswith("integrations.devices.tank_level")]:
        del sys.modules[name]
    vars(integrations.devices).pop("tank_level", None)


def table(port, **more):
    """Return the page's device, at the test's server."""
    (device,) = tomllib.loads(BLOCKS["toml"])["tank_level"]
    return device | {"host": "127.0.0.1", "port": port, "timeout_seconds": 1.0, **more}


def tank(level=61.5, temperature=92.25):
    return TcpPeer(FixedWords(struct.pack(">ff", level, temperature)))


async def test_the_connector_reads_a_real_device_and_simulates_none_unasked(tank_level):
    connector_class, config_class = integrations.TankLevelConnector, integrations.TankLevelConfig
    async with tank() as peer:
        connector = connector_class(config_class(**table(peer.port, simulation="never")))
        try:
            assert connector.get_level() is None
            assert await connector.connect() is True
            assert connector.get_level() == 61.5
            assert connector.latest.values.tolist() == [61.5, 92.25]
        finally:
            await connector.disconnect()
    lonely = connector_class(config_class(**table(1, max_retries=0)))
    try:
        assert await lonely.connect() is True
        assert (lonely.get_level(), lonely.latest.origin) == (60.0, Origin.SIMULATED)
    finally:
        await lonely.disconnect()


async def test_its_service_brings_clean_readings_onto_the_bus(tank_level, nats_server, streams):
    assert "tank_level" in service_names()
    async with tank() as peer:
        plant = document(nats_server.url, tank_level=[table(peer.port, sampling_rate_hz=10.0)])
        async with running("transformation", plant), running("tank_level", plant):
            await eventually(lambda: has_both(streams))
        level = (await clean(streams, "feed_tank-level"))[0]
    assert (level.device_class, level.quantity, level.unit) == ("tank_level", "level", "%")
    assert (level.value[0], level.status[0], level.quality[0]) == (61.5, Status.GOOD, 100)


async def has_both(bus):
    return {batch.sensor_id for batch in await clean(bus)} == {"feed_tank-level", "feed_tank-temperature"}


def test_its_service_is_started_like_all_others():
    ours = (ROOT / "services" / "pressure_sensor" / "__main__.py").read_text(encoding="utf-8")
    assert BLOCKS["services/tank_level/__main__.py"] == ours.replace("pressure_sensor", "tank_level")


def test_what_the_page_names_is_there():
    assert set(BLOCKS) == {
        *(f"{FOLDER}/{name}.py" for name in ("config", "connector", "__init__")),
        "services/tank_level/__main__.py", "rows of _ROOM_OF", "toml",
    }  # fmt: skip
    for path in re.findall(r"`((?:tests|shared)/[\w/.]+\.py)`", section()):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`(test_\w+\.py)`", section()):
        assert (ROOT / "tests" / "contracts" / path).exists(), path
    assert import_module("integrations.devices.sensor_array").SensorArray
