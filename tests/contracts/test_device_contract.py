"""What every class of device promises, on real servers: one suite over all benches of fakes/benches.py."""

import asyncio
import json
import math
import re
import time as real_time
from contextlib import suppress

import msgspec
import pytest

from fakes.benches import BENCHES
from fakes.site import eventually
from integrations import CircuitBreakerOpenError, CircuitState
from integrations.devices import ConnectionState, NotConnectedError
from integrations.devices.classes import device_classes
from integrations.messages import Origin, is_bad, is_good

TIMEOUT_SECONDS = 0.4
"""Where a device is silent and the suite waits for it."""
LONG_SECONDS = 70.0
"""Longer than any wait of the suite's configurations."""


def test_every_class_of_device_is_on_a_bench():
    assert {bench.device_class for bench in BENCHES} == set(device_classes())
    assert len({str(bench) for bench in BENCHES}) == len(BENCHES)


async def test_making_a_connector_touches_nothing(rig):
    tasks = asyncio.all_tasks()
    connector = rig.make()
    assert connector.state is ConnectionState.DISCONNECTED
    assert rig.shown is None
    assert not connector.health_status.is_healthy
    assert asyncio.all_tasks() == tasks
    with pytest.raises(NotConnectedError, match="call connect"):
        await rig.polled.sample()
    assert rig.relay.connections == 0


async def test_connect_returns_with_the_first_sample_and_the_getters_have_it(rig):
    connector = rig.make()
    assert await connector.connect() is True
    assert rig.shown == pytest.approx(rig.bench.value)
    assert rig.bench.trusted(connector)
    assert [sample.origin for sample in rig.samples] == [Origin.MEASURED]
    assert is_good(int(rig.last.status[0]))
    assert rig.last.values[0] == pytest.approx(rig.bench.value)
    assert rig.states == [ConnectionState.CONNECTING, ConnectionState.CONNECTED][-len(rig.states) :]
    assert connector.state is ConnectionState.CONNECTED
    assert connector.health_status.is_healthy
    assert await connector.connect() is True


async def test_it_is_polled_on_its_grid_and_when_asked(rig):
    connector = rig.make()
    await connector.connect()
    await rig.pass_time(3)
    assert rig.calls == 4
    assert all(is_good(int(sample.status[0])) for sample in rig.samples if len(sample.status))
    await rig.polled.sample()
    assert (await connector.health_check()).is_healthy
    assert rig.shown == pytest.approx(rig.bench.value)


async def test_silence_is_a_timeout_in_time_and_no_old_value_passes_for_a_new_one(rig):
    connector = rig.make(timeout_seconds=TIMEOUT_SECONDS)
    await connector.connect()
    rig.relay.silent = True
    began = real_time.monotonic()
    with pytest.raises(TimeoutError):
        await rig.polled.sample()
    assert real_time.monotonic() - began >= TIMEOUT_SECONDS * 0.9
    assert await rig.pass_time(15, lambda: is_bad(int(rig.last.status[0])))  # reports are missed after 10 s
    assert math.isnan(rig.last.values[0])
    assert rig.last.origin is Origin.MEASURED
    assert not rig.bench.trusted(connector)
    assert connector.state is not ConnectionState.CONNECTED
    assert not connector.health_status.is_healthy
    rig.relay.silent = False
    await rig.is_back()
    assert rig.shown == pytest.approx(rig.bench.value)


async def test_a_call_that_fails_is_tried_again_and_counted_once(rig):
    connector = rig.make(
        timeout_seconds=TIMEOUT_SECONDS, max_retries=3, retry_delay_seconds=0.25, retry_backoff_multiplier=1.0
    )
    await connector.connect()
    calls = connector.get_metrics()["total_calls"]
    rig.relay.silent = True
    asking = asyncio.create_task(rig.polled.sample())
    await eventually(lambda: connector.metrics.total_retries == 1, 3.0)
    rig.relay.silent = False
    await rig.time.go_on(0.25)
    await eventually(lambda: asking.done() or connector.metrics.total_retries > 1, 3.0)
    await rig.time.go_on(0.25)
    sample = await asyncio.wait_for(asking, 3.0)
    assert is_good(int(sample.status[0]))
    metrics = connector.get_metrics()
    assert (metrics["total_calls"], metrics["failed_calls"]) == (calls + 1, 0)
    assert metrics["total_retries"] in {1, 2}


async def test_the_breaker_opens_after_its_threshold_tries_again_and_closes(rig):
    connector = rig.make(circuit_failure_threshold=3, circuit_timeout_seconds=30.0)
    await connector.connect()
    await rig.relay.stop()
    assert await rig.pass_time(8, lambda: rig.circuits == [CircuitState.OPEN])
    assert connector.circuit_breaker.failure_count == 3
    assert connector.state is ConnectionState.CIRCUIT_OPEN
    with pytest.raises(CircuitBreakerOpenError):
        await rig.polled.sample()
    await rig.time.go_on(30.0)
    await eventually(lambda: len(rig.circuits) >= 3, 3.0)
    assert rig.circuits[:3] == [CircuitState.OPEN, CircuitState.HALF_OPEN, CircuitState.OPEN]
    await rig.relay.start()
    await asyncio.sleep(0.25)  # a Modbus line tells everybody for 0.2 s that it was refused
    await rig.time.go_on(31.0)
    await rig.is_back()
    await eventually(lambda: rig.circuits[-1] is CircuitState.CLOSED or rig.time.go_on(1.0))
    assert connector.get_metrics()["circuit_breaker"] == {"state": "closed", "failure_count": 0}


async def test_without_a_breaker_every_poll_asks(rig):
    connector = rig.make(enable_circuit_breaker=False)
    await connector.connect()
    assert connector.circuit_breaker is None
    await rig.relay.stop()
    assert await rig.pass_time(3, lambda: connector.metrics.failed_calls > 0)
    assert connector.get_metrics()["circuit_breaker"] is None
    await rig.relay.start()
    await rig.is_back()


async def test_a_server_that_restarts_is_found_again(rig):
    connector = rig.make()
    await connector.connect()
    await rig.relay.stop()
    assert await rig.pass_time(5, lambda: rig.last.status.size and is_bad(int(rig.last.status[0])))
    assert connector.state is ConnectionState.RECONNECTING
    assert not rig.bench.trusted(connector)
    await rig.relay.start()
    await rig.is_back()
    assert rig.shown == pytest.approx(rig.bench.value)
    assert is_good(int(rig.polled.latest.status[0]))


async def test_a_server_that_comes_later_is_found(rig):
    connector = rig.make()
    await rig.relay.stop()
    assert await connector.connect() is False
    assert rig.shown is None
    assert connector.state in {ConnectionState.FAILED, ConnectionState.RECONNECTING}
    await rig.relay.start()
    await rig.is_back()
    assert rig.shown == pytest.approx(rig.bench.value)


async def test_a_cancelled_connect_leaves_nothing_and_can_be_repeated(rig):
    connector = rig.make(timeout_seconds=30.0)
    tasks = asyncio.all_tasks()
    rig.relay.silent = True
    connecting = asyncio.create_task(connector.connect())
    await eventually(lambda: rig.relay.open)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert connector.state is ConnectionState.DISCONNECTED
    await eventually(lambda: not rig.relay.open, 2.0)
    assert asyncio.all_tasks() <= tasks
    rig.relay.silent = False
    assert await connector.connect() is True


async def test_a_cancelled_poll_leaves_nothing_and_the_next_one_is_answered(rig):
    connector = rig.make(timeout_seconds=5.0)
    await connector.connect()
    tasks = asyncio.all_tasks()
    rig.relay.silent = True
    asking = asyncio.create_task(rig.polled.sample())
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    rig.relay.silent = False
    assert {
        task for task in asyncio.all_tasks() - tasks if "relay" not in task.get_coro().__qualname__.lower()
    } == set()
    assert is_good(int((await rig.polled.sample()).status[0]))
    assert connector.get_metrics()["failed_calls"] == 0


async def test_disconnect_ends_everything_and_may_be_repeated(rig):
    connector = rig.make()
    await connector.disconnect()
    tasks = asyncio.all_tasks()
    await connector.connect()
    await connector.disconnect()
    await connector.disconnect()
    assert connector.state is ConnectionState.DISCONNECTED
    assert connector.connection is None
    await eventually(lambda: not rig.relay.open, 2.0)
    assert asyncio.all_tasks() <= tasks
    seen = len(rig.samples)
    await rig.time.go_on(LONG_SECONDS)
    assert len(rig.samples) == seen
    with pytest.raises(NotConnectedError):
        await rig.polled.sample()
    assert await connector.connect() is True
    assert rig.shown == pytest.approx(rig.bench.value)


async def test_metrics_and_health_are_plain_and_complete(rig):
    connector = rig.make()
    await connector.connect()
    await rig.relay.stop()
    with suppress(Exception):
        await rig.polled.sample()
    metrics = json.loads(msgspec.json.encode(connector.get_metrics()))
    assert metrics["total_calls"] == metrics["successful_calls"] + metrics["failed_calls"] >= 2
    assert metrics["failed_calls"] >= 1
    assert metrics["avg_response_time_ms"] >= 0
    assert re.match(r"\d{4}-\d\d-\d\dT", metrics["last_call_time"])
    assert set(metrics["health"]) == {
        "is_healthy", "consecutive_failures", "last_check", "response_time_ms",
    }  # fmt: skip
    assert metrics["circuit_breaker"]["state"] == "closed"
    assert metrics["state"] in {state.value for state in ConnectionState}
    health = await connector.health_check()
    assert not health.is_healthy
    assert health.consecutive_failures >= 1
    assert health.last_error


async def test_what_it_runs_for_others_goes_through_retry_and_metrics(rig):
    connector = rig.make(max_retries=0)
    await connector.connect()
    before = connector.get_metrics()["total_calls"]

    async def fails():
        raise OSError("no answer")

    async def answers(value):
        return value

    with pytest.raises(OSError, match="no answer"):
        await connector.execute_with_retry(fails)
    assert await connector.execute_with_retry(answers, 7) == 7
    metrics = connector.get_metrics()
    assert (metrics["total_calls"], metrics["failed_calls"]) == (before + 2, 1)
