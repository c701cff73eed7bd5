"""The steam meter's service on HART-IP: from variables of simulated devices to clean messages on the bus."""

import pytest

from fakes.site import clean, document, eventually, raw, running
from integrations.messages import Status
from integrations.simulation import HartPlantServer, Instruments, SteamPlant, plant_instrument

VARIABLES = {
    "PV": "flow_rate",
    "SV": "totalizer",
    "TV": "temperature",
    "QV": {"name": "pressure", "unit": "barg"},
}


def meter_table(server, meter_id, poll_address, transport):
    return {
        "meter_id": meter_id, "host": "127.0.0.1", "port": server.port, "protocol": "hart",
        "hart_transport": transport, "poll_address": poll_address, "hart_variables": VARIABLES,
        "timeout_seconds": 0.2, "max_retries": 0, "retry_delay_seconds": 0.1, "sampling_rate_hz": 10.0,
        "circuit_failure_threshold": 3, "circuit_timeout_seconds": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_hart_variables_become_clean_messages_through_a_restart(nats_server, streams, transport):
    plant = Instruments(SteamPlant(seed=5))
    devices = [plant_instrument(plant, "main_steam_header"), plant_instrument(plant, "process_a", 1)]
    shown = plant.read("main_steam_header")
    async with HartPlantServer(devices) as server:
        meters = [
            meter_table(server, "header", 0, transport),
            meter_table(server, "process", 1, transport),
        ]
        table = document(nats_server.url, *meters)
        async with running("transformation", table), running("steam_meter", table):
            for name, quantity, unit in (
                ("header-flow_rate", "flow_rate", "t/hr"),
                ("header-totalizer", "totalizer", "t"),
                ("header-temperature", "temperature", "°C"),
                ("header-pressure", "pressure", "barg"),
            ):
                batches = await eventually(lambda name=name: clean(streams, name))
                assert (batches[0].unit, batches[0].value[0]) == (unit, pytest.approx(shown[quantity]))
                assert (batches[0].origin, batches[0].status[0]) == ("measured", Status.GOOD)

            await server.fault("silent", "FT-00")
            await eventually(lambda: last_status(streams, "header-pressure", Status.BAD_TIMEOUT))
            assert await eventually(lambda: last_status(streams, "process-pressure", Status.GOOD))
            server.heal("FT-00")
            await server.fault("restart", seconds=0)
            await eventually(lambda: last_status(streams, "header-pressure", Status.GOOD))
            await eventually(lambda: last_status(streams, "process-pressure", Status.GOOD))
            assert server.sessions == 1


async def last_status(bus, sensor, status):
    """Whether the newest raw sample of a sensor has this status."""
    columns = [each for batch in await raw(bus) for each in batch.columns if each.sensor_id == sensor]
    return columns and columns[-1].status[-1] == status
