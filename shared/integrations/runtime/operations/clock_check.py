"""The clocks: of nats-server, of the services' machines and, by their readings, of devices, against ours."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from integrations.bus import JetStreamError
from integrations.messages import Flag
from integrations.runtime.metrics.catalogue import FLAGS, READINGS
from integrations.runtime.operations.finding import Finding, fault, warning, well
from integrations.runtime.operations.instances import offset_of
from integrations.runtime.operations.patient import Patient

TOPIC = "clocks"
NOTABLE_SECONDS = 0.5
NOTABLE_SHARE = 0.01
_TIMES = {
    Flag.FUTURE.name: "measured later than now",
    Flag.OUT_OF_ORDER.name: "measured before what came before",
}


async def look_at_clocks(patient: Patient) -> AsyncIterator[Finding]:
    """Yield what there is to say of each clock, ours the one that they are compared with."""
    tolerance = patient.plant.cleaning.clock_tolerance_seconds
    offsets = {one.name: one.clock_offset_seconds or 0.0 for one in patient.instances if one.health}
    if (server := await _server_offset(patient)) is not None:
        offsets["nats-server"] = server
    off = {name: offset for name, offset in offsets.items() if abs(offset) > NOTABLE_SECONDS}
    for name, offset in off.items():
        text = f"the clock of {name} is {abs(offset):.1f} s {'before' if offset > 0 else 'behind'} ours"
        advice = "synchronise this machine and that one by NTP or PTP: chronyc tracking shows how they stand"
        yield (fault if abs(offset) > tolerance else warning)(TOPIC, text, advice)
    if offsets and not off:
        most = max(map(abs, offsets.values()))
        yield well(TOPIC, f"{len(offsets)} clocks are within {most:.2f} s of ours")
    for finding in _readings(patient):
        yield finding


async def _server_offset(patient: Patient) -> float | None:
    """Return how far nats-server's clock is before ours."""
    name = patient.declared()[0]["name"]
    asked = time.time_ns()
    try:
        told = (await patient.bus.api(f"STREAM.INFO.{name}")).get("ts")
    except JetStreamError:
        return None  # there is no stream to ask for: that has been said
    answered = time.time_ns()
    if not told:
        return None
    return offset_of(round(datetime.fromisoformat(told).timestamp() * 1e9), asked, answered)


def _readings(patient: Patient) -> Iterator[Finding]:
    """Tell of device classes whose readings bear times that cannot be."""
    readings: Counter[str] = Counter()
    for _, attributes, value in patient.telemetry(READINGS.name):
        readings[attributes.get("device_class", "")] += int(value)
    flagged: Counter[tuple[str, str]] = Counter()
    for _, attributes, value in patient.telemetry(FLAGS.name):
        flagged[attributes.get("device_class", ""), attributes.get("flag", "")] += int(value)
    for (device_class, flag), count in flagged.items():
        if flag in _TIMES and count > NOTABLE_SHARE * readings[device_class]:
            share = 100 * count / max(count, readings[device_class])
            text = f"{share:.0f} % of the readings of {device_class} were {_TIMES[flag]} ({flag})"
            advice = f"set the clock of the device: gl003 tail 'clean.{device_class}.>' shows which sensors"
            yield warning(TOPIC, text, advice)
