"""What every class of device promises about simulated readings, on real servers that are there or not."""

import pytest
from structlog.testing import capture_logs

from integrations.devices.writes import TagWriter
from integrations.messages import Origin, is_bad


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
        assert not hasattr(connector, "write_tag")
        return
    await rig.relay.stop()
    await connector.connect()
    assert await connector.write_tag("STEAM.SETPOINT", 11.0) is False
    (event,) = [event for event in rig.events if event.kind == "tag_write"]
    assert event.facts["written"] is False
    assert "never simulated" in event.facts["reason"]


async def test_a_device_that_is_itself_a_simulator_says_so_in_every_sample(rig):
    connector = rig.make(simulated=True)
    assert await connector.connect() is True
    assert rig.shown == pytest.approx(rig.bench.value)
    assert {sample.origin for sample in rig.samples} == {Origin.SIMULATED}
    assert all(code != 0 for code in rig.last.status.tolist())
    assert not rig.bench.trusted(connector)
