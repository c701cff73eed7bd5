"""A steam meter over HART: HART-IP on real sockets, and a Modbus gateway with HART devices behind it."""

import pytest
import structlog

from fakes.time import FakeTime
from integrations import SteamMeterConfig, SteamMeterConnector
from integrations.configuration import ConfigurationError
from integrations.devices import ConnectionState
from integrations.messages import Status
from integrations.protocols.hart import NoFieldDeviceError, WrongDeviceError
from integrations.protocols.modbus import FLOAT32, UINT16, Function, Register, RegisterTable
from integrations.simulation import HartInstrument, HartPlantServer, PlantServer, ServedUnit

CODES = {"flow_rate": 75, "totalizer": 61, "temperature": 33, "pressure": 7}
VARIABLES = {"PV": "flow_rate", "SV": "totalizer", "TV": "temperature", "QV": "pressure"}


class Device:
    """A HART device whose values a test sets."""

    def __init__(self, number=0, codes=CODES):
        self.values = {"flow_rate": 7200.0, "totalizer": 1_500_000.0, "temperature": 363.2, "pressure": 9.5}
        self.served = HartInstrument(
            number, f"FT-{number}", codes, lambda: self.values, long_tag=f"header {number}"
        )


def config_of(server, **fields):
    return SteamMeterConfig(**{
        "host": "127.0.0.1", "port": server.port, "protocol": "hart", "meter_id": "m", "timeout_seconds": 1,
        "max_retries": 0, "simulation": "never", "hart_variables": VARIABLES, **fields,
    })  # fmt: skip


class Bench:
    """A connector that is connected, and disconnected at the end."""

    def __init__(self, server, **fields):
        self.time = FakeTime()
        self.meter = SteamMeterConnector(config_of(server, **fields), **self.time.options)

    async def __aenter__(self):
        await self.meter.connect()
        return self.meter

    async def __aexit__(self, *exc):
        await self.meter.disconnect()


def sample_of(meter):
    latest = meter.latest
    names = [channel.quantity for channel in meter.channels]
    return dict(zip(names, zip(latest.values.tolist(), latest.status.tolist(), strict=True), strict=True))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_variables_become_quantities_in_the_units_asked_for(transport):
    async with HartPlantServer([Device().served]) as server:
        async with Bench(server, hart_transport=transport) as meter:
            reading = meter.current_reading
            assert meter.state is ConnectionState.CONNECTED
            assert reading.flow_rate == pytest.approx(7.2)
            assert reading.totalizer == pytest.approx(1500)
            assert reading.temperature == pytest.approx(184)
            assert reading.pressure == 9.5
            assert (reading.unit, reading.protocol, reading.quality_score) == ("t/hr", "hart", 100)
            assert meter.get_totalizer()["unit"] == "t"
            assert meter.get_averaged_flow() == pytest.approx(7.2)
            assert server.sessions == 1
        assert server.sessions == 0


async def test_unless_told_otherwise_pv_is_the_flow_and_tv_the_total():
    codes = {"flow_rate": 78, "temperature": 32, "totalizer": 62}
    async with (
        HartPlantServer([Device(codes=codes).served]) as server,
        Bench(server, hart_variables={}) as meter,
    ):
        assert (meter.current_reading.flow_rate, meter.current_reading.totalizer) == (7200, 1_500_000)
        assert [channel.quantity for channel in meter.channels] == ["flow_rate", "totalizer"]


@pytest.mark.parametrize(
    "which", [{"poll_address": 3}, {"hart_address": 3}, {"hart_device": "FT-3"}, {"hart_device": "header 3"}]
)
async def test_a_device_among_others_is_found_by_address_and_by_tag(which):
    other, wanted = Device(0), Device(3)
    wanted.values["flow_rate"] = 3000.0
    async with HartPlantServer([other.served, wanted.served]) as server:
        async with Bench(server, **which) as meter:
            assert meter.current_reading.flow_rate == pytest.approx(3)
            assert str(next(iter(which.values()))) in meter.name
        async with Bench(server, hart_device=wanted.served.address.octets.hex()) as meter:
            assert meter.current_reading.flow_rate == pytest.approx(3)


async def test_a_sensor_that_failed_is_bad_and_the_rest_is_well():
    async with HartPlantServer([Device().served]) as server:
        await server.fault("nan", "FT-0")
        async with Bench(server) as meter:
            sample = sample_of(meter)
            assert sample["flow_rate"][1] == Status.BAD_SENSOR_FAILURE
            assert sample["pressure"] == (9.5, Status.GOOD)
            await server.fault("malfunction", "FT-0")
            await meter.read_flow()
            assert {status for _, status in sample_of(meter).values()} == {Status.BAD_DEVICE_FAILURE}
            server.heal("FT-0")
            assert (await meter.read_flow()).flow_rate == pytest.approx(7.2)


async def test_a_unit_that_measures_something_else_costs_its_value_and_is_told_once():
    async with HartPlantServer([Device(codes=CODES | {"pressure": 32}).served]) as server:
        with structlog.testing.capture_logs() as logs:
            async with Bench(server) as meter:
                await meter.read_flow()
                sample = sample_of(meter)
    assert sample["pressure"][1] == Status.BAD_CONFIGURATION_ERROR
    assert sample["flow_rate"] == (pytest.approx(7.2), Status.GOOD)
    (told,) = [entry for entry in logs if entry["event"] == "unit does not fit"]
    assert (told["meter"], told["quantity"]) == ("m", "pressure")


async def test_a_wrong_device_is_named_and_its_neighbour_goes_on():
    async with (
        HartPlantServer([Device(0).served, Device(1).served]) as server,
        Bench(server) as meter,
        Bench(server, meter_id="n", poll_address=1) as neighbour,
    ):
        assert server.sessions == 1
        await server.fault("wrong_address", "FT-0")
        with pytest.raises(WrongDeviceError, match=r"device 20f1.*, command 9: answer from device 20f1"):
            await meter.read_flow()
        assert (await neighbour.read_flow()).flow_rate == pytest.approx(7.2)


async def test_an_address_without_a_device_is_an_error():
    async with HartPlantServer([Device().served]) as server, Bench(server, poll_address=9) as meter:
        assert meter.state is not ConnectionState.CONNECTED
        with pytest.raises(NoFieldDeviceError, match="polling address 9"):
            await meter.read_flow()


async def test_a_restarted_server_is_read_again():
    async with (
        HartPlantServer([Device().served]) as server,
        Bench(server, hart_transport="tcp", max_retries=3) as meter,
    ):
        await server.fault("restart", seconds=0)
        assert (await meter.read_flow()).flow_rate == pytest.approx(7.2)


def registers_of(number):
    """What an SWG70 keeps for one of its devices."""
    base = 12 + 12 * number
    floats = ("analog", "pv", "sv", "tv", "qv")
    return (
        *(
            Register(f"{name}{number}", base + 2 * at, FLOAT32, Function.INPUT)
            for at, name in enumerate(floats)
        ),
        Register(f"modem{number}", base + 10, UINT16, Function.INPUT),
        Register(f"status{number}", base + 11, UINT16, Function.INPUT),
    )


async def test_a_modbus_gateway_keeps_the_variables_in_registers():
    shown = {register.name: 0.0 for number in (0, 1) for register in registers_of(number)}
    shown |= {"pv1": 7200.0, "sv1": 1_500_000.0, "tv1": 184.0, "qv1": 9.5}
    unit = ServedUnit(4, RegisterTable((*registers_of(0), *registers_of(1))), lambda: shown)
    options = {
        "hart_transport": "modbus", "slave_address": 4, "hart_address": 1, "measured_units": "kg/h",
        "hart_variables": VARIABLES | {"SV": {"name": "totalizer", "unit": "kg"}},
    }  # fmt: skip
    async with PlantServer([unit]) as server, Bench(server, **options) as meter:
        reading = meter.current_reading
        assert (reading.flow_rate, reading.totalizer) == (pytest.approx(7.2), pytest.approx(1500))
        assert (reading.temperature, reading.pressure) == (184, 9.5)
        shown["status1"] = 0x02
        server.refresh()
        await meter.read_flow()
        sample = sample_of(meter)
        assert (sample["flow_rate"][1], sample["pressure"][1]) == (Status.GOOD, Status.UNCERTAIN_EU_EXCEEDED)
        shown |= {"status1": 0x80}
        server.refresh()
        await meter.read_flow()
        assert sample_of(meter)["flow_rate"][1] == Status.BAD_DEVICE_FAILURE


def test_the_registers_of_a_gateway_are_those_of_its_manual():
    meter = SteamMeterConnector(
        SteamMeterConfig(
            host="h", port=502, protocol="hart", hart_transport="modbus", hart_variables=VARIABLES
        )
    )
    table = meter._source._source.table
    assert {register.name: register.address for register in table.registers} == {
        "flow_rate": 14, "totalizer": 16, "temperature": 18, "pressure": 20, "device_status": 23,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"hart_variables": {"PV": "pressure"}}, "hart_variables.flow_rate is missing: one of PV to QV"),
        (
            {"hart_variables": {"PV": "flow_rate", "XV": "a"}},
            "hart_variables.XV is not one of PV, SV, TV, QV",
        ),
        (
            {"hart_variables": {"PV": "flow_rate", "SV": "flow_rate"}},
            "hart_variables.SV must be used once only, got 'flow_rate'",
        ),
        (
            {"hart_variables": {"PV": {"name": "flow_rate", "units": "kg/h"}}},
            "hart_variables.PV.units is not a known key (did you mean unit?)",
        ),
        ({"hart_variables": {"PV": {"name": "flow_rate", "unit": "bar"}}}, "hart_variables.flow_rate cannot"),
        ({"hart_variables": {"PV": 7}}, "hart_variables.PV.name must be"),
        ({"hart_address": 1, "poll_address": 2}, "poll_address must be left out or hart_address = 1"),
        (
            {"hart_device": "FT-1", "poll_address": 2},
            "hart_device must be left out beside the polling address 2",
        ),
        ({"hart_device": "x" * 33}, "hart_device cannot be used: text must be at most 32 Latin-1 characters"),
        ({"hart_address": 64}, "hart_address must be 0..63, got 64"),
        ({"hart_transport": "rtu"}, "hart_transport must be one of udp, tcp, modbus, got 'rtu'"),
        ({"host": "/dev/ttyUSB0"}, "host must be a name or an address unless hart_transport is modbus"),
        ({"register_map": {"flow_rate": 0}}, "register_map must be left out with protocol hart"),
        (
            {"hart_transport": "modbus", "poll_address": 1},
            "poll_address must be left out with hart_transport",
        ),
        (
            {"hart_transport": "modbus", "hart_variables": {"PV": "flow_rate", "SV": "device_status"}},
            "hart_variables.device_status is the name of the register",
        ),
    ],
)
def test_a_fault_names_the_key_and_what_is_allowed(fields, sentence):
    with pytest.raises(ConfigurationError) as caught:
        SteamMeterConfig(**{"host": "h", "port": 5094, "protocol": "hart", **fields})
    assert any(sentence in str(fault) for fault in caught.value.faults), caught.value
