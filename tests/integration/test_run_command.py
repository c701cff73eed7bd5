"""The command `gl003`, as a person types it: everything comes up, and nothing is left."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager, suppress

import psutil
import pytest

from fakes.site import ROOT, Meter, document, eventually, meter_table, served, toml
from integrations.bus import Bus, BusSettings

pytestmark = pytest.mark.alone

SHOWN = {
    "process_b-pressure": "barg",
    "header_pressure_absolute": "bara",
    "process_a_temperature": "°C",
    "condensate_return-ph": "pH",
    "boiler_house-STEAM_HEADER_FLOW": "t/hr",
}
"""A sensor of each class in the simulated plant."""
COMMAND = [sys.executable, "-m", "integrations.cli"]


class Run:
    """One `gl003 run`, its output line by line and the processes that it started."""

    def __init__(self, process, folder):
        self.process = process
        self.folder = folder
        self.lines = []
        self.children = {}
        self.began = time.monotonic()

    async def line(self, pattern, seconds=15):
        """Return the match of the first line that `pattern` is found in."""
        async with asyncio.timeout(seconds):
            while raw := await self.process.stdout.readline():
                self.lines.append(raw.decode().rstrip())
                self.note_children()
                if match := re.search(pattern, self.lines[-1]):
                    return match
        raise AssertionError("\n".join(self.lines))

    def note_children(self):
        parent = psutil.Process(self.process.pid)
        self.children |= {child.pid: child for child in parent.children(recursive=True)}

    async def end(self, seconds=20):
        rest, _ = await asyncio.wait_for(self.process.communicate(), seconds)
        self.lines += rest.decode().splitlines()
        return self.process.returncode

    def nothing_is_left(self):
        return not any(child.is_running() and child.status() != "zombie" for child in self.children.values())

    def ports(self):
        return [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", "\n".join(self.lines))]


@asynccontextmanager
async def gl003(tmp_path, *argv, **env):
    folder = tmp_path / "tmp"
    folder.mkdir(exist_ok=True)
    clear = {key: value for key, value in os.environ.items() if not key.startswith("NATS_")}
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *argv,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=clear | {"TMPDIR": str(folder), "LOG_FORMAT": "json"} | env,
        cwd=ROOT,
    )
    run = Run(process, folder)
    try:
        yield run
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()


async def test_run_shows_readings_and_ends_with_its_time(tmp_path):
    async with gl003(tmp_path, "run", "--plain", "--for", "8s") as run:
        await run.line(r"main_steam_header-flow_rate +\d")
        assert time.monotonic() - run.began < 8  # the table is drawn every two seconds, the start is ours
        assert await run.end() == 0
    text = "\n".join(run.lines)
    assert re.search(r"process_b-pressure .* barg .*SIMULATED .*SIM", text)
    await eventually(run.nothing_is_left)
    assert list(run.folder.iterdir()) == []
    for port in set(run.ports()):
        with pytest.raises(OSError, match=r"\[Errno 111\]"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_every_class_of_devices_is_shown(tmp_path):
    async with gl003(tmp_path, "run", "--plain") as run:
        await run.line("services 9 of 9 alive", 30)
        for sensor, unit in SHOWN.items():
            await run.line(rf"{sensor} +[\d.,]+ +{unit} .*SIMULATED .*SIM", 45)
        run.process.send_signal(signal.SIGINT)
        assert await run.end() == 0
    await eventually(run.nothing_is_left)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_everything(tmp_path, number):
    async with gl003(tmp_path, "run", "--plain") as run:
        await run.line("main_steam_header-flow_rate")
        assert len(run.children) >= 3
        run.process.send_signal(number)
        assert await run.end() == 0
    await eventually(run.nothing_is_left)
    assert list(run.folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
async def test_a_kill_leaves_no_process_and_the_next_run_sweeps(tmp_path):
    async with gl003(tmp_path, "run", "--plain") as run:
        await run.line("main_steam_header-flow_rate")
        run.process.kill()
        await run.process.wait()
        await eventually(run.nothing_is_left)
    left = list(run.folder.iterdir())
    assert left
    for path in left:
        os.utime(path, (0, 0))  # as if an hour had gone by
    async with gl003(tmp_path, "run", "--plain", "--for", "0.5s") as run:
        assert await run.end() == 0
    assert list(run.folder.iterdir()) == []


async def test_the_first_clean_reading_comes_within_five_seconds(tmp_path):
    async with gl003(tmp_path, "run", "--plain", "--for", "8s") as run:
        url = json.loads((await run.line('"embedded nats-server is up"')).string)["url"]
        async with Bus(BusSettings(url=url), attempts=3) as bus:
            heard = asyncio.Event()

            async def note(_):
                heard.set()

            await bus.client.subscribe("gl.demo.clean.>", cb=note)
            await asyncio.wait_for(heard.wait(), 10)
            assert time.monotonic() - run.began < 5
        run.process.send_signal(signal.SIGTERM)
        assert await run.end() == 0


async def test_a_fault_of_the_plant_shows(tmp_path):
    argv = ("run", "--plain", "--for", "8s", "--fault", "dead:process_a@1+3")
    async with gl003(tmp_path, *argv) as run:
        await run.line(r"process_a-flow_rate +- .*MISSING")
        assert await run.end() == 0
    assert "process_a" in "\n".join(line for line in run.lines if line.startswith("last event"))


async def test_run_reads_a_meter_of_your_own(tmp_path, nats_server):
    config = tmp_path / "plant.toml"
    async with served(Meter()) as server:
        config.write_text(toml(document(nats_server.url, meter_table(server.port, "mine"))))
        async with gl003(tmp_path, "run", "--plain", "--for", "5s", "--config", str(config)) as run:
            found = await run.line(r"mine-flow_rate +(\S+) +t/hr")
            assert found[1] == "7.200"
            assert "SIM" not in found.string
            assert await run.end() == 0
    await eventually(run.nothing_is_left)


async def test_wrong_options_are_all_named_and_nothing_starts(tmp_path):
    config = tmp_path / "plant.toml"
    argv = ("run", "--plain", "--for", "soon", "--fault", "dead", "--config", str(config))
    async with gl003(tmp_path, *argv) as run:
        assert await run.end() == 2
    assert [line.split(" must ")[0] for line in run.lines] == ["run: --for", "run: fault", "run: --fault"]
    assert list(run.folder.iterdir()) == []


async def test_a_service_that_cannot_start_ends_the_run(tmp_path, nats_server):
    """What the parent cannot see: a variable that only the services read."""
    config = tmp_path / "plant.toml"
    config.write_text(toml(document(nats_server.url, meter_table(1))))
    argv = ("run", "--plain", "--for", "30s", "--config", str(config))
    async with gl003(tmp_path, *argv, OTEL_TRACES_EXPORTER="carrier pigeon") as run:
        assert await run.end() == 2
    text = "\n".join(run.lines)
    assert "carrier pigeon" in text
    assert re.search("run: (steam_meter|transformation) cannot start with this configuration", text)
    await eventually(run.nothing_is_left)


def drain(screen):
    """Read what is drawn: a terminal that nobody reads stops those who draw."""
    with suppress(OSError):
        while os.read(screen, 65536):
            pass


def test_what_was_hidden_by_the_screen_is_shown_when_the_start_fails(tmp_path):
    config = tmp_path / "plant.toml"
    config.write_text(toml(document("nats://127.0.0.1:1", meter_table(1))))
    env = {**os.environ, "OTEL_TRACES_EXPORTER": "carrier pigeon", "TERM": "xterm", "TMPDIR": str(tmp_path)}
    env.pop("NATS_URL", None)
    argv = [*COMMAND, "run", "--for", "30s"]
    screen, terminal = pty.openpty()
    reader = threading.Thread(target=drain, args=(screen,))
    reader.start()
    try:
        done = subprocess.run(
            argv, stdout=terminal, stderr=subprocess.PIPE, cwd=ROOT, env=env, timeout=40, check=False
        )
    finally:
        os.close(terminal)
        reader.join()
        os.close(screen)
    assert done.returncode == 2
    assert b"carrier pigeon" in done.stderr
    assert b"cannot start with this configuration" in done.stderr


def test_the_command_explains_itself_and_its_schemas_are_those_in_the_tree():
    shown = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert all(command in shown for command in ("run", "serve", "schemas"))
    done = subprocess.run([*COMMAND, "schemas", "--check", "schemas"], check=False, cwd=ROOT)
    assert done.returncode == 0
