"""The bus itself: which server, how far away, and what JetStream has left of its disk."""

import time
from collections.abc import AsyncIterator

from integrations.runtime.operations.finding import Finding, fault, warning, well
from integrations.runtime.operations.patient import Patient
from integrations.runtime.operations.sizes import in_units

TOPIC = "bus"
OLDEST_SERVER = (2, 14)
LEAST_PAYLOAD = 1024 * 1024
SLOW_SECONDS = 0.25
"""Round trip from which on it is said: everything that waits for an acknowledgement waits as long."""
PINGS = 3
"""The quickest counts: the others may have met somebody else's work."""
FULL = 0.9


async def look_at_bus(patient: Patient) -> AsyncIterator[Finding]:
    """Yield what there is to say of server, round trip, message size and storage."""
    client = patient.bus.client
    version = client.connected_server_version
    release = f"{version.major}.{version.minor}.{version.patch}"
    if (version.major, version.minor) < OLDEST_SERVER:
        yield fault(TOPIC, f"nats-server is {release}", "install nats-server 2.14 or newer")
    seconds = await _round_trip(patient)
    where = f"{patient.bus.url}, nats-server {release}, round trip {1000 * seconds:.1f} ms"
    if seconds > SLOW_SECONDS:
        yield warning(TOPIC, where, "run a leaf nats-server in the plant: services then have a near one")
    else:
        yield well(TOPIC, where)
    if client.max_payload < LEAST_PAYLOAD:
        advice = "set max_payload to 1MB, nats-server's default, or more"
        yield fault(TOPIC, f"messages may have {in_units(client.max_payload)} at most", advice)
    yield await _storage(patient)


async def _round_trip(patient: Patient) -> float:
    tries = []
    for _ in range(PINGS):
        began = time.perf_counter()
        await patient.bus.client.flush(timeout=5)
        tries.append(time.perf_counter() - began)
    return min(tries)


async def _storage(patient: Patient) -> Finding:
    account = await patient.bus.api("INFO")
    used, limit = account.get("storage", 0), account.get("limits", {}).get("max_storage", -1)
    needed = patient.plant.streams.storage_bytes * patient.plant.streams.replicas
    if limit < 0:
        return well(TOPIC, f"JetStream holds {in_units(used)}, the account is not limited")
    text = f"JetStream holds {in_units(used)} of the {in_units(limit)} that the account may have"
    if limit < needed:
        advice = f"streams.storage_bytes asks for {in_units(needed)}: raise the account's limit or lower it"
        return warning(TOPIC, text, advice)
    if used > FULL * limit:
        return warning(TOPIC, text, "raise the account's limit, or keep less: [streams] in the plant's file")
    return well(TOPIC, text)
