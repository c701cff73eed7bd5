"""PolledConnector: the grid, lost polls, simulation, on a device that answers when the test says so."""

import asyncio
import math

import numpy as np
import pytest

from fakes.polled import Meter, config
from fakes.time import settled
from integrations.configuration import ConfigurationError
from integrations.devices import (
    ConnectionState,
    DeviceEvent,
    NotConnectedError,
)
from integrations.messages import Origin, Status
from integrations.protocols import ProtocolConnectionError, ProtocolTimeoutError
from integrations.protocols.modbus import CannotConnectError
from integrations.resilience import CircuitBreakerOpenError


@pytest.fixture
async def meter(time):
    meters = []

    def made(*arguments, **fields):
        meters.append(Meter(*(arguments or (config(**fields),)), time))
        return meters[-1]

    yield made
    for one in meters:
        await one.disconnect()


async def test_connect_returns_with_the_first_sample_in_hand(meter):
    device = meter()
    assert await device.connect() is True
    assert device.state is ConnectionState.CONNECTED
    assert device.latest.values.tolist() == [1.0, 7.0]
    assert device.shown is device.latest
    assert len(device.samples) == 1


async def test_polls_come_on_the_grid_however_long_they_take(meter, time):
    device = meter()
    device.takes = 0.3
    connecting = asyncio.create_task(device.connect())
    await time.go_on(0.3)
    assert await connecting
    await time.go_on(3.5)
    # the grid starts when connect() is through
    assert device.seconds == pytest.approx([0.3, 1.6, 2.6, 3.6])
    assert device.grid.overruns == 0


async def test_polls_that_take_too_long_are_counted_not_piled_up(meter, time):
    device = meter()
    await device.connect()
    device.takes = 2.5
    await time.go_on(10)
    assert device.seconds == pytest.approx([0, 3.5, 6.5, 9.5])
    assert device.grid.overruns == 6
    await time.go_on(2.5)
    assert device.health_status.metadata["overruns"] == device.grid.overruns == 8


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ProtocolTimeoutError("late"), Status.BAD_TIMEOUT),
        (TimeoutError(), Status.BAD_TIMEOUT),
        (ProtocolConnectionError("gone"), Status.BAD_NOT_CONNECTED),
        (CannotConnectError("refused", line="10.0.0.1:502"), Status.BAD_NO_COMMUNICATION),
        (CircuitBreakerOpenError("m", 1.0), Status.BAD_NO_COMMUNICATION),
        (OSError("odd"), Status.BAD_COMMUNICATION_ERROR),
        (ConfigurationError([]), Status.BAD_COMMUNICATION_ERROR),
        (ZeroDivisionError("a bug"), Status.BAD_COMMUNICATION_ERROR),
    ],
)
async def test_a_lost_poll_is_a_sample_without_values_that_says_why(meter, time, error, status):
    device = meter()
    await device.connect()
    good = device.latest
    device.down = error
    await time.go_on(1)
    lost = device.samples[-1]
    assert np.isnan(lost.values).all()
    assert lost.status.tolist() == [status, status]
    assert (lost.time_ns, lost.origin) == (time.now_ns(), Origin.MEASURED)
    assert device.latest is good
    assert device.shown is good
    assert device.stale
    assert device.state is ConnectionState.RECONNECTING
    device.down = None
    await time.go_on(1)
    assert (device.state, device.stale) == (ConnectionState.CONNECTED, False)


async def test_health_follows_the_polls_without_being_asked(meter, time):
    device = meter()
    await device.connect()
    assert device.get_metrics()["health"]["is_healthy"] is True
    device.down = OSError("gone")
    await time.go_on(3)
    assert device.get_metrics()["health"]["is_healthy"] is False
    assert device.get_metrics()["health"]["consecutive_failures"] == 3
    assert device.health_status.last_error == "gone"
    device.down = None
    await time.go_on(1)
    assert device.health_status.is_healthy
    assert device.health_status.last_error is None


async def test_the_breaker_spares_a_dead_device_and_every_lost_poll_is_told(meter, time):
    device = meter(circuit_failure_threshold=3, circuit_timeout_seconds=10)
    await device.connect()
    device.down = OSError("gone")
    await time.go_on(8)
    assert device.state is ConnectionState.CIRCUIT_OPEN
    assert device.asked == 4
    assert len(device.samples) == 9
    assert device.samples[-1].status.tolist() == [Status.BAD_NO_COMMUNICATION] * 2
    with pytest.raises(CircuitBreakerOpenError):
        await device.sample()
    device.down = None
    await time.go_on(8)
    assert device.state is ConnectionState.CONNECTED


async def test_what_is_asked_for_is_tried_again_and_the_grid_goes_on_meanwhile(meter, time):
    device = meter(enable_circuit_breaker=False)
    await device.connect()
    device.down = OSError("gone")
    asking = asyncio.create_task(device.sample())
    await time.go_on(4)
    assert not asking.done()
    assert len(device.samples) == 5
    device.down = None
    await time.go_on(1)
    assert (await asking).values[1] == 7.0
    assert device.metrics.total_retries == 1


async def test_one_sample_is_asked_for_at_a_time(meter, time):
    device = meter()
    await device.connect()
    device.takes = 0.5
    first, second = asyncio.create_task(device.sample()), asyncio.create_task(device.sample())
    await time.go_on(0.4)
    assert device.asked == 2
    await time.go_on(0.6)
    assert (await first).values[0] == 2
    assert (await second).values[0] == 3


async def test_asking_without_connect_or_after_disconnect_is_an_error(meter, time):
    device = meter()
    with pytest.raises(NotConnectedError, match=r"10\.0\.0\.1:502 is not connected: call connect\(\) first"):
        await device.sample()
    await device.connect()
    await device.disconnect()
    with pytest.raises(NotConnectedError):
        await device.sample()
    assert device.asked == 1


async def test_a_retry_after_disconnect_does_not_open_the_device_again(meter, time):
    device = meter()
    await device.connect()
    device.down = OSError("gone")
    asking = asyncio.create_task(device.sample())
    await settled()
    asked = device.asked
    await device.disconnect()
    await time.go_on(10)
    with pytest.raises(NotConnectedError):
        await asking
    assert device.asked == asked


async def test_an_answer_that_comes_after_disconnect_does_not_connect(meter, time):
    device = meter()
    await device.connect()
    device.takes = 0.5
    asking = asyncio.create_task(device.sample())
    await settled()
    await device.disconnect()
    await time.go_on(1)
    with pytest.raises(NotConnectedError):
        await asking
    assert device.state is ConnectionState.DISCONNECTED


async def test_connect_after_disconnect_polls_again(meter, time):
    device = meter()
    for _ in range(2):
        assert await device.connect()
        await time.go_on(2)
        await device.disconnect()
    assert device.asked == 6


async def test_never_means_no_simulated_reading_and_reconnection_in_the_background(meter, time):
    device = meter()
    device.down = OSError("gone")
    assert await device.connect() is False
    assert device.state is ConnectionState.FAILED
    assert device.latest is None
    assert device.shown is None
    await time.go_on(2)
    assert device.origins == ["measured"] * 3
    assert all(np.isnan(sample.values).all() for sample in device.samples)
    device.down = None
    await time.go_on(1)
    assert device.state is ConnectionState.CONNECTED
    assert device.latest.values[1] == 7.0


async def test_fallback_simulates_until_the_device_is_there(meter, time):
    device = meter(simulation="fallback")
    device.down = OSError("gone")
    assert await device.connect() is True
    assert device.simulating
    assert device.state is ConnectionState.FAILED
    assert device.shown.origin is Origin.SIMULATED
    asked = device.asked
    assert (await device.sample()).origin is Origin.SIMULATED
    assert device.asked == asked
    health = await device.health_check()
    assert health.is_healthy is False
    assert health.metadata["simulated"] is True
    await time.go_on(2)
    assert device.asked == asked + 2
    device.down = None
    await time.go_on(1)
    assert device.state is ConnectionState.CONNECTED
    assert not device.simulating
    assert device.origins[-1] == "measured"
    assert (await device.health_check()).metadata["simulated"] is False


async def test_fallback_simulates_when_the_device_goes_away(meter, time):
    device = meter(simulation="fallback")
    await device.connect()
    device.down = OSError("gone")
    await time.go_on(1)
    assert device.simulating
    assert device.shown.status.tolist() == [Status.GOOD_EDITED] * 2
    assert await device.connect() is True


async def test_always_never_asks_the_device(meter, time):
    device = meter(simulation="always")
    assert await device.connect() is True
    await time.go_on(2)
    await device.sample()
    assert device.asked == 0
    assert device.origins == ["simulated"] * 4
    health = await device.health_check()
    assert (health.is_healthy, health.metadata["simulated"]) == (True, True)
    assert device.state is ConnectionState.CONNECTED


@pytest.mark.parametrize(("word", "connected"), [("never", False), ("FALLBACK", True), (" always ", True)])
async def test_the_environment_overrides_the_policy(meter, monkeypatch, word, connected):
    monkeypatch.setenv("SIMULATION", word)
    device = meter(simulation="never" if connected else "always")
    device.down = OSError("gone")
    assert await device.connect() is connected
    assert device.policy == word.strip().lower()


async def test_a_wrong_word_in_the_environment_is_named(meter, monkeypatch):
    monkeypatch.setenv("SIMULATION", "maybe")
    expected = "environment.SIMULATION must be one of fallback, never, always, got 'maybe'"
    with pytest.raises(ConfigurationError, match=expected):
        await meter().connect()


async def test_a_device_that_is_a_simulator_is_marked_so(meter, time):
    device = meter(simulated=True)
    await device.connect()
    assert device.latest.origin is Origin.SIMULATED
    assert device.latest.status.tolist() == [Status.GOOD_EDITED] * 2
    assert device.latest.values.tolist() == [1.0, 7.0]
    device.down = OSError("gone")
    await time.go_on(1)
    assert device.origins[-1] == "simulated"
    assert math.isnan(device.samples[-1].values[0])
    assert device.health_status.metadata["simulated"] is True


async def test_observers_that_fail_cost_no_poll(meter, time):
    device = meter()

    async def broken(sample):
        raise RuntimeError("a bug elsewhere")

    device.on_sample(broken)
    device.on_event(lambda event: 1 / 0)
    assert await device.connect()
    device._tell(DeviceEvent("rollover", "text", {}))
    await time.go_on(3)
    assert len(device.samples) == 4
    assert device.metrics.failed_calls == 0
    assert device.state is ConnectionState.CONNECTED


async def test_a_bug_in_taking_a_sample_does_not_end_the_polling(meter, time):
    device = meter()
    await device.connect()
    device._accept = lambda sample: 1 / 0
    device._grow_stale = device._accept
    await time.go_on(2)
    del device._accept, device._grow_stale
    await time.go_on(1)
    assert device.latest.values[0] == 4.0
    assert device.state is ConnectionState.CONNECTED


async def test_a_poll_has_three_timeouts_altogether(meter, time):
    device = meter(timeout_seconds=0.01)
    assert device._calls.limit_seconds == pytest.approx(0.03)
    device.takes = 1e9
    assert await device.connect() is False
    assert device.last_error == "no answer in time"
    assert device.samples[-1].status.tolist() == [Status.BAD_TIMEOUT] * 2
