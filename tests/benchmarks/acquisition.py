"""The steam-meter service reading a farm of Modbus units, as fast as it can and with a unit that is dead.

The service runs alone on one core; farm, nats-server and this process share the others. Against
pymodbus, rates are per second of CPU time: what else the machine does then takes nothing from either side.
"""

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from statistics import median

from .modbus_farm import Farm, running_farm
from .report import Figure
from .rig import FIRST_CORE, OTHER_CORES, bus_on, pinned, plant_toml, rates, service_on

FLAT_OUT_HZ = 1000.0
"""More than any device gives here: every grid point that is missed counts as an overrun."""
GRID_MARGIN = 1.05
"""How much more a service can do that is not always late, as a share."""
UNITS = 100
VALUES = 50
"""float32 values of each unit: 100 registers, one request."""
PORTS = 10
CONNECTIONS_A_PORT = 5
"""What the service has by default."""
WARM_UP_SECONDS = 3.0
YARDSTICKS = [  # event loop, what the values are, name
    ("asyncio", "floats", "bare pymodbus, values as floats"),
    ("asyncio", "registers", "bare pymodbus, registers only"),
    ("uvloop", "floats", "bare pymodbus on uvloop, values as floats"),
    ("uvloop", "registers", "bare pymodbus on uvloop, registers only"),
]


def against_pymodbus(quick: bool) -> list[Figure]:
    """100 units of 100 registers: the service, that also publishes, against pymodbus that only reads.

    They take turns and medians are compared: a machine's pace changes from minute to minute. The notes say
    by how much the outbox grew, in percent of what was stored: that has cost time and is not counted.
    Where it is much, the bus had too little of its core, and the ratio says nothing.
    """
    seconds = 3.0 if quick else 5.0
    ours: dict[str, list[float]] = defaultdict(list)
    waiting: dict[str, list[float]] = defaultdict(list)
    theirs: dict[str, list[float]] = defaultdict(list)
    with pinned(OTHER_CORES), running_farm(UNITS, VALUES, PORTS) as farm:
        for _ in range(1 if quick else 3):
            for name, found in _fastest(farm, seconds).items():
                ours[name].append(found["stored"] / found["cpu_seconds"])
                waiting[name].append(found["outbox_growth"] / max(1.0, seconds * found["messages"]))
            for loop, kind, name in YARDSTICKS:
                theirs[name].append(_pymodbus(farm, seconds, loop, kind))
    return [
        Figure(
            "acquisition",
            f"100 units × 50 float32 polled and stored in RAW, {what}",
            VALUES * median(stored),
            "values/CPU s",
            "≥ 0.7",
            name,
            VALUES * median(requests),
            note=f"outbox {100 * min(waiting[what]):+.0f} to {100 * max(waiting[what]):+.0f} %",
        )
        for what, stored in ours.items()
        for name, requests in theirs.items()
    ]


def on_one_core(quick: bool) -> list[Figure]:
    """How many float32 tags one core acquires and publishes raw, as JSON and as MessagePack."""
    figures = []
    with pinned(OTHER_CORES), running_farm(UNITS, VALUES, PORTS) as farm:
        for name, content_type in (("JSON", "application/json"), ("MessagePack", "application/msgpack")):
            for what, found in _fastest(farm, 3.0 if quick else 10.0, content_type).items():
                note = (
                    f"{100 * found['cpu_seconds']:.0f} % of the core, {found['polls']:,.0f} polls/s,"
                    f" {found['overruns']:,.0f} overruns/s, outbox {found['outbox_growth']:+.0f}"
                )
                title = f"float32 tags acquired and published raw, {what}, {name}"
                figures.append(
                    Figure("one core", title, VALUES * found["stored"], "tags/s", "100,000", note=note)
                )
    return figures


def with_a_dead_unit(quick: bool) -> list[Figure]:
    """What the neighbours lose when one of ten units behind a gateway takes requests and never answers."""
    rate_hz = 10.0
    with pinned(OTHER_CORES), running_farm(10, 50, 1, dead=(4,)) as farm:
        found = asyncio.run(_measured(farm, rate_hz, 10.0 if quick else 20.0, FIRST_CORE))
    live = (found["polls"] - found["polls_failed"]) / (9 * rate_hz)
    what = "live units' rate, 1 of 10 units dead, timeout 1 s, 10 polls/s each"
    return [
        Figure(
            "dead unit", what, 100 * live, "% of nominal", "100", note=f"{found['overruns']:.1f} overruns/s"
        )
    ]


def _fastest(
    farm: Farm, seconds: float, content_type: str = "application/json"
) -> dict[str, dict[str, float]]:
    """Return the service's rates on one core: overrun all the time, and on a grid it can just about hold."""

    def measured(rate_hz: float) -> dict[str, float]:
        return asyncio.run(_measured(farm, rate_hz, seconds, FIRST_CORE, content_type))

    overrun = measured(FLAT_OUT_HZ)
    return {"flat out": overrun, "on its fastest grid": measured(GRID_MARGIN * overrun["polls"] / UNITS)}


async def _measured(
    farm: Farm, rate_hz: float, seconds: float, cores: frozenset[int], content_type: str = "application/json"
) -> dict[str, float]:
    config = plant_toml(farm, rate_hz, content_type=content_type)
    async with bus_on(OTHER_CORES) as bus, service_on("steam_meter", config, bus, cores) as service:
        await asyncio.sleep(WARM_UP_SECONDS)
        return await rates(service, seconds, "RAW")


def _pymodbus(farm: Farm, seconds: float, loop: str, kind: str) -> float:
    """Return the requests a second of `bare_pymodbus` on the same core."""
    command = [sys.executable, Path(__file__).with_name("bare_pymodbus.py"), str(seconds)]
    command += [str(CONNECTIONS_A_PORT), loop, kind]
    with pinned(FIRST_CORE):
        done = subprocess.run(
            command,
            input=json.dumps(asdict(farm)),
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 30,
        )
    return float(done.stdout)
