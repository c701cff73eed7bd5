"""Options, and fixtures for every test that needs a real bus."""

import logging
import sys

import hypothesis
import pytest
import structlog

from integrations.bus import Bus, BusSettings, EmbeddedServer, StreamSettings, ensure_streams, stream_configs

hypothesis.settings.register_profile(  # a loaded machine is no fault
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "searching", parent=hypothesis.settings.get_profile("steady"), derandomize=False
)
hypothesis.settings.load_profile("steady")


def pytest_addoption(parser):
    parser.addoption(
        "--real-hardware",
        action="store_true",
        help="read the devices that the environment names instead of simulated ones",
    )


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    """A folder of its own for what the services of one test leave for their next life."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    return tmp_path / "state" / "gl003"


@pytest.fixture(scope="session", autouse=True)
def standard_nodes_are_read_once():
    """Let every OPC UA server of this process start without the two seconds that its standard nodes take."""
    with pytest.MonkeyPatch.context() as patch:
        if "asyncua" in sys.modules:
            from asyncua.server.internal_server import InternalServer

            from fakes.opcua_space import load_standard_address_space

            patch.setattr(InternalServer, "load_standard_address_space", load_standard_address_space)
        yield


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """Undo what a service or a command that ran in this process set up: its output is gone."""
    root, ours = logging.getLogger(), [logging.getLogger(n) for n in ("integrations", "services", "__main__")]
    handlers, levels = root.handlers[:], [logger.level for logger in (root, *ours)]
    structured = structlog.get_config()
    yield
    if structlog.get_config() != structured:
        structlog.configure(**structured)
    root.handlers = handlers
    for logger, level in zip((root, *ours), levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
async def nats_server():
    """A nats-server of its own for one test, on a free port, its store gone afterwards."""
    async with EmbeddedServer() as server:
        yield server


@pytest.fixture
async def bus(nats_server):
    """A connection to `nats_server` without streams."""
    async with Bus(BusSettings(url=nats_server.url), name="test", attempts=3) as connection:
        yield connection


@pytest.fixture
async def streams(bus):
    """The bus with every declared stream."""
    settings = StreamSettings(storage_bytes=256 * 1024 * 1024)
    await ensure_streams(bus, stream_configs(settings, "test", "p", "plant1"), attempts=3)
    return bus
