"""What every class of device promises, on real servers: one suite over all benches of fakes/benches.py."""

import asyncio
import json
import re
import time as real_time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from fakes.benches import BENCHES, end_shared_servers
from fakes.relay import Relay
from fakes.site import eventually
from fakes.time import FakeTime
from integrations import CircuitBreakerOpenError, CircuitState
from integrations.devices import ConnectionState, NotConnectedError
from integrations.devices.classes import device_classes
from integrations.devices.writes import TagWriter
from integrations.messages import Origin, is_bad, is_good

TIMEOUT_SECONDS = 0.3
BAD_MINUTE = 70.0
"""Longer than any wait of the suite's configurations."""


class Rig:
    """A connector, its real server, and the relay between them.

    The connector's monotonic clock and its sleep are the test's; UTC is real, as it is to the servers.
    """

    def __init__(self, bench, relay):
        self.bench = bench
        self.relay = relay
        self.time = FakeTime()
        self.connector = None
        self.samples = []
        self.states = []
        self.circuits = []
        self.events = []

    def make(self, **fields):
        """Return a connector of the bench; `fields` go into its configuration."""
        config = self.bench.config(**{
            "host": "127.0.0.1", "port": self.relay.port, "timeout_seconds": TIMEOUT_SECONDS,
            "max_retries": 0, "simulation": "never", **self.bench.fields, **fields,
        })  # fmt: skip
        self.connector = connector = self.bench.connector(
            config, clock=self.time.clock, sleep=self.time.sleep
        )
        connector.on_state(lambda change: self.states.append(change.after))
        connector.on_event(self.events.append)
        if connector.circuit_breaker:
            connector.circuit_breaker.observe(lambda change: self.circuits.append(change.after))
        self.polled.on_sample(self._keep)
        return connector

    @property
    def polled(self):
        """What is polled behind the connector: itself, or its one unit."""
        return getattr(self.connector, "units", (self.connector,))[0]

    @property
    def shown(self):
        return self.bench.shown(self.connector)

    @property
    def calls(self):
        return self.connector.metrics.total_calls

    @property
    def last(self):
        return self.samples[-1]

    async def _keep(self, sample):
        self.samples.append(sample)

    async def pass_time(self, seconds, until=lambda: False):
        """Let the connector's time pass a second at a time, and what it does with it happen."""
        for _ in range(round(seconds)):
            calls = self.calls
            await self.time.go_on(1.0)
            await eventually(lambda calls=calls: self.calls > calls, 3.0)
            if until():
                return True
        return until()

    async def is_back(self):
        """Let time pass until the device is connected and vouched for again."""

        async def look():
            await self.time.go_on(1.0)
            await asyncio.sleep(0.05)
            connected = self.connector.state is ConnectionState.CONNECTED
            return connected and self.bench.trusted(self.connector)

        await eventually(look)


def sockets():
    """Return the sockets that this process has open."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = str(link.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found


@pytest.fixture(scope="module", autouse=True)
def shared_servers():
    yield
    end_shared_servers()


@pytest.fixture(autouse=True)
def no_simulation_in_the_environment(monkeypatch):
    monkeypatch.delenv("SIMULATION", raising=False)


@pytest.fixture(params=BENCHES, ids=str)
async def rig(request):
    """One bench, its server running; afterwards neither task nor socket may be left of it."""
    bench = request.param
    async with bench.server() as port:
        before = sockets()
        async with Relay(port) as relay:
            rig = Rig(bench, relay)
            yield rig
            if rig.connector:
                await rig.connector.disconnect()
            await eventually(lambda: not relay.open, 2.0)
        await eventually(lambda: sockets() <= before, 2.0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


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
    connector = rig.make()
    await connector.connect()
    rig.relay.silent = True
    began = real_time.monotonic()
    with pytest.raises(TimeoutError):
        await rig.polled.sample()
    assert TIMEOUT_SECONDS * 0.9 <= real_time.monotonic() - began < 5 * TIMEOUT_SECONDS
    assert await rig.pass_time(15, lambda: is_bad(int(rig.last.status[0])))  # reports are missed after 10 s
    assert rig.last.values[0] != rig.last.values[0]
    assert rig.last.origin is Origin.MEASURED
    assert not rig.bench.trusted(connector)
    assert connector.state is not ConnectionState.CONNECTED
    assert not connector.health_status.is_healthy
    rig.relay.silent = False
    await rig.is_back()
    assert rig.shown == pytest.approx(rig.bench.value)


async def test_a_call_that_fails_is_tried_again_and_counted_once(rig):
    connector = rig.make(max_retries=3, retry_delay_seconds=0.25, retry_backoff_multiplier=1.0)
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
    assert await rig.pass_time(5, lambda: is_bad(int(rig.last.status[0])))
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
    await rig.time.go_on(BAD_MINUTE)
    assert len(rig.samples) == seen
    with pytest.raises(NotConnectedError):
        await rig.polled.sample()
    assert await connector.connect() is True
    assert rig.shown == pytest.approx(rig.bench.value)


async def test_never_simulated_means_no_value_until_there_is_one(rig):
    connector = rig.make(simulation="never")
    await rig.relay.stop()
    with capture_logs() as logs:
        assert await connector.connect() is False
    assert rig.shown is None
    assert {sample.origin for sample in rig.samples} <= {Origin.MEASURED}
    assert all(is_bad(int(code)) for sample in rig.samples for code in sample.status)
    assert not any("SIMULATED" in entry["event"] for entry in logs)
    assert not connector.health_status.metadata["simulated"]


async def test_fallback_simulates_says_so_everywhere_and_yields_to_the_device(rig):
    connector = rig.make(simulation="fallback")
    await rig.relay.stop()
    with capture_logs() as logs:
        assert await connector.connect() is True
    (said,) = [entry for entry in logs if "SIMULATED" in entry["event"]]
    assert said["log_level"] == "warning"
    assert rig.shown is not None
    assert {sample.origin for sample in rig.samples} == {Origin.SIMULATED}
    assert all(code != 0 for code in rig.last.status.tolist())
    assert not rig.bench.trusted(connector)
    assert connector.health_status.metadata["simulated"] is True
    assert not (await connector.health_check()).is_healthy
    await rig.relay.start()
    await rig.is_back()
    assert rig.last.origin is Origin.MEASURED
    assert rig.shown == pytest.approx(rig.bench.value)
    assert connector.health_status.metadata["simulated"] is False


async def test_always_simulated_never_touches_the_network(rig):
    connector = rig.make(simulation="always")
    with capture_logs() as logs:
        assert await connector.connect() is True
    assert any("SIMULATED" in entry["event"] for entry in logs)
    await rig.time.go_on(2.0)
    assert rig.relay.connections == 0
    assert {sample.origin for sample in rig.samples} == {Origin.SIMULATED}
    assert rig.shown is not None
    assert not rig.bench.trusted(connector)


async def test_the_environment_has_the_last_word_on_simulation(rig, monkeypatch):
    monkeypatch.setenv("SIMULATION", "never")
    connector = rig.make(simulation="fallback")
    await rig.relay.stop()
    assert await connector.connect() is False
    assert rig.shown is None


async def test_a_write_is_never_simulated(rig):
    connector = rig.make(simulation="fallback")
    if not isinstance(connector, TagWriter):
        return  # nothing of this class can be written to
    await rig.relay.stop()
    await connector.connect()
    assert await connector.write_tag("STEAM.SETPOINT", 11.0) is False
    (event,) = [event for event in rig.events if event.kind == "tag_write"]
    assert event.facts["written"] is False
    assert "never simulated" in event.facts["reason"]


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


async def test_a_device_that_is_itself_a_simulator_says_so_in_every_sample(rig):
    connector = rig.make(simulated=True)
    assert await connector.connect() is True
    assert rig.shown == pytest.approx(rig.bench.value)
    assert {sample.origin for sample in rig.samples} == {Origin.SIMULATED}
    assert all(code != 0 for code in rig.last.status.tolist())
    assert not rig.bench.trusted(connector)
