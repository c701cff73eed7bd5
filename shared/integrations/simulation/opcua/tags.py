"""The tags that the plant's SCADA shows: where their values come from, and what is said about them."""

from collections.abc import Callable
from dataclasses import dataclass

from integrations.simulation.instruments import Instruments

SETPOINT = "STEAM.SETPOINT"
TRAPS_WELL = True


@dataclass(frozen=True)
class OpcUaTag:
    """One tag; its NodeIds are `ns=2;s=<name>` and, for a mirror of it, `ns=2;i=<number>`."""

    name: str
    number: int
    description: str
    unit: str
    low: float
    high: float
    read: Callable[[Instruments], float | bool]
    writable: bool = False


def _header(quantity: str) -> Callable[[Instruments], float]:
    return lambda instruments: instruments.read("main_steam_header")[quantity]


def _return_percent(instruments: Instruments) -> float:
    steam = instruments.read("main_steam_header")["flow_rate"]
    return 100.0 * instruments.read("condensate_return")["flow_rate"] / steam if steam > 0 else 0.0


OPCUA_TAGS = (
    OpcUaTag("STEAM.HEADER.PRESSURE", 1001, "Steam header pressure", "bar", 0, 20, _header("pressure")),
    OpcUaTag(
        "STEAM.HEADER.TEMPERATURE", 1002, "Steam header temperature", "°C", 0, 400, _header("temperature")
    ),
    OpcUaTag("STEAM.HEADER.FLOW", 1003, "Steam header mass flow", "t/h", 0, 100, _header("flow_rate")),
    OpcUaTag("STEAM.CONDENSATE.RETURN", 1004, "Condensate returned, of steam", "%", 0, 100, _return_percent),
    OpcUaTag(
        "STEAM.TRAP.STATUS",
        1005,
        "Steam traps: true while all of them are well",
        "",
        0,
        1,
        lambda _: TRAPS_WELL,
    ),
    OpcUaTag(SETPOINT, 1006, "Header pressure set point", "bar", 0, 20, lambda _: 10.0, writable=True),
)
