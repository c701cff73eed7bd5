"""SensorArray: several connections seen as one, here of pressure sensors on a real Modbus peer."""

import pytest

from fakes.pressures import SHORT_SECONDS, Bench
from integrations import CircuitState
from integrations.devices import ConnectionState

NEAR = {"sensor_id": "near", "circuit_failure_threshold": 2}
FAR = {"sensor_id": "far", "modbus_address": 2, "circuit_failure_threshold": 2}


class Pair(Bench):
    """Two units on one line."""

    def __init__(self, **fields):
        super().__init__(NEAR | fields, FAR | fields, timeout_seconds=SHORT_SECONDS)
        self.transmitters.units[2] = [7.0]


async def test_it_works_as_long_as_one_does_and_is_healthy_only_when_all_are():
    async with Pair() as bench:
        states = []
        bench.array.on_state(lambda change: states.append(change.after))
        await bench.array.connect()
        assert bench.array.health_status.is_healthy
        bench.transmitters.silent = {2}
        await bench.grid(samples=2)
        assert bench.array.state is ConnectionState.CONNECTED
        health = bench.array.health_status
        assert (health.is_healthy, health.consecutive_failures) == (False, 1)
        assert health.metadata["connections"] == {"near": "connected", "far": "reconnecting"}
        assert health.last_error.startswith("far: ")
        assert states == [ConnectionState.CONNECTING, ConnectionState.CONNECTED]
        await bench.array.disconnect()
        assert states[-1] is ConnectionState.DISCONNECTED


async def test_its_breaker_shows_the_gravest_and_resets_all():
    async with Pair() as bench:
        await bench.array.connect()
        breaker = bench.array.circuit_breaker
        assert (breaker.state, breaker.failure_count) == (CircuitState.CLOSED, 0)
        bench.transmitters.silent = {2}
        for _ in range(2):
            await bench.grid(samples=2)
        assert (breaker.state, breaker.failure_count) == (CircuitState.OPEN, 2)
        assert bench.array.units[0].circuit_breaker.state is CircuitState.CLOSED
        assert bench.array.get_all_pressures() == {"near": 10.0}
        breaker.reset()
        assert breaker.state is CircuitState.CLOSED
        assert bench.array.units[1].circuit_breaker.state is CircuitState.CLOSED


async def test_its_metrics_are_the_sum():
    async with Pair() as bench:
        await bench.array.connect()
        await bench.array.health_check()

        async def answers():
            return 5

        assert await bench.array.execute_with_retry(answers) == 5
        metrics = bench.array.get_metrics()
        units = [unit.metrics.total_calls for unit in bench.array.units]
        assert metrics["total_calls"] == sum(units) + 1
        assert metrics["last_call_time"] is not None


async def test_without_breakers_it_has_none():
    async with Pair(enable_circuit_breaker=False) as bench:
        assert bench.array.circuit_breaker is None
        assert bench.array.get_metrics()["circuit_breaker"] is None


async def test_simulation_of_one_is_told_of_the_whole():
    async with Pair(simulation="fallback") as bench:
        bench.transmitters.silent = {2}
        assert await bench.array.connect() is True
        assert bench.array.simulating
        assert bench.array.health_status.metadata["simulated"]
        assert bench.array.get_pressure("near") == 10.0
        assert bench.array.get_pressure("far") == pytest.approx(12.0, abs=0.5)
        assert bench.array.get_differential_pressure("near", "far") is None
        assert [row["origin"] for row in bench.array.get_pressure_profile()] == ["measured", "simulated"]
