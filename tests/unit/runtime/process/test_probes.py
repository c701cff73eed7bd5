"""Probes and metrics over HTTP: what is asked, what is answered, and when nobody can answer."""

import asyncio
import http.client
import socket
import threading
import time

import pytest
from prometheus_client import CollectorRegistry, Gauge

from fakes.time import FakeTime
from integrations.configuration import ConfigurationError
from integrations.runtime.plant.http import HttpSettings
from integrations.runtime.process.heartbeat import STUCK_SECONDS, Heartbeat
from integrations.runtime.process.probes import MAX_REQUESTS, new_registry, serving_probes


def free_port(host="127.0.0.1", family=socket.AF_INET):
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def ask(port, path, method="GET", host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def wrong():
    return []


@pytest.fixture
def port(wrong):
    registry = CollectorRegistry()
    Gauge("gl003_depth", "d", registry=registry).set(7)
    settings = HttpSettings(port=free_port())
    with serving_probes(settings, registry, {"/healthz": list, "/readyz": lambda: wrong}) as port:
        yield port


def test_what_is_well_is_ok(port):
    assert ask(port, "/healthz") == (200, "ok\n")
    assert ask(port, "/readyz") == (200, "ok\n")


def test_what_is_wrong_is_said(port, wrong):
    wrong += ["not connected to the bus"]
    assert ask(port, "/readyz") == (503, "not connected to the bus\n")
    assert ask(port, "/healthz")[0] == 200


def test_metrics_are_shown_as_prometheus_reads_them(port):
    status, text = ask(port, "/metrics")
    assert status == 200
    assert "# TYPE gl003_depth gauge" in text
    assert "gl003_depth 7.0" in text


def test_nothing_else_is_there(port):
    assert ask(port, "/")[0] == 404
    assert ask(port, "/metrics/x")[0] == 404
    assert ask(port, "/healthz", "POST")[0] == 405


def test_clients_that_only_connect_do_not_keep_others_out(port):
    with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
        assert ask(port, "/healthz")[0] == 200


def test_too_many_clients_are_hung_up_on_and_their_places_come_free(port):
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MAX_REQUESTS + 1)]
    assert idle[-1].recv(1) == b""
    for one in idle:
        one.close()
    deadline = time.monotonic() + 5
    while True:
        try:
            assert ask(port, "/healthz")[0] == 200
            break
        except (http.client.HTTPException, OSError):
            assert time.monotonic() < deadline


def test_a_port_that_is_taken_is_a_fault_by_name():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = HttpSettings(port=taken.getsockname()[1])
        with (
            pytest.raises(ConfigurationError, match=r"http\.port must be free on 127.0.0.1"),
            serving_probes(settings, CollectorRegistry(), {}),
        ):
            pass


def test_a_host_may_be_of_ipv6():
    try:
        port = free_port("::1", socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with serving_probes(HttpSettings("::1", port), CollectorRegistry(), {"/healthz": list}):
        assert ask(port, "/healthz", host="::1")[0] == 200


def test_nothing_is_left_behind():
    before = threading.active_count()
    with serving_probes(HttpSettings(port=free_port()), CollectorRegistry(), {"/healthz": list}) as port:
        ask(port, "/healthz")
    with pytest.raises(OSError, match="refused"):
        ask(port, "/healthz")
    assert threading.active_count() <= before + 1


def test_the_process_is_measured_too():
    names = {family.name for family in new_registry().collect()}
    assert {"process_resident_memory_bytes", "process_cpu_seconds", "process_open_fds"} <= names


async def test_a_heart_that_beats_is_well():
    fake = FakeTime()
    async with Heartbeat(clock=fake.clock, sleep=fake.sleep) as heart:
        await fake.go_on(100)
        assert heart.faults() == []
        assert heart.lag_seconds == 0


async def test_a_stuck_loop_is_found_by_another_thread():
    now = [0.0]
    async with Heartbeat(clock=lambda: now[0], sleep=lambda _: asyncio.Event().wait()) as heart:
        now[0] = STUCK_SECONDS + 1
        assert await asyncio.to_thread(heart.faults) == ["the event loop has been stuck for 16 s"]
        assert heart.lag_seconds == pytest.approx(STUCK_SECONDS + 0.5)
