"""A bench for each class of device and protocol: a real server with known values, and what is read of it.

To put another on the bench, add a row to BENCHES: the suite over them in tests/contracts does the rest.
"""

import struct
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fakes.condensate import CondensateRegisters
from fakes.meters import MeterRegisters
from fakes.modbus import TcpPeer
from fakes.opcua import OpcUaPeer
from fakes.relay import Relay
from fakes.tags import TagRegisters
from fakes.udp_relay import UdpRelay
from integrations import (
    CondensateMeterConfig,
    CondensateMeterConnector,
    PressureSensorConfig,
    PressureSensorConnector,
    SCADAConnectionConfig,
    SCADAConnector,
    SteamMeterConfig,
    SteamMeterConnector,
    TemperatureSensorConfig,
    TemperatureSensorConnector,
)
from integrations.devices.scada import DataQuality, TagConfig
from integrations.simulation import HartInstrument, HartPlantServer

PRESSURE_TAG = "STEAM.HEADER.PRESSURE"


@dataclass(frozen=True)
class Bench:
    """One class of device on one protocol."""

    device_class: str
    protocol: str
    server: Callable[[], AbstractAsyncContextManager[int]]
    """A server that has `value`; gives its port on 127.0.0.1."""
    config: Callable[..., Any]
    """The configuration of one device, from host, port and whatever else the suite says."""
    connector: Callable[..., Any]
    value: float
    """What the server has."""
    shown: Callable[[Any], float | None]
    """What a getter shows of it now."""
    trusted: Callable[[Any], bool]
    """Whether the connector vouches for what it shows: full quality, or a good status."""
    fields: dict[str, Any] = field(default_factory=dict)
    relay: type[Relay] | type[UdpRelay] = Relay

    def __str__(self) -> str:
        return f"{self.device_class}-{self.protocol}"


@asynccontextmanager
async def modbus(manners):
    """Serve registers over Modbus TCP."""
    async with TcpPeer(manners) as peer:
        yield peer.port


class FixedWords:
    """Registers from 0 on that never change."""

    def __init__(self, words: bytes) -> None:
        self.words = words

    async def __call__(self, query, wire):
        start, size = 2 * query.address, 2 * query.count
        wire.send(query, bytes([query.function, size]) + self.words[start : start + size])


@asynccontextmanager
async def hart():
    """Serve a HART device, its PV the flow in t/h, over HART-IP."""
    values = {"flow_rate": 7.2, "totalizer": 1500.0, "temperature": 184.0, "pressure": 9.5}
    codes = {"flow_rate": 78, "temperature": 32, "totalizer": 62}
    async with HartPlantServer([HartInstrument(0, "FT-0", codes, lambda: values)]) as server:
        yield server.port


_shared: list[OpcUaPeer] = []


@asynccontextmanager
async def opcua():
    """Serve the default tags over OPC UA; the server is started once, and ended by `end_shared_servers`."""
    if not _shared:
        _shared.append(OpcUaPeer().__enter__())
    yield _shared[0].port


def end_shared_servers() -> None:
    """End what benches have in common."""
    while _shared:
        _shared.pop().__exit__()


def reading_flow(connector):
    reading = connector.current_reading
    return reading.flow_rate if reading and not reading.stale else None


def full_quality(reading):
    return reading is not None and not reading.stale and reading.quality_score >= 50


def tag_value(scada):
    tag = scada.get_current_values()[PRESSURE_TAG]
    return tag["value"] if tag["quality"] is not DataQuality.BAD else None


def tag_is_good(scada):
    """Whether the tag is Good and nothing says that it is simulated."""
    is_good = scada.get_current_values()[PRESSURE_TAG]["quality"] is DataQuality.GOOD
    return is_good and not scada.health_status.metadata["simulated"]


def one(connector: Callable[..., Any]) -> Callable[..., Any]:
    """Return the connector of several sensors with one sensor."""

    def make(config, **options):
        return connector([config], **options)

    return make


SCADA_TAGS: Sequence[TagConfig] = (
    TagConfig(PRESSURE_TAG, quantity="pressure", engineering_units="bar", scan_rate=1000, address=0),
    TagConfig(
        "STEAM.SETPOINT", engineering_units="bar", scan_rate=1000, writable=True, min_value=0.0,
        max_value=20.0, address=10,
    ),
)  # fmt: skip

scada = partial(
    Bench,
    "scada",
    config=partial(SCADAConnectionConfig, scada_id="d", tags=SCADA_TAGS, allow_writes=True),
    connector=SCADAConnector,
    shown=tag_value,
    trusted=tag_is_good,
)

steam_meter = partial(
    Bench,
    "steam_meter",
    config=partial(SteamMeterConfig, meter_id="d"),
    connector=SteamMeterConnector,
    shown=reading_flow,
    trusted=lambda connector: full_quality(connector.current_reading),
)
ANALOG_COUNTS = 16384
"""Of 65535 from 4 to 20 mA, which are 0 to 100 t/h."""
METER_NODES = {"flow_rate": {"node": "ns=2;s=STEAM.HEADER.FLOW", "unit": "t/hr"}}

BENCHES = (
    steam_meter("modbus", lambda: modbus(MeterRegisters(flow=42)), value=42.0),
    steam_meter(
        "analog",
        lambda: modbus(FixedWords(struct.pack(">H", ANALOG_COUNTS))),
        value=100 * ANALOG_COUNTS / 65535,
        fields={"protocol": "4-20ma"},
    ),
    steam_meter("hart", hart, value=7.2, fields={"protocol": "hart", "hart_transport": "tcp"}),
    steam_meter(
        "hart_udp", hart, value=7.2, fields={"protocol": "hart", "hart_transport": "udp"}, relay=UdpRelay
    ),
    steam_meter("opcua", opcua, value=18.0, fields={"protocol": "opc_ua", "opcua_nodes": METER_NODES}),
    Bench(
        "pressure_sensor",
        "modbus",
        lambda: modbus(FixedWords(struct.pack(">f", 10.25))),
        partial(PressureSensorConfig, sensor_id="d"),
        one(PressureSensorConnector),
        10.25,
        lambda connector: connector.get_pressure("d"),
        lambda connector: full_quality(connector.current_readings.get("d")),
    ),
    Bench(
        "temperature_sensor",
        "modbus",
        lambda: modbus(FixedWords(struct.pack(">h", 1841))),
        partial(TemperatureSensorConfig, sensor_id="d"),
        one(TemperatureSensorConnector),
        184.1,
        lambda connector: connector.get_temperature("d"),
        lambda connector: full_quality(connector.current_readings.get("d")),
    ),
    Bench(
        "condensate_meter",
        "modbus",
        lambda: modbus(CondensateRegisters()),
        partial(CondensateMeterConfig, meter_id="d", sampling_rate_hz=1.0),
        CondensateMeterConnector,
        20.0,
        lambda connector: connector.get_condensate_flow(),
        lambda connector: full_quality(connector.current_reading),
    ),
    scada("modbus", lambda: modbus(TagRegisters()), value=9.5, fields={"protocol": "modbus_tcp"}),
    scada("opcua", opcua, value=10.0, fields={"subscription_interval_ms": 1000}),
)
