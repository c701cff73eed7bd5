"""The condensate example as users know it, run as a script: with the plant's meter, with nothing there."""

import re

import pytest

from fakes.handbook import closed_port, run
from integrations.simulation import CondensateInstruments, Instruments, PlantServer, SteamPlant

EXAMPLE = """
import asyncio
from integrations import CondensateMeterConnector, CondensateMeterConfig

async def condensate_monitoring():
    config = CondensateMeterConfig(
        host="192.168.1.103",
        port=502,
        meter_id="main_condensate_return",
        min_flow=0.0,
        max_flow=50.0,
        enable_quality_analysis=True
    )

    connector = CondensateMeterConnector(config)

    if await connector.connect():
        # Get condensate flow
        flow = connector.get_condensate_flow()
        print(f"Condensate flow: {flow:.2f} t/hr")

        # Get return percentage
        return_pct = connector.get_return_percentage()
        print(f"Return rate: {return_pct:.1f}%")

        # Calculate flash steam loss
        flash_loss = connector.calculate_flash_steam(pressure_drop_bar=3.0)
        print(f"Flash steam loss: {flash_loss:.2f} t/hr")

        await connector.disconnect()

asyncio.run(condensate_monitoring())
"""


def numbers(printed):
    return [
        float(re.search(rf"{label}: (-?[\d.]+)", printed)[1])
        for label in ("Condensate flow", "Return rate", "Flash steam loss")
    ]


async def test_with_the_plants_meter_it_prints_what_the_plant_does():
    condensate = CondensateInstruments(Instruments(SteamPlant(seed=1)))
    async with PlantServer([condensate.unit()], host="127.0.0.3") as server:
        code, printed = await run(EXAMPLE, "192.168.1.103", server.port)
    assert code == 0, printed
    shown = condensate.read()
    flow, percentage, flash = numbers(printed)
    assert flow == pytest.approx(shown["flow_rate"], abs=0.01)
    assert percentage == pytest.approx(shown["return_percentage"], abs=0.1)
    assert 0.02 < flash / flow < 0.06
    assert "SIMULATED" not in printed


async def test_with_nothing_there_it_simulates_and_says_so():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.103", port)
    assert code == 0, printed
    assert "readings are SIMULATED" in printed
    assert numbers(printed) == [30.00, 82.0, pytest.approx(0.88, abs=0.01)]


async def test_with_simulation_forbidden_it_does_not_connect():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.103", port, SIMULATION="never")
    assert code == 0, printed
    assert "Condensate flow" not in printed
    assert "SIMULATED" not in printed
    assert "Traceback" not in printed
