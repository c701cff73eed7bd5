"""The simulated plant on loopback, and the configuration of the devices in it.

The only place that knows both the devices and the simulation.
"""

import asyncio
import contextlib
import socket
import time
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from integrations.devices.steam_meter import SteamMeterConfig
from integrations.runtime.plant.demo_meters import TOTAL_MODULUS_T, TOTAL_RESOLUTION_T, meter_unit
from integrations.runtime.plant.settings import read_plant
from integrations.simulation import (
    CondensateInstruments,
    HartPlantServer,
    Instruments,
    PlantFault,
    PlantServer,
    PressureInstruments,
    SerialLine,
    Shows,
    SteamPlant,
    TemperatureInstruments,
    plant_instrument,
    serve_plant,
)

HOST = "127.0.0.1"
METER_PORTS = {"header_port": 1, "gateway_port": 2}
"""Where the Modbus meters are, and the number that stands for the port until there is one."""
HART_POINT = "make_up_water"


@dataclass(frozen=True)
class DemoPlant:
    """The plant while it is served."""

    text: str
    """TOML that describes its devices."""
    scada_port: int
    """Where its SCADA is to be served; see `serve_scada`."""
    began: float
    """When its time began, by time.monotonic()."""
    instruments: Instruments
    """What its devices show; faults are switched on here."""


def instruments_of(seed: int, faults: Sequence[PlantFault]) -> Instruments:
    """Return the plant with its instruments: the same for the same seed and faults, in any process."""
    return Instruments(SteamPlant(seed), faults, TOTAL_MODULUS_T, TOTAL_RESOLUTION_T)


@contextlib.asynccontextmanager
async def simulated_plant(seed: int = 0, faults: Sequence[PlantFault] = ()) -> AsyncIterator[DemoPlant]:
    """Let the plant live and serve all of it but its SCADA while entered."""
    template = demo_template()
    instruments = instruments_of(seed, faults)
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        meters = {name: await enter(server) for name, server in meter_servers(instruments).items()}
        pressures = await enter(PlantServer([PressureInstruments(instruments).unit()]))
        temperatures = await enter(SerialLine([TemperatureInstruments(instruments).unit()]))
        condensate = await enter(PlantServer([CondensateInstruments(instruments).unit()]))
        hart = await enter(HartPlantServer([plant_instrument(instruments, HART_POINT)]))
        servers: list[Shows] = [*meters.values(), pressures, temperatures, condensate, hart]
        group = await enter(asyncio.TaskGroup())
        began = time.monotonic()
        living = group.create_task(serve_plant(instruments, servers), name="simulated plant")
        scada_port = _free_port()
        text = template.substitute(
            {name: server.port for name, server in meters.items()},
            pressure_port=pressures.port,
            serial_device=temperatures.device,
            condensate_port=condensate.port,
            hart_port=hart.port,
            scada_port=scada_port,
        )
        try:
            yield DemoPlant(text, scada_port, began, instruments)
        finally:
            living.cancel()


def meter_servers(
    instruments: Instruments, host: str = HOST, ports: Mapping[str, int] = {}
) -> dict[str, PlantServer]:
    """Return the servers of the Modbus meters by the name of their port, each meter where the demo has it.

    A server takes its port of `ports`, a free one without.
    """
    others = dict.fromkeys(("pressure_port", "condensate_port", "hart_port", "scada_port"), 9)
    document = tomllib.loads(demo_template().substitute(METER_PORTS, serial_device="/dev/null", **others))
    meters = [
        meter
        for meter in read_plant(document, {}).devices["steam_meter"]
        if isinstance(meter, SteamMeterConfig)
    ]
    return {
        name: PlantServer(
            [meter_unit(meter, instruments) for meter in meters if meter.port == place],
            host,
            ports.get(name, 0),
        )
        for name, place in METER_PORTS.items()
    }


def demo_template() -> Template:
    """Return the configuration of the plant's devices, without the places where they listen."""
    return Template(files(__package__).joinpath("demo.toml").read_text(encoding="utf-8"))


def _free_port() -> int:
    """A port that is free at the moment, for the process that will serve the SCADA."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
