"""Condensate against steam: two services that know nothing of each other meet on the bus."""

import pytest

from fakes.condensate import CondensateRegisters, condensate_table
from fakes.modbus import TcpPeer
from fakes.site import Meter, clean, document, events, eventually, meter_table, running, served
from integrations.messages import Status


async def last(bus, sensor):
    batches = await clean(bus, sensor)
    return batches[-1] if batches else None


async def has(bus, sensor, value):
    batch = await last(bus, sensor)
    return batch is not None and batch.value[-1] == value and batch


async def test_return_percentage_is_against_the_clean_steam_flow_of_the_bus(nats_server, streams):
    steam = Meter(values={"flow_rate": 25_000.0, "pressure": 9.5})
    async with served(steam) as server, TcpPeer(CondensateRegisters(flow_rate=20.0)) as peer:
        table = document(
            nats_server.url,
            meter_table(server.port),
            condensate_meter=[condensate_table(peer.port, steam_flow_max_age_seconds=1.0)],
        )
        async with running("transformation", table), running("condensate_meter", table):
            unknown = await eventually(lambda: last(streams, "returned-return_percentage"))
            assert (unknown.value[-1], unknown.unit) == (None, "%")
            assert unknown.status[-1] == Status.BAD_NO_COMMUNICATION
            async with running("steam_meter", table):
                await eventually(lambda: has(streams, "returned-return_percentage", pytest.approx(80.0)))
                flow = await last(streams, "returned-flow_rate")
                assert (flow.value[-1], flow.unit, flow.status[-1]) == (20.0, "t/hr", Status.GOOD)
            await eventually(lambda: has(streams, "returned-return_percentage", None))


async def test_contamination_is_an_event_and_the_analysis_arrives_clean(nats_server, streams):
    registers = CondensateRegisters()
    async with TcpPeer(registers) as peer:
        tables = {"condensate_meter": [condensate_table(peer.port, downstream_pressure_barg=0.0)]}
        table = document(nats_server.url, **tables)
        async with running("transformation", table), running("condensate_meter", table):
            await eventually(lambda: has(streams, "returned-conductivity", 10.0))
            registers.values["conductivity"] = 120.0
            (began,) = await eventually(lambda: events(streams, "contamination_began"))
            registers.values["conductivity"] = 12.0
            (ended,) = await eventually(lambda: events(streams, "contamination_ended"))
            loss = await eventually(lambda: last(streams, "returned-flash_steam_loss"))
            assert (await last(streams, "returned-ph")).value[-1] == 8.5
    assert (began.subject_id, began.facts["cause"], began.facts["value"]) == (
        "returned",
        "conductivity_high",
        120,
    )
    assert ended.time > began.time
    assert (loss.value[-1], loss.unit) == (pytest.approx(20 * 0.1340, abs=1e-3), "t/hr")
