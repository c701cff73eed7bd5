import asyncio
import json

import pytest

from fakes.frozen import frozen
from integrations.bus import BusService, Endpoint, EndpointError, Reply
from integrations.bus import service as bus_service
from integrations.messages import Subjects

SUBJECTS = Subjects("plant1")


async def echo(request):
    return Reply(request.data.upper(), {"kind": request.headers.get("kind", "")})


async def refuse(_request):
    raise EndpointError(404, "no such tag")


async def crash(_request):
    raise KeyError("secret detail")


def service(bus, *endpoints, **options):
    return BusService(bus, SUBJECTS, "steam_meter", "i1", endpoints, version="1.0.0", **options)


async def ask(bus, endpoint, data=b"", headers=None):
    return await bus.client.request(
        SUBJECTS.service("steam_meter", "i1", endpoint), data, timeout=2, headers=headers
    )


async def test_answers_without_echoing_the_requests_headers(bus):
    async with service(bus, Endpoint("echo", echo)):
        answer = await ask(bus, "echo", b"hello", {"kind": "k", "Authorization": "secret"})
    assert answer.data == b"HELLO"
    assert answer.headers == {"kind": "k"}


@pytest.mark.parametrize(
    ("handler", "code", "description"), [(refuse, "404", "no such tag"), (crash, "500", "internal error")]
)
async def test_errors_become_error_responses(bus, handler, code, description):
    async with service(bus, Endpoint("x", handler)) as running:
        answer = await ask(bus, "x")
        assert running.errors == 1
    assert answer.headers == {"Nats-Service-Error-Code": code, "Nats-Service-Error": description}


async def test_a_slow_request_blocks_nobody_and_the_number_is_bounded(bus):
    gate = asyncio.Event()

    async def slow(request):
        await gate.wait()
        return Reply(request.data)

    away = []
    told = Endpoint("slow", slow, on_turned_away=lambda request, why: away.append((request.data, why)))
    async with service(bus, told, Endpoint("echo", echo), max_concurrent=2):
        first = asyncio.create_task(ask(bus, "slow", b"1"))
        await asyncio.sleep(0)
        assert (await ask(bus, "echo", b"a")).data == b"A"
        second = asyncio.create_task(ask(bus, "slow", b"2"))
        await asyncio.sleep(0)
        answer = await ask(bus, "slow", b"3")
        assert answer.headers["Nats-Service-Error-Code"] == "503"
        assert away == [(b"3", "busy with 2 requests")]
        gate.set()
        assert [(await first).data, (await second).data] == [b"1", b"2"]


async def test_is_discovered_with_its_schemas(bus):
    async with service(bus, Endpoint("read", echo, request_schema={"type": "object"})):
        info = json.loads((await bus.client.request("$SRV.INFO.steam_meter", b"", timeout=2)).data)
        stats = json.loads((await bus.client.request("$SRV.STATS.steam_meter", b"", timeout=2)).data)
    (endpoint,) = info["endpoints"]
    assert endpoint["subject"] == "gl.plant1.svc.steam_meter.i1.read"
    assert json.loads(endpoint["metadata"]["request_schema"]) == {"type": "object"}
    assert info["metadata"] == {"site": "plant1", "instance": "i1"}
    assert stats["endpoints"][0]["data"] == {"errors": 0, "running": 0}


async def test_a_server_that_answers_nothing_holds_no_service_up(nats_server, bus, monkeypatch):
    monkeypatch.setattr(bus_service, "LEAVING_SECONDS", 0.05)
    running = await service(bus, Endpoint("echo", echo)).__aenter__()
    with frozen(nats_server):
        await asyncio.wait_for(running.__aexit__(None, None, None), 5)


async def test_stopping_cancels_what_still_runs(bus):
    started, never = asyncio.Event(), asyncio.Event()

    async def endless(_request):
        started.set()
        await never.wait()

    async with service(bus, Endpoint("endless", endless)):
        await bus.client.publish(SUBJECTS.service("steam_meter", "i1", "endless"), b"", reply="_INBOX.me")
        await started.wait()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("endpoint")]
