"""The streams: there, as declared, with room for as long as they are meant to keep."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.bus import DEAD, JetStreamError
from integrations.runtime.operations.finding import Finding, fault, warning, well
from integrations.runtime.operations.patient import Patient
from integrations.runtime.operations.sizes import in_time, in_units

TOPIC = "streams"
NEARLY_FULL = 0.95
RECENT_SECONDS = 3600.0

_NOT_FOUND = 10059
_NANOSECONDS = 1e9


async def look_at_streams(patient: Patient) -> AsyncIterator[Finding]:
    """Yield what there is to say of each declared stream."""
    for config in patient.declared():
        try:
            info = await patient.bus.api(f"STREAM.INFO.{config['name']}")
        except JetStreamError as error:
            if error.err_code != _NOT_FOUND:
                raise
            advice = "start a service: each makes what is missing; if some run, see their logs"
            yield fault(TOPIC, f"{config['name']} is not there", advice)
            continue
        findings = [*_differences(config, info), *_room(config, info), *_copies(config, info), *_dead(info)]
        for finding in findings or [_well(info)]:
            yield finding


def _well(info: Mapping[str, Any]) -> Finding:
    state = info["state"]
    size = f"{in_units(state['bytes'])} of {in_units(info['config']['max_bytes'])}"
    return well(TOPIC, f"{info['config']['name']}: {state['messages']} messages, {size}")


def _differences(config: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[Finding]:
    """Tell what is not as this plant's file would have it."""
    there = info["config"]
    absent = sorted({*config["subjects"]} - {*there.get("subjects", ())})
    if absent:
        text = f"{config['name']} does not take {', '.join(absent)}"
        yield fault(TOPIC, text, "start a service of this site: each adds the site's subjects")
    other = sorted(key for key, value in config.items() if key != "subjects" and there.get(key) != value)
    if other:
        shown = ", ".join(f"{key} is {there.get(key)!r}, declared {config[key]!r}" for key in other)
        advice = "a service that starts with this file changes it; two files for one bus take turns"
        yield warning(TOPIC, f"{config['name']}: {shown}", advice)


def _room(config: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[Finding]:
    state, limit = info["state"], info["config"].get("max_bytes", -1)
    if limit <= 0 or state["bytes"] < NEARLY_FULL * limit:
        return
    text = f"{config['name']} is full: {in_units(state['bytes'])} of {in_units(limit)}"
    if config.get("discard") == "new":
        yield fault(TOPIC, f"{text}, and takes nothing more", "raise storage_bytes in [streams]")
        return
    kept, wanted = _age(state["first_ts"]), config["max_age"] / _NANOSECONDS
    if kept < wanted:
        advice = "raise storage_bytes in [streams] of the plant's file, and the disk, or keep less"
        yield warning(TOPIC, f"{text}: it keeps {in_time(kept)} instead of {in_time(wanted)}", advice)


def _copies(config: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[Finding]:
    cluster = info.get("cluster") or {}
    if config["num_replicas"] > 1 and not cluster.get("leader"):
        advice = "more than half of the servers with its copies have to run: start them"
        yield fault(TOPIC, f"{config['name']} has no leader", advice)
    behind = [
        one["name"] for one in cluster.get("replicas") or () if one.get("offline") or not one["current"]
    ]
    if behind:
        text = f"{config['name']}: its copies on {', '.join(behind)} are away or behind"
        yield warning(TOPIC, text, "see these servers; one more that goes may stop the stream")


def _dead(info: Mapping[str, Any]) -> Iterator[Finding]:
    state = info["state"]
    if info["config"]["name"] == DEAD and state["messages"] and _age(state["last_ts"]) < RECENT_SECONDS:
        text = f"DEAD got a message {in_time(_age(state['last_ts']))} ago, it holds {state['messages']}"
        advice = (
            "see why: nats stream view DEAD, header GL-Dead-Reason; somebody publishes what cannot be read"
        )
        yield warning(TOPIC, text, advice)


def _age(timestamp: str) -> float:
    """Return how old a time of nats-server is; its clock and ours may differ by what clocks differ."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds())
