"""The consumers of the streams: whoever reads, and who has stopped to."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from integrations.bus import JetStreamError
from integrations.runtime.operations.finding import Finding, warning, well
from integrations.runtime.operations.patient import Patient

TOPIC = "consumers"
FAR_BEHIND = 20_000
MOST_PAGES = 20
FORMER = "transformation-"
"""Began the names of consumers that no version uses any more."""

_NOT_FOUND = 10059


async def look_at_consumers(patient: Patient) -> AsyncIterator[Finding]:
    """Yield what there is to say of the consumers of each declared stream."""
    for config in patient.declared():
        if config["name"].startswith("KV_"):
            continue  # watched by whoever starts and ends as he likes
        consumers = await _consumers(patient, config["name"])
        findings = [finding for info in consumers for finding in _about(info)]
        if consumers and not findings:
            most = max(info["num_pending"] for info in consumers)
            findings = [well(TOPIC, f"{config['name']}: {len(consumers)}, at most {most} messages behind")]
        for finding in findings:
            yield finding


def _about(info: Mapping[str, Any]) -> Iterator[Finding]:
    name = f"{info['name']} of {info['stream_name']}"
    behind, unacknowledged = info["num_pending"], info.get("num_ack_pending", 0)
    durable = bool(info["config"].get("durable_name"))
    if durable and info["name"].startswith(FORMER) and not info.get("num_waiting"):
        text = f"{name} is a former version's, and nobody's now"
        yield warning(TOPIC, text, f"nats consumer rm {info['stream_name']} {info['name']}")
    elif behind > FAR_BEHIND and not _read(info):
        text = f"{name} is {behind} messages behind, and nobody reads it"
        yield warning(TOPIC, text, "start whoever reads it, or delete it if it is not wanted any more")
    elif behind > FAR_BEHIND:
        text = f"{name} is {behind} messages behind"
        yield warning(
            TOPIC, text, "if that grows, start more of whoever reads it: gl003 status shows who lags"
        )
    limit = info["config"].get("max_ack_pending", -1)
    if 0 < limit <= unacknowledged:
        text = f"{name} gives out no more: {unacknowledged} messages wait for an acknowledgement"
        yield warning(TOPIC, text, "whoever reads it does not acknowledge: see its log, restart it")


def _read(info: Mapping[str, Any]) -> bool:
    return bool(info.get("num_waiting") or info.get("push_bound"))


async def _consumers(patient: Patient, stream: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(MOST_PAGES):
        try:
            page = await patient.bus.api(f"CONSUMER.LIST.{stream}", {"offset": len(found)})
        except JetStreamError as error:
            if error.err_code == _NOT_FOUND:
                return []  # that the stream is missing has been said
            raise
        found += page["consumers"] or []
        if len(found) >= page["total"] or not page["consumers"]:
            break
    return found
