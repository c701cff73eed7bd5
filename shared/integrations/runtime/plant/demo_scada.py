"""The simulated plant's SCADA, in a process of its own: starting an OPC UA server takes seconds of a core."""

import logging
import time
from collections.abc import Sequence

from integrations.runtime.plant.demo import instruments_of
from integrations.runtime.process.life import Stop
from integrations.simulation import PlantFault, serve_plant
from integrations.simulation.opcua.server import OpcUaPlantServer


def quiet_library() -> None:
    """Keep the server of asyncua from complaining of every client that hangs up, and of its own tasks."""
    for name in ("asyncua", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


async def serve_scada(port: int, began: float, seed: int, faults: Sequence[PlantFault], stop: Stop) -> None:
    """Serve the SCADA of the plant whose time began at `began` (time.monotonic()) until `stop`.

    Seed and faults decide all that happens in the plant, so this one does what the other processes' does.
    """
    quiet_library()
    instruments = instruments_of(seed, faults)
    async with OpcUaPlantServer(instruments, port=port) as server, stop.cuts_short():
        instruments.advance(time.monotonic() - began)
        await serve_plant(instruments, [server])
