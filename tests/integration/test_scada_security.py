"""SCADA with security on: what stands in the way is said by name, and then moved out of the way."""

import shutil

import pytest

from fakes.site import eventually
from integrations import SCADAConnectionConfig, SCADAConnector
from integrations.devices import ConnectionState
from integrations.simulation import Instruments, SteamPlant
from integrations.simulation.opcua.server import OpcUaPlantServer

PRESSURE = "STEAM.HEADER.PRESSURE"


@pytest.fixture
async def server(tmp_path):
    async with OpcUaPlantServer(
        Instruments(SteamPlant(seed=1)), users={"operator": "correct"}, pki_folder=str(tmp_path / "server")
    ) as plant:
        yield plant


def connector(server, tmp_path, **fields):
    config = SCADAConnectionConfig(**{
        "host": "127.0.0.1", "port": server.port, "path": "plant", "username": "operator",
        "password": "correct", "security_policy": "Basic256Sha256", "pki_folder": str(tmp_path / "pki"),
        "simulation": "never", "timeout_seconds": 5.0, "max_retries": 0, "retry_delay_seconds": 0.1,
        "circuit_timeout_seconds": 0.2, "subscription_interval_ms": 100, **fields,
    })  # fmt: skip
    return SCADAConnector(config)


async def test_a_certificate_is_trusted_by_hand_and_then_the_values_come(server, tmp_path):
    scada = connector(server, tmp_path)
    try:
        assert await scada.connect() is False
        assert "is not trusted" in scada.last_error
        rejected = list((tmp_path / "pki" / "rejected" / "certs").iterdir())
        assert rejected[0].name in scada.last_error
        trusted = tmp_path / "pki" / "trusted" / "certs"
        trusted.mkdir(parents=True, exist_ok=True)
        shutil.move(rejected[0], trusted)
        await eventually(lambda: scada.state is ConnectionState.CONNECTED)
        assert scada.tags[PRESSURE].last_value == pytest.approx(10.0, abs=0.5)
    finally:
        await scada.disconnect()


async def test_a_wrong_password_is_said_over_a_secure_channel_too(server, tmp_path):
    wrong = {"password": "wrong-secret", "trust_folder": str(server.certificate_file.parent)}
    scada = connector(server, tmp_path, **wrong)
    try:
        assert await scada.connect() is False
        assert "wrong username or password" in scada.last_error
        assert wrong["password"] not in scada.last_error
    finally:
        await scada.disconnect()


async def test_every_policy_brings_values(server, tmp_path):
    for policy in ("Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"):
        trusted = str(server.certificate_file.parent)
        scada = connector(server, tmp_path, security_policy=policy, trust_folder=trusted)
        try:
            assert await scada.connect() is True
            assert scada.tags[PRESSURE].last_value is not None
        finally:
            await scada.disconnect()
