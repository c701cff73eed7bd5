"""The simulated plant by itself, at fixed ports: for services that run elsewhere, in containers for one."""

import asyncio
import contextlib
from collections.abc import Sequence
from string import Template

import structlog

from integrations.runtime.plant.demo import HART_POINT, demo_template, instruments_of, meter_servers
from integrations.runtime.plant.demo_scada import quiet_library
from integrations.runtime.process.life import Stop
from integrations.simulation import (
    CondensateInstruments,
    HartPlantServer,
    PlantFault,
    PlantServer,
    PressureInstruments,
    Shows,
    TemperatureInstruments,
    plant_instrument,
    serve_plant,
)

log = structlog.get_logger(__name__)

PORTS = {
    "header_port": 5020,
    "gateway_port": 5021,
    "pressure_port": 5022,
    "condensate_port": 5023,
    "hart_port": 5094,
    "scada_port": 4840,
}
TEMPERATURE_PORT = 5024
"""Of the sensors that hang on a serial line in the demonstration: no pseudo terminal reaches another host."""


def description(host: str) -> str:
    """Return the TOML of the plant served at `host`."""
    text = demo_template().template
    text = text.replace('protocol = "modbus_rtu"\nhost = "$serial_device"\nport = 1\n', _TEMPERATURES)
    text = text.replace("on a serial line: Modbus RTU", "at a Modbus gateway")
    text = text.replace('"127.0.0.1"', f'"{host}"').partition("\n\n")[2]
    return _HEAD + Template(text).substitute(PORTS, temperature_port=TEMPERATURE_PORT)


async def serve_standing(host: str, seed: int, faults: Sequence[PlantFault], stop: Stop) -> None:
    """Serve all devices of the plant on `host`, a name or an address of this machine, until `stop`."""
    from integrations.simulation.opcua.server import OpcUaPlantServer  # noqa: PLC0415  # slow to import

    quiet_library()
    instruments = instruments_of(seed, faults)
    async with contextlib.AsyncExitStack() as stack:
        meters = meter_servers(instruments, host, PORTS)
        servers: list[PlantServer | HartPlantServer | OpcUaPlantServer] = [
            *meters.values(),
            PlantServer([PressureInstruments(instruments).unit()], host, PORTS["pressure_port"]),
            PlantServer([CondensateInstruments(instruments).unit()], host, PORTS["condensate_port"]),
            PlantServer([TemperatureInstruments(instruments).unit()], host, TEMPERATURE_PORT),
            HartPlantServer([plant_instrument(instruments, HART_POINT)], host, PORTS["hart_port"]),
            OpcUaPlantServer(instruments, host, PORTS["scada_port"]),
        ]
        shown: list[Shows] = [await stack.enter_async_context(server) for server in servers]
        async with asyncio.TaskGroup() as group:
            living = group.create_task(serve_plant(instruments, shown), name="simulated plant")
            log.info("the simulated plant is served", host=host)
            await stop.wait()
            living.cancel()


_TEMPERATURES = 'host = "127.0.0.1"\nport = $temperature_port\n'
_HEAD = """# The simulated plant that `gl003 plant` serves, as a plant of your own would describe its devices.
# Made by `gl003 plant --describe`; a test holds it to that.

"""
