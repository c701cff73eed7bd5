"""The library as its users have it: public names, a few lines for each device, connectors of their own."""

import asyncio
import inspect

import pytest

import integrations
from integrations import (
    BaseConnector,
    CircuitBreakerOpenError,
    CondensateMeterConfig,
    CondensateMeterConnector,
    ConnectionConfig,
    ConnectionState,
    PressureSensorConfig,
    PressureSensorConnector,
    SCADAConnectionConfig,
    SCADAConnector,
    SimulationPolicy,
    SteamMeterConfig,
    SteamMeterConnector,
    TemperatureSensorConfig,
    TemperatureSensorConnector,
)

NOBODY = {"host": "127.0.0.1", "port": 1, "timeout_seconds": 0.5, "max_retries": 0}
CONNECTORS = {
    "steam meter": lambda **more: SteamMeterConnector(SteamMeterConfig(**NOBODY, **more)),
    "condensate meter": lambda **more: CondensateMeterConnector(CondensateMeterConfig(**NOBODY, **more)),
    "pressure sensors": lambda **more: PressureSensorConnector([PressureSensorConfig(**NOBODY, **more)]),
    "temperature sensors": lambda **more: TemperatureSensorConnector(
        [TemperatureSensorConfig(**NOBODY, **more)]
    ),
    "scada": lambda **more: SCADAConnector(SCADAConnectionConfig(**NOBODY, **more)),
}


@pytest.fixture(autouse=True)
def no_policy_from_outside(monkeypatch):
    monkeypatch.delenv("SIMULATION", raising=False)


@pytest.mark.parametrize("name", integrations.__all__)
def test_every_public_name_is_there_and_explains_itself(name):
    assert inspect.getdoc(getattr(integrations, name))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="NoSuchConnector"):
        _ = integrations.NoSuchConnector


@pytest.mark.parametrize("device", CONNECTORS)
async def test_without_hardware_a_connector_simulates_and_says_so(device):
    connector = CONNECTORS[device]()
    assert await connector.connect()
    assert not connector.health_status.is_healthy
    assert connector.health_status.metadata["simulated"]
    metrics = connector.get_metrics()
    assert metrics["total_calls"] >= 1
    assert metrics["successful_calls"] == 0
    await connector.disconnect()
    assert connector.state is ConnectionState.DISCONNECTED


@pytest.mark.parametrize("device", CONNECTORS)
async def test_where_simulation_is_forbidden_nothing_is_made_up(device):
    connector = CONNECTORS[device](simulation=SimulationPolicy.NEVER)
    assert not await connector.connect()
    assert not connector.health_status.metadata["simulated"]
    await connector.disconnect()


@pytest.mark.parametrize("device", CONNECTORS)
async def test_making_a_connector_needs_no_event_loop_and_no_network(device):
    await asyncio.to_thread(CONNECTORS[device])


class Kettle(BaseConnector):
    """A connector as the handbook has its readers write one."""

    def __init__(self, config):
        super().__init__(config)
        self.asked = 0

    async def _connect_impl(self) -> bool:
        return True

    async def _disconnect_impl(self):
        pass

    async def _health_check_impl(self) -> bool:
        return True

    async def read_temperature(self):
        return await self.execute_with_retry(self._ask)

    async def _ask(self):
        self.asked += 1
        raise ConnectionError("the kettle is off")


async def test_a_connector_of_ones_own_has_retries_breaker_and_metrics():
    config = ConnectionConfig(
        host="192.168.1.100",
        port=502,
        max_retries=1,
        retry_delay_seconds=0.001,
        enable_circuit_breaker=True,
        circuit_failure_threshold=5,
        circuit_timeout_seconds=60,
    )
    kettle = Kettle(config)
    assert await kettle.connect()
    assert (await kettle.health_check()).is_healthy
    for _ in range(5):
        with pytest.raises(ConnectionError, match="the kettle is off"):
            await kettle.read_temperature()
    with pytest.raises(CircuitBreakerOpenError):
        await kettle.read_temperature()
    metrics = kettle.get_metrics()
    assert (kettle.asked, metrics["failed_calls"]) == (10, 6)
    assert metrics["circuit_breaker"]["state"] == "open"
    await kettle.disconnect()
