"""What services answer on the bus, asked as any NATS client would ask."""

import json

import msgspec
import pytest
from nats.errors import NoRespondersError

from fakes.site import SITE, Meter, document, eventually, meter_table, raw, running, served
from integrations.messages import CircuitReset, ContentType, Health, HealthState, Metrics, ReadReply, decode


@pytest.fixture
async def site(nats_server, streams):
    """Two instances of the acquisition with a meter that answers and one that does not, and the cleaning."""
    async with served(Meter()) as server:
        away = meter_table(1, "away", circuit_timeout_seconds=60)
        table = document(nats_server.url, meter_table(server.port), away)
        async with (
            running("transformation", table),
            running("steam_meter", table, "a"),
            running("steam_meter", table, "b"),
        ):
            await eventually(lambda: raw(streams))
            await eventually(lambda: all_answer(streams))
            yield streams


async def all_answer(bus):
    """Whether each service has its endpoints on the bus: readings are there before."""
    try:
        for service, instance in (("steam_meter", "a"), ("steam_meter", "b"), ("transformation", "a")):
            await ask(bus, "health", Health, service=service, instance=instance)
    except NoRespondersError:
        return False
    return True


async def ask(bus, endpoint, reply, body=b"", service="steam_meter", instance="a", headers=None):
    subject = f"gl.{SITE}.svc.{service}.{instance}.{endpoint}"
    answer = await bus.client.request(subject, body, timeout=5, headers=headers)
    assert "Nats-Service-Error-Code" not in (answer.headers or {}), answer.headers
    return decode(answer.data, reply, answer.headers["Content-Type"])


async def refused(bus, endpoint, body, headers=None):
    subject = f"gl.{SITE}.svc.steam_meter.a.{endpoint}"
    answer = await bus.client.request(subject, body, timeout=5, headers=headers)
    return int(answer.headers["Nats-Service-Error-Code"]), answer.headers["Nats-Service-Error"]


async def test_health_says_which_device_is_away(site):
    health = await eventually(lambda: degraded(site))
    assert (health.site, health.service, health.instance) == (SITE, "steam_meter", "a")
    states = {device.device_id: device.state for device in health.devices}
    assert states["meter"] == "connected"
    assert states["away"] in ("failed", "reconnecting", "circuit_open")
    assert any(trouble.startswith("away:") for trouble in health.troubles)
    transformation = await ask(site, "health", Health, service="transformation")
    assert transformation.state is HealthState.HEALTHY


async def degraded(bus):
    health = await ask(bus, "health", Health)
    return health if health.state is HealthState.DEGRADED else None


async def test_metrics_count(site):
    metrics = await ask(site, "metrics", Metrics)
    assert metrics.counts["polls"] > 0
    assert metrics.devices["meter"]["successful_calls"] > 0
    cleaning = await eventually(lambda: counted(site))
    assert cleaning.counts["dead"] == 0


async def counted(bus):
    metrics = await ask(bus, "metrics", Metrics, service="transformation")
    return metrics if metrics.counts["readings"] > 0 else None


async def test_read_asks_the_device_now(site):
    reply = await ask(site, "read", ReadReply, b'{"device_id": "meter"}')
    (device,) = reply.devices
    assert {column.sensor_id: column.value for column in device.columns}["meter-pressure"] == [9.5]


async def test_read_of_all_says_why_one_cannot_be_read(site):
    devices = {device.device_id: device for device in (await ask(site, "read", ReadReply)).devices}
    assert devices["meter"].error is None
    assert devices["away"].error
    assert devices["away"].columns == []


async def test_a_circuit_can_be_closed_by_hand(site):
    async def state():
        health = await ask(site, "health", Health)
        return {device.device_id: device.circuit.state for device in health.devices}["away"]

    await eventually(lambda: is_open(state))
    assert (await ask(site, "reset_circuit", CircuitReset, b'{"device_id": "away"}')).devices == ["away"]
    await eventually(lambda: is_open(state))  # it is tried again, in vain, and opens again


async def is_open(state):
    return await state() == "open"


async def test_messagepack_is_answered_in_messagepack(site):
    headers = {"Content-Type": ContentType.MSGPACK.value}
    body = msgspec.msgpack.encode({"device_id": "meter"})
    reply = await ask(site, "read", ReadReply, body, headers=headers)
    assert reply.devices[0].device_id == "meter"


@pytest.mark.parametrize(
    ("body", "headers", "code", "words"),
    [
        (b'{"device_id": "nobody"}', None, 404, "device_id must be one of meter, away, got nobody"),
        (b'{"device_id": 5}', None, 400, "device_id"),
        (b"?", None, 400, "DeviceRequest"),
        (b"{}", {"Content-Type": "text/html"}, 400, "Content-Type must be one of"),
    ],
)
async def test_a_bad_request_is_told_what_is_wrong(site, body, headers, code, words):
    for endpoint in ("read", "reset_circuit"):
        told = await refused(site, endpoint, body, headers)
        assert told[0] == code
        assert words in told[1]


async def test_every_instance_is_found_and_describes_itself(site):
    inbox, names = site.client.new_inbox(), {}

    async def note(message):
        answer = json.loads(message.data)
        names[answer["id"]] = answer["name"]

    async def asked_again():
        await site.client.publish("$SRV.PING", b"", reply=inbox)  # one that came later missed the last
        return len(names) == 3

    subscription = await site.client.subscribe(inbox, cb=note)
    await eventually(asked_again)
    await subscription.unsubscribe()
    assert sorted(names.values()) == ["steam_meter", "steam_meter", "transformation"]
    info = json.loads((await site.client.request("$SRV.INFO.transformation", b"", timeout=5)).data)
    assert {endpoint["name"] for endpoint in info["endpoints"]} == {"health", "metrics"}
    info = json.loads((await site.client.request("$SRV.INFO.steam_meter", b"", timeout=5)).data)
    endpoints = {endpoint["name"]: endpoint for endpoint in info["endpoints"]}
    assert set(endpoints) == {"health", "metrics", "read", "reset_circuit"}
    assert "device_id" in endpoints["read"]["metadata"]["request_schema"]
    for instance in ("a", "b"):
        assert (await ask(site, "health", Health, instance=instance)).instance == instance
