"""The console's server: who gets in, what it answers, and what a flood does to it."""

import asyncio
import contextlib
import time

import httpx
import msgspec
import pytest

from fakes.console import OPERATOR, VIEWER, bearer, console, console_document, free_port
from fakes.readings import batch_of
from fakes.site import SITE, eventually
from integrations.bus import Outgoing, Publisher, ensure_streams, stream_configs
from integrations.messages import encode
from integrations.runtime.plant.settings import read_plant

SECOND_NS = 1_000_000_000


@pytest.fixture
async def served(nats_server, bus):
    table = console_document(nats_server.url, free_port(), max_browsers_each=3)
    await ensure_streams(bus, stream_configs(read_plant(table, {}).streams, SITE), attempts=3)
    async with console(table) as address, httpx.AsyncClient(base_url=address, timeout=20) as client:
        yield client


async def put(bus, sensor_id, seconds, values):
    """Store readings as the transformation would."""
    batch = batch_of(seconds, values, sensor_id, site=SITE)
    async with Publisher(bus) as publisher:
        await publisher.publish_all(
            [
                Outgoing(f"gl.{SITE}.clean.pressure_sensor.{sensor_id}", encode(batch), {}),
                Outgoing(f"$KV.gl_latest.{SITE}.pressure_sensor.{sensor_id}", encode(batch), {}),
            ]
        )


async def first_of(client, kind, headers):
    """The first message of a kind in the stream of events."""
    async with asyncio.timeout(20), client.stream("GET", "/api/live", headers=headers) as stream:
        found = False
        async for line in stream.aiter_lines():
            if found:
                return msgspec.json.decode(line.removeprefix("data: "))
            found = line == f"event: {kind}"
    return None


async def test_strangers_get_the_page_and_nothing_else(served):
    page = await served.get("/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert VIEWER not in page.text
    for path in ("/api/live", "/api/me", "/api/sensors/a/history?begin=0&end=9999", "/api/sensors/a/events"):
        assert (await served.get(path)).status_code == 401
        assert (await served.get(path, headers=bearer("wrong"))).status_code == 401
    assert (await served.get("/..%2fservice.py")).status_code == 404


async def test_a_session_is_a_cookie_that_scripts_cannot_read_and_wrong_tokens_are_few(served):
    answer = await served.post("/api/login", json={"token": VIEWER})
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert (await served.get("/api/me")).json() == {"name": "viewer", "may_reset": False}
    codes = [(await served.post("/api/login", json={"token": f"wrong{at}"})).status_code for at in range(7)]
    assert codes == [401] * 5 + [429] * 2
    assert (await served.post("/api/login", content=b"x" * 5000)).status_code == 413


async def test_readings_come_by_the_stream_and_their_past_from_clean(served, bus):
    now = time.time()
    await put(bus, "p", [now - 3, now - 2, now - 1], [1.0, 2.0, 6.0])
    (row,) = await first_of(served, "values", bearer(VIEWER))
    assert row[2] == 6.0
    query = {"begin": round((now - 60) * 1000), "end": round((now + 60) * 1000), "points": 1}
    history = (await served.get("/api/sensors/p/history", params=query, headers=bearer(VIEWER))).json()
    assert history["whole"] is True
    assert [history["columns"][name] for name in ("least", "mean", "most")] == [[1.0], [3.0], [6.0]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("begin=x&end=1", "begin must be a number, got 'x'"),
        ("begin=5&end=1", "end must be 1 s to 366 days after begin, got 5, 1"),
        ("begin=0&end=2000&points=0", "points must be 1..2000, got 0"),
        ("begin=0&end=nan", "end must be a number, got 'nan'"),
    ],
)
async def test_wrong_questions_name_what_is_wrong(served, query, said):
    answer = await served.get(f"/api/sensors/p/history?{query}", headers=bearer(VIEWER))
    assert (answer.status_code, answer.json()["error"]) == (400, said)


async def test_who_may_only_look_resets_nothing_and_another_page_neither(served):
    wanted = {"service": "steam_meter", "instance": "a"}
    assert (await served.post("/api/reset", json=wanted, headers=bearer(VIEWER))).status_code == 403
    foreign = bearer(OPERATOR) | {"Origin": "http://evil.example"}
    assert (await served.post("/api/reset", json=wanted, headers=foreign)).status_code == 403
    assert (await served.post("/api/reset", json=wanted, headers=bearer(OPERATOR))).status_code == 404
    bad = await served.post("/api/reset", json={"service": "x.>", "instance": "a"}, headers=bearer(OPERATOR))
    assert bad.status_code == 400


async def test_streams_are_so_many_from_an_address_and_the_others_go_on(served):
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            asking = served.stream("GET", "/api/live", headers=bearer(VIEWER))
            assert (await stack.enter_async_context(asking)).status_code == 200
        assert await streams_are_full(served)
        assert (await served.get("/api/me", headers=bearer(VIEWER))).status_code == 200
    await eventually(lambda: streams_are_free(served))


async def streams_are_free(client):
    return not await streams_are_full(client)


async def streams_are_full(client):
    async with client.stream("GET", "/api/live", headers=bearer(VIEWER)) as answer:
        return answer.status_code == 503
