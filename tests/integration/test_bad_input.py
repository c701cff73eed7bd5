"""Wrong configuration: every fault at once, one a line, exit code 2, and nothing was started."""

import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest

from fakes.site import ROOT, Child, Meter, clean, document, eventually, meter_table, served, toml
from integrations.bus import Bus, BusSettings, EmbeddedServer

FAULTY = """
site = "bad site"
nonsense = 1
[nats]
url = "http://bus"
user = "me"
[streams]
raw_max_age_hours = -1
[defaults]
timeout_seconds = 0
[[steam_meter]]
meter_id = "one"
host = ""
port = 99999
hots = 1
[[steam_meter]]
meter_id = "two"
host = "h"
port = 502
protocol = "hart_ip"
[[steam_meter]]
meter_id = "same"
host = "h"
port = 502
[[steam_meter]]
meter_id = "same"
host = "h"
port = 502
"""
FAULTS = (
    "nonsense is not known here; known: ",
    "site must be letters, digits, _ or -, and none of agent, task, collab, got 'bad site'",
    "nats.url must begin with nats://",
    "nats.user must come together with password",
    "streams.raw_max_age_hours must be",
    "defaults.timeout_seconds must be",
    "steam_meter[0].host must be",
    "steam_meter[0].port must be 1..65535, got 99999",
    "steam_meter[0].hots is not a known key (did you mean host?), got 1",
    "steam_meter[1].protocol must be one of modbus_rtu, modbus_tcp, hart, 4-20ma, opc_ua, got 'hart_ip'",
    "steam_meter.meter_id must be used once only, got 'same'",
)


def ask(*argv, **env):
    """Run to the end; exit code and what was said on stderr."""
    clear = {key: value for key, value in os.environ.items() if not key.startswith(("NATS_", "GL003_"))}
    done = subprocess.run(
        [sys.executable, "-m", *argv],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clear | env,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("who", ["services.steam_meter", "services.transformation", "gl003"])
def test_every_fault_is_listed_one_a_line_and_nothing_starts(tmp_path, who):
    path = tmp_path / "plant.toml"
    path.write_text(FAULTY)
    command = ("integrations.cli", "run", "--plain") if who == "gl003" else (who,)
    ours = {child.pid for child in psutil.Process().children(recursive=True)}
    code, lines = ask(*command, "--config", str(path))
    assert code == 2
    for fault in FAULTS:
        assert sum(fault in line for line in lines) == 1, fault
    assert len(lines) == len(FAULTS)
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= ours


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "must be a readable file, got 'No such file or directory'"),
        (b"site = = 1", "must be valid TOML"),
        (b"\xff\xfe", "must be valid TOML"),
    ],
    ids=["not there", "no TOML", "no text"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, words):
    path = tmp_path / "plant.toml"
    if content is not None:
        path.write_bytes(content)
    code, lines = ask("services.transformation", "--config", str(path))
    assert code == 2
    (line,) = lines
    assert str(path) in line
    assert words in line


def test_the_environment_is_checked_like_the_file():
    code, lines = ask(
        "services.steam_meter",
        SITE="a site",
        CONTENT_TYPE="text/plain",
        SIMULATION="sometimes",
        CONNECTION_TIMEOUT="soon",
        MAX_RETRIES="-3",
        ENABLE_CIRCUIT_BREAKER="perhaps",
        NATS_URL="http://user:hunter2@bus",
        NATS_PASSWORD="hunter2",  # noqa: S106  # the text that must not be shown
        STEAM_METER_HOST="meter",
        STEAM_METER_PORT="high",
        STEAM_METER_PROTOCOL="smoke",
    )
    assert code == 2
    for name in (
        "SIMULATION must be one of fallback, never, always, got 'sometimes'",
        "CONNECTION_TIMEOUT must be a number, got 'soon'",
        "MAX_RETRIES must be 0..1000, got -3",
        "ENABLE_CIRCUIT_BREAKER must be true or false, got 'perhaps'",
        "NATS_URL must begin with",
        "STEAM_METER_PORT must be a whole number, 1..65535, got 'high'",
        "STEAM_METER_PROTOCOL must be one of modbus_rtu, modbus_tcp",
    ):
        assert sum(f"environment.{name}" in line for line in lines) == 1, name
    assert not any("hunter2" in line for line in lines)


def test_an_acquisition_without_devices_says_what_it_lacks():
    code, lines = ask("services.steam_meter")
    assert (code, lines) == (2, ["steam_meter: steam_meter must describe at least one device"])


async def test_the_environment_alone_describes_a_meter(tmp_path, nats_server, streams):
    """Default register map, two registers a value: served here by a meter that has it."""
    config = tmp_path / "plant.toml"
    async with served(Meter()) as server:
        config.write_text(toml({"streams": {"storage_bytes": 64 * 1024 * 1024}}))
        child = Child(
            "steam_meter",
            config,
            tmp_path / "log",
            NATS_URL=nats_server.url,
            SITE="elsewhere",
            STEAM_METER_HOST="127.0.0.1",
            STEAM_METER_PORT=str(server.port),
            STEAM_METER_PROTOCOL="modbus_tcp",
            CONNECTION_TIMEOUT="0.5",
        )
        async with child:
            await eventually(lambda: has_raw(streams, "gl.elsewhere.raw.*.steam_meter.steam_meter_1"))
            assert await child.end() == 0


async def has_raw(bus, subject):
    info = await bus.api("STREAM.INFO.RAW", {"subjects_filter": subject})
    return info["state"].get("subjects")


async def test_an_absent_bus_is_one_clear_line_and_then_it_is_found(tmp_path):
    async with EmbeddedServer() as probe:
        port = probe.port
    config, log = tmp_path / "plant.toml", tmp_path / "log"
    url = f"nats://127.0.0.1:{port}"
    async with served(Meter()) as server:
        table = document(url, meter_table(server.port))
        table["nats"] |= {"user": "me", "password": "hunter2"}
        config.write_text(toml(table))
        async with Child("steam_meter", config, log) as meter, Child("transformation", config, log) as work:
            await eventually(lambda: log.exists() and log.read_text().count("bus is unreachable") >= 2, 30)
            async with EmbeddedServer(port=port), Bus(BusSettings(url=url), attempts=20) as bus:
                await eventually(lambda: streams_there(bus), 20)
                await eventually(lambda: clean(bus), 20)
            # the bus is away again: what cannot be sent any more delays the end by seconds, and no more
            assert await asyncio.gather(meter.end(), work.end()) == [0, 0]
    text = log.read_text()
    assert f"127.0.0.1:{port}" in text
    assert "hunter2" not in text
    assert "Traceback" not in text, text


async def streams_there(bus):
    return "KV_gl_latest" in ((await bus.api("STREAM.NAMES"))["streams"] or ())


@pytest.mark.parametrize("service", ["steam_meter", "transformation"])
async def test_a_service_that_waits_for_the_bus_stops_at_once(tmp_path, service):
    config, log = tmp_path / "plant.toml", tmp_path / "log"
    config.write_text(toml(document("nats://127.0.0.1:1", meter_table(1))))
    async with Child(service, config, log) as child:
        await eventually(lambda: log.exists() and "bus is unreachable" in log.read_text())
        child._process.send_signal(signal.SIGTERM)
        assert await child.exited(3) == 0
