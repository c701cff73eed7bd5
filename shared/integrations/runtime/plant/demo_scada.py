"""The simulated plant's SCADA, in a process of its own: starting an OPC UA server takes seconds of a core."""

import logging
import time
from collections.abc import Sequence

from integrations.runtime.plant.demo import instruments_of
from integrations.runtime.process.life import Stop
from integrations.simulation import PlantFault, serve_plant
from integrations.simulation.opcua.server import OpcUaPlantServer

# asyncua's server complains of every client that hangs up, and leaves tasks to complain after its own end.
for _name in ("asyncua", "asyncio"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


async def serve_scada(port: int, began: float, seed: int, faults: Sequence[PlantFault], stop: Stop) -> None:
    """Serve the SCADA of the plant whose time began at `began` (time.monotonic()) until `stop`.

    Seed and faults decide all that happens in the plant, so this one does what the other processes' does.
    """
    instruments = instruments_of(seed, faults)
    async with OpcUaPlantServer(instruments, port=port) as server, stop.cuts_short():
        instruments.advance(time.monotonic() - began)
        await serve_plant(instruments, [server])
