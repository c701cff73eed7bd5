"""Clients that ask too much of the console, or take nothing of it: they are bounded, others are served."""

import asyncio
import contextlib
import socket
import time
import tracemalloc

import httpx
import msgspec
import pytest

from fakes.console import VIEWER, bearer, console, console_document, free_port
from fakes.readings import batch_of
from fakes.site import SITE, eventually
from integrations.runtime.console import connections, service
from integrations.runtime.console.access import COOKIE
from integrations.runtime.console.fan_out import FanOut

SENSORS, ROUNDS = 500, 60
ANOTHER_ADDRESS = "127.0.0.2"


@pytest.fixture
def fan_out(monkeypatch):
    """The picture that the console hands out from."""
    made = FanOut()
    monkeypatch.setattr(service, "FanOut", lambda: made)
    return made


@contextlib.asynccontextmanager
async def served(url, **more):
    """A console, and a client of it."""
    table = console_document(url, free_port(), **more)
    async with console(table) as address, httpx.AsyncClient(base_url=address, timeout=20) as client:
        yield client


def connected(client, text=b"", receives=None):
    """A bare connection that has said so much, and reads nothing by itself."""
    made = socket.socket()
    if receives:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    made.connect((client.base_url.host, client.base_url.port))
    made.sendall(text)
    made.setblocking(False)
    return made


async def closed(made):
    """Whether the other side has ended a connection, after whatever it has said."""
    try:
        return made.recv(65536) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


LIVE = f"GET /api/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {VIEWER}\r\n\r\n".encode()


async def newest_value(client):
    """Follow the stream; return a function that says what came last of the first sensor."""
    told = []

    async def follow():
        async with client.stream("GET", "/api/live", headers=bearer(VIEWER)) as stream:
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif kind == "values" and line:
                    rows = msgspec.json.decode(line.removeprefix("data: "))
                    told[:] = [row[2] for row in rows if row[0] == 0] or told

    return asyncio.create_task(follow()), told


async def test_a_browser_that_reads_nothing_costs_neither_memory_nor_others_their_time(
    nats_server, streams, fan_out, monkeypatch
):
    monkeypatch.setattr(connections, "TAKE_SECONDS", 3.0)
    async with served(nats_server.url) as client:
        following, told = await newest_value(client)
        stalled = connected(client, LIVE, receives=4096)
        await eventually(lambda: len(fan_out) == 2)

        async def rounds(count):
            for at in range(count):
                for each in range(SENSORS):
                    fan_out.take(f"s{each}", batch_of([time.time()], [float(at)], f"s{each}", site=SITE))
                fan_out.tick()
                await asyncio.sleep(0)

        async def is_stalled():
            await rounds(5)
            await asyncio.sleep(0.1)
            return any(waiting._rows for waiting in fan_out._mailboxes)

        await eventually(is_stalled, 20)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            await rounds(ROUNDS)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert after - before < 1_500_000
        await eventually(lambda: told == [ROUNDS - 1.0])
        await eventually(lambda: len(fan_out) == 1)
        assert not following.done()
        stalled.close()
        following.cancel()


async def test_connections_from_one_address_are_bounded_and_another_is_served(nats_server, streams):
    async with served(nats_server.url, max_browsers_each=2) as client, contextlib.AsyncExitStack() as stack:
        flood = [stack.enter_context(connected(client)) for _ in range(60)]
        ended = [await eventually_closed(one) for one in flood]
        assert ended.count(False) <= 2 * connections.EACH_BROWSER
        elsewhere = httpx.AsyncHTTPTransport(local_address=ANOTHER_ADDRESS)
        async with httpx.AsyncClient(transport=elsewhere, base_url=client.base_url, timeout=20) as other:
            assert (await other.get("/api/me", headers=bearer(VIEWER))).status_code == 200


async def eventually_closed(made):
    for _ in range(5):
        if await closed(made):
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"],
    ids=["nothing", "half a request", "half a body"],
)
async def test_who_does_not_say_what_it_wants_is_let_go(nats_server, streams, monkeypatch, said):
    monkeypatch.setattr(connections, "ASK_SECONDS", 0.3)
    async with served(nats_server.url) as client:
        with connected(client, said) as silent:
            await eventually(lambda: closed(silent))


async def test_a_stream_that_was_asked_for_in_time_outlives_that_patience(nats_server, streams, monkeypatch):
    monkeypatch.setattr(connections, "ASK_SECONDS", 0.3)
    async with served(nats_server.url) as client:
        async with client.stream("GET", "/api/live", headers=bearer(VIEWER)) as stream:
            ticks = 0
            async for line in stream.aiter_lines():
                ticks += line == "event: tick"
                if ticks == 2:
                    break
        assert ticks == 2


async def test_a_stream_ends_with_its_session(nats_server, streams):
    async with served(nats_server.url, session_hours=2 / 3600) as client:
        await client.post("/api/login", json={"token": VIEWER})
        assert COOKIE in client.cookies
        session = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        async with asyncio.timeout(20), client.stream("GET", "/api/live", headers=session) as stream:
            assert stream.status_code == 200
            said = [line async for line in stream.aiter_lines() if line.startswith("event: ")]
        assert said[0] == "event: hello"
        assert (await client.get("/api/me", headers=session)).status_code == 401
        assert (await client.get("/api/live", headers=session)).status_code == 401


async def test_users_that_a_proxy_names_have_the_rights_that_the_plants_file_gives_them(nats_server, streams):
    proxy = {"user_header": "X-Auth-Request-User", "operators": ["ann@example.com"]}
    wanted = {"service": "steam_meter", "instance": "a"}
    async with served(nats_server.url, **proxy) as client:
        ann, bob = ({"X-Auth-Request-User": f"{name}@example.com"} for name in ("ann", "bob"))
        assert (await client.get("/api/me", headers=ann)).json() == {
            "name": "ann@example.com",
            "may_reset": True,
        }
        assert (await client.get("/api/me", headers=bob)).json()["may_reset"] is False
        assert (await client.post("/api/reset", json=wanted, headers=bob)).status_code == 403
        assert (await client.post("/api/reset", json=wanted, headers=ann)).status_code == 404
        assert (await client.get("/api/me")).status_code == 401
    async with served(nats_server.url, **proxy, trusted_proxies=["127.0.0.9"]) as client:
        assert (await client.get("/api/me", headers=ann)).status_code == 401
