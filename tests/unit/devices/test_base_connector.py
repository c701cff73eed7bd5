"""BaseConnector: what every connector promises, tried on one whose device is a few attributes."""

import asyncio
import inspect

import pytest

from fakes.device import Device, answer, config, failing, refuse, states
from fakes.time import FakeTime, settled
from integrations import BaseConnector
from integrations.devices import ConnectionState, StateChange
from integrations.resilience import CircuitBreakerOpenError, CircuitState


def test_defaults_are_those_that_users_know():
    known = config()
    assert (known.timeout_seconds, known.max_retries, known.retry_delay_seconds) == (30, 3, 5)
    assert (known.retry_backoff_multiplier, known.max_retry_delay_seconds) == (2.0, 300)
    assert (known.enable_circuit_breaker, known.circuit_failure_threshold) == (True, 5)
    assert (known.circuit_timeout_seconds, known.health_check_interval_seconds) == (60, 30)
    assert (known.connection_pool_size, known.enable_metrics) == (5, True)
    assert [state.value for state in ConnectionState] == [state.name.lower() for state in ConnectionState]


async def test_a_call_passes_its_arguments_and_its_answer():
    assert await Device().execute_with_retry(answer, 21, twice=True) == 42


async def test_three_retries_wait_5_10_and_20_seconds():
    time = FakeTime()
    device = Device(clock=time.clock, sleep=time.skip)
    assert await device.execute_with_retry(failing(3)) == 42
    assert time.sleeps == [5, 10, 20]
    assert device.get_metrics()["total_retries"] == 3


async def test_the_wait_has_its_ceiling():
    time = FakeTime()
    device = Device(config(max_retries=5, max_retry_delay_seconds=30), sleep=time.skip)
    await device.execute_with_retry(failing(5))
    assert time.sleeps == [5, 10, 20, 30, 30]


async def test_a_failed_call_counts_once_and_its_last_error_reaches_the_caller():
    device = Device(sleep=FakeTime().skip)
    with pytest.raises(OSError, match="no answer"):
        await device.execute_with_retry(refuse)
    metrics = device.get_metrics()
    assert (metrics["total_calls"], metrics["failed_calls"], metrics["successful_calls"]) == (1, 1, 0)
    assert metrics["total_retries"] == 3
    assert metrics["circuit_breaker"] == {"state": "closed", "failure_count": 1}
    assert device.last_error == "no answer"


async def test_a_call_that_takes_too_long_is_a_timeout():
    device = Device(config(timeout_seconds=0.01, max_retries=0))
    with pytest.raises(TimeoutError):
        await device.execute_with_retry(asyncio.Event().wait)
    assert device.last_error == "no answer in time"


async def test_every_try_has_the_whole_timeout():
    tries = []

    async def slow():
        tries.append(1)
        await asyncio.Event().wait()

    device = Device(config(timeout_seconds=0.01), sleep=FakeTime().skip)
    with pytest.raises(TimeoutError):
        await device.execute_with_retry(slow)
    assert len(tries) == 4


async def test_the_breaker_opens_after_five_failed_calls_and_refuses_without_asking():
    time = FakeTime()
    device = Device(clock=time.clock, sleep=time.skip)
    for _ in range(5):
        with pytest.raises(OSError, match="no answer"):
            await device.execute_with_retry(refuse)
    asked = []
    with pytest.raises(CircuitBreakerOpenError):
        await device.execute_with_retry(asked.append, 1)
    assert asked == []
    assert device.circuit_breaker.state is CircuitState.OPEN
    assert device.get_metrics()["circuit_breaker"] == {"state": "open", "failure_count": 5}
    assert device.get_metrics()["failed_calls"] == 6
    time.seconds += 60
    assert await device.execute_with_retry(answer) == 1


async def test_the_state_shows_an_open_circuit_while_connected(time):
    device = Device(config(circuit_failure_threshold=1, max_retries=0), **time.options)
    await device.connect()
    with pytest.raises(OSError, match="no answer"):
        await device.execute_with_retry(refuse)
    assert device.state is ConnectionState.CIRCUIT_OPEN
    device.circuit_breaker.reset()
    await device.execute_with_retry(answer)
    assert device.state is ConnectionState.CONNECTED
    await device.disconnect()


async def test_without_breaker_every_call_is_tried():
    device = Device(config(enable_circuit_breaker=False, max_retries=0))
    for _ in range(10):
        with pytest.raises(OSError, match="no answer"):
            await device.execute_with_retry(refuse)
    assert device.circuit_breaker is None
    assert device.get_metrics()["circuit_breaker"] is None


async def test_metrics_have_the_keys_and_values_that_users_know(time):
    device = Device(**time.options)
    await device.connect()

    async def takes(seconds):
        time.seconds += seconds

    await device.execute_with_retry(takes, 0.010)
    await device.execute_with_retry(takes, 0.030)
    metrics = device.get_metrics()
    assert set(metrics) == {
        "total_calls", "successful_calls", "failed_calls", "total_retries", "avg_response_time_ms",
        "last_call_time", "state", "health", "circuit_breaker",
    }  # fmt: skip
    assert set(metrics["health"]) == {
        "is_healthy", "consecutive_failures", "last_check", "response_time_ms",
    }  # fmt: skip
    assert metrics["avg_response_time_ms"] == pytest.approx(20)
    assert metrics["state"] == "connected"
    assert metrics["health"]["is_healthy"] is True
    assert metrics["last_call_time"].tzinfo is not None
    await device.disconnect()


async def test_the_mean_response_time_is_that_of_the_last_hundred_calls(time):
    device = Device(**time.options)

    async def takes(seconds):
        time.seconds += seconds

    for seconds in [10.0] * 50 + [0.001] * 100:
        await device.execute_with_retry(takes, seconds)
    assert device.metrics.avg_response_time_ms == pytest.approx(1)


async def test_metrics_that_are_switched_off_count_nothing():
    device = Device(config(enable_metrics=False), sleep=FakeTime().skip)
    await device.execute_with_retry(failing(2))
    metrics = device.get_metrics()
    assert (metrics["total_calls"], metrics["total_retries"]) == (0, 0)


async def test_construction_does_nothing_and_connect_tells_what_it_did(time):
    device = Device(**time.options)
    seen = []
    device.on_state(seen.append)
    assert (device.opened, device.state) == (0, ConnectionState.DISCONNECTED)
    assert await device.connect() is True
    assert seen == [
        StateChange(ConnectionState.DISCONNECTED, ConnectionState.CONNECTING, "connect"),
        StateChange(ConnectionState.CONNECTING, ConnectionState.CONNECTED, "the device answered"),
    ]
    assert await device.connect() is True
    assert device.opened == 1
    await device.disconnect()
    assert seen[-1].after is ConnectionState.DISCONNECTED


async def test_a_failed_connect_goes_on_trying_in_the_background(time):
    device = Device(**time.options)
    seen = states(device)
    device.up = False
    assert await device.connect() is False
    assert device.state is ConnectionState.FAILED
    assert device.health_status.is_healthy is False
    assert device.last_error == "no route"
    await time.go_on(100)
    assert device.state is ConnectionState.RECONNECTING
    device.up = True
    await time.go_on(400)
    assert device.state is ConnectionState.CONNECTED
    assert seen == [
        ConnectionState.CONNECTING,
        ConnectionState.FAILED,
        ConnectionState.RECONNECTING,
        ConnectionState.CONNECTED,
    ]
    await device.disconnect()


async def test_waits_between_reconnections_grow_with_jitter_up_to_the_ceiling(time):
    device = Device(config(max_retry_delay_seconds=40), **time.options)
    device.up = False
    await device.connect()
    await time.go_on(600)
    ceilings = [5, 10, 20, 40, 40, 40]
    assert all(0 <= wait <= most for wait, most in zip(time.sleeps, ceilings, strict=False))
    assert max(time.sleeps) <= 40
    assert len(set(time.sleeps)) > 3
    await device.disconnect()


async def test_an_unhealthy_device_is_connected_anew(time):
    device = Device(config(health_check_interval_seconds=10), **time.options)
    seen = states(device)
    await device.connect()
    device.up = False
    await time.go_on(10)
    assert device.state is ConnectionState.RECONNECTING
    assert device.health_status.last_error == "no route"
    device.up = True
    await time.go_on(60)
    assert seen[-1] is ConnectionState.CONNECTED
    assert (device.opened, device.closed) == (2, 1)
    await device.disconnect()


async def test_health_check_never_raises_and_counts_failures_in_a_row(time):
    device = Device(**time.options)
    device.up = False
    for failures in (1, 2):
        health = await device.health_check()
        assert (health.is_healthy, health.consecutive_failures, health.last_error) == (
            False,
            failures,
            "no route",
        )
    device.down = TimeoutError()
    assert (await device.health_check()).last_error == "no answer in time"
    device.up = True
    health = await device.health_check()
    assert (health.is_healthy, health.consecutive_failures, health.last_error) == (True, 0, None)
    assert health.state.value == "disconnected"
    assert health.response_time_ms == 0


async def test_a_health_check_that_hangs_is_unhealthy():
    class Hanging(Device):
        async def _health_check_impl(self):
            await asyncio.Event().wait()

    assert (await Hanging(config(timeout_seconds=0.01)).health_check()).is_healthy is False


async def test_cancelling_passes_through_and_counts_as_nothing():
    device = Device()
    call = asyncio.create_task(device.execute_with_retry(asyncio.Event().wait))
    await settled()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert device.get_metrics()["total_calls"] == 0
    assert device.circuit_breaker.failure_count == 0


async def test_a_connect_that_is_cancelled_leaves_nothing_open():
    class Hanging(Device):
        async def _connect_impl(self):
            await asyncio.Event().wait()

    device = Hanging()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await device.connect()
    assert (device.state, device.closed) == (ConnectionState.DISCONNECTED, 1)


async def test_two_connects_at_once_open_once(time):
    device = Device(**time.options)
    assert await asyncio.gather(device.connect(), device.connect()) == [True, True]
    assert device.opened == 1
    await device.disconnect()


async def test_disconnect_ends_the_background_and_may_be_repeated(time):
    device = Device(**time.options)
    await device.disconnect()
    device.up = False
    await device.connect()
    await settled()
    await device.disconnect()
    await device.disconnect()
    assert device.state is ConnectionState.DISCONNECTED


async def test_a_connection_that_does_not_close_well_is_made_anew_all_the_same(time):
    class Sticky(Device):
        async def _disconnect_impl(self):
            if not self.up:
                raise OSError("already gone")

    device = Sticky(config(health_check_interval_seconds=1), **time.options)
    await device.connect()
    device.up = False
    await time.go_on(400)
    device.up = True
    await time.go_on(400)
    assert device.state is ConnectionState.CONNECTED
    await device.disconnect()


async def test_an_observer_that_fails_harms_nobody(time):
    device = Device(**time.options)
    device.on_state(lambda change: 1 / 0)
    seen = states(device)
    assert await device.connect() is True
    assert seen[-1] is ConnectionState.CONNECTED
    await device.disconnect()


async def test_the_custom_connector_of_the_handbook_can_be_made(time):
    class CustomConnector(BaseConnector):
        async def _connect_impl(self) -> bool:
            # Implement connection logic
            pass

        async def _disconnect_impl(self):
            # Implement disconnection logic
            pass

        async def _health_check_impl(self) -> bool:
            # Implement health check
            pass

    connector = CustomConnector(config(), **time.options)
    assert await connector.connect() is False
    assert connector.last_error == "the device did not answer"
    assert (await connector.health_check()).is_healthy is False
    await connector.disconnect()
    with pytest.raises(TypeError, match="abstract"):
        type("Unfinished", (BaseConnector,), {})(config())
    assert inspect.isabstract(BaseConnector)
