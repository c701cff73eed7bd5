"""The site in containers: it comes up healthy, is closed, scales, and loses nothing while it changes."""

import asyncio
import json
import subprocess

import pytest

from fakes.site import eventually
from integrations.bus import Bus, BusSettings, replay
from integrations.messages import CleanBatch, Header, RawBatch, decode
from integrations.runtime.services import service_names

SITE = "demo"


@pytest.fixture
async def bus(stack):
    settings = BusSettings(url=stack.url, user="gl003", password_file=str(stack.secrets / "nats_password"))
    async with Bus(settings, name="test", attempts=5) as connection:
        yield connection


async def batches(bus, stream, subject, kind):
    return [
        decode(each.data, kind, each.headers.get(Header.CONTENT_TYPE))
        async for each in replay(bus, stream, subject)
    ]


def instances(stack):
    shown = stack.inside("transformation", "gl003", "status", "--json", check=False)
    return json.loads(shown.stdout)["instances"]


def of_service(stack, service):
    return [one for one in instances(stack) if one["service"] == service]


def test_every_service_is_on_the_bus_and_reaches_its_devices(stack):
    found = instances(stack)
    assert {one["service"] for one in found} == {*service_names()}
    assert all(one["devices"] == one["devices_connected"] for one in found)


async def test_clean_readings_of_every_device_class_arrive(bus):
    async def classes():
        found = await batches(bus, "CLEAN", f"gl.{SITE}.clean.>", CleanBatch)
        kinds = {batch.device_class for batch in found}
        return kinds >= {"steam_meter", "pressure_sensor", "temperature_sensor", "condensate_meter", "scada"}

    assert await eventually(classes, 60)


def test_containers_are_closed(stack):
    for service in service_names():
        assert stack.inside(service, "id", "-u").stdout.strip() == "10001"
        assert stack.inside(service, "touch", "/app/x", check=False).returncode != 0
        assert stack.inside(service, "python3", "-m", "pip", "--version", check=False).returncode != 0
        assert "NATS_PASSWORD=" not in stack.inside(service, "env").stdout
    assert stack.inside("steam_meter", "touch", "/var/lib/gl003/x").returncode == 0


async def test_transformations_are_added_and_replaced_one_by_one_without_loss(stack, bus):
    await asyncio.to_thread(
        stack.compose, "up", "--detach", "--no-build", "--wait", "--scale", "transformation=3"
    )
    await eventually(lambda: len(of_service(stack, "transformation")) == 3, 60)
    for container in stack.containers("transformation"):
        await asyncio.to_thread(restart, container)
        await eventually(lambda: len(of_service(stack, "transformation")) == 3, 60)
    await asyncio.to_thread(stack.compose, "restart", "nats")
    await eventually(lambda: len(of_service(stack, "transformation")) == 3, 60)
    await asyncio.to_thread(stack.compose, "stop", "steam_meter")
    await asyncio.sleep(3)
    raw = await batches(bus, "RAW", f"gl.{SITE}.raw.*.steam_meter.main_steam_header", RawBatch)
    assert [batch.sequence for batch in raw] == list(range(len(raw)))
    sensor = "main_steam_header-flow_rate"
    taken = [
        time
        for batch in raw
        for column in batch.columns
        if column.sensor_id == sensor
        for time in column.time
    ]

    async def cleaned():
        found = await batches(bus, "CLEAN", f"gl.{SITE}.clean.steam_meter.{sensor}", CleanBatch)
        return [time for batch in found for time in batch.time]

    assert len(taken) > 20
    assert await eventually(lambda: same(cleaned, taken), 30)


async def same(cleaned, taken):
    return await cleaned() == taken


def restart(container):
    subprocess.run(["docker", "restart", "--time", "20", container], check=True, capture_output=True)
