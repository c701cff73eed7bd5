"""The streams of the bus, declared once, and how they come to be."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal

import structlog
from msgspec import Meta

from integrations.configuration import Checked
from integrations.messages import PARTITIONS
from integrations.resilience import Backoff

from .connection import Bus
from .errors import BusForbiddenError, JetStreamError, JetStreamUnavailableError, StreamConflictError

log = structlog.get_logger(__name__)

RAW = "RAW"
CLEAN = "CLEAN"
EVENTS = "EVENTS"
DEAD = "DEAD"
LATEST_BUCKET = "gl_latest"
CONFIG_BUCKET = "gl_config"
REPLICA_BUCKET = "gl_replicas"
RAW_PARTITIONS = {
    "src": "gl.*.raw.*.*",
    "dest": "gl.{{wildcard(1)}}.raw."
    f"{{{{partition({PARTITIONS},2,3)}}}}"
    ".{{wildcard(2)}}.{{wildcard(3)}}",
}
"""RAW keeps each batch under its partition: replicas then read theirs and nothing else."""

FROM_EDGES = (RAW, CLEAN, EVENTS, DEAD)
"""Streams that a hub fetches from its edges."""

_SECOND_NS = 1_000_000_000
_HOUR_SECONDS = 3600
_DUPLICATE_WINDOW_SECONDS = 120
_NOT_FOUND = 10059
_NAME_IN_USE = 10058
_PATIENCE = Backoff(0.1, max_seconds=5.0)
CONFIG_HISTORY = 8
"""Values kept of a key: where the newest is refused, the last good one still holds after a restart."""
_IMMUTABLE = ("storage", "retention")
REMEDY = "run `gl003 streams` with the operator's credentials"
"""For who may use streams, but not make them."""

MaxAge = Annotated[float, Meta(ge=0.1, le=87_600)]
"""Hours that a stream keeps a message; the least is above the duplicate window, the most is ten years."""


class StreamSettings(Checked, frozen=True):
    """What the operator decides about streams; the rest is ours."""

    storage_bytes: Annotated[int, Meta(ge=16 * 1024 * 1024)] = 4 * 1024**3
    """For all streams together, reserved by the server; the oldest messages make room for new ones."""
    raw_max_age_hours: MaxAge = 24.0
    clean_max_age_hours: MaxAge = 7 * 24.0
    event_max_age_hours: MaxAge = 30 * 24.0
    dead_max_age_hours: MaxAge = 30 * 24.0
    collaboration_max_age_hours: MaxAge = 30 * 24.0
    replicas: Literal[1, 3, 5] = 1
    edges: tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", max_length=64)], ...] = ()
    """JetStream domains of leaf nodes: what their streams hold of readings and events is fetched to here."""


def stream_configs(settings: StreamSettings, site: str, *more_sites: str) -> list[dict[str, Any]]:
    """JetStream's configuration of every stream of readings; those of agents are in `agent_streams`.

    One stream carries one kind of message of every site: names then cannot collide on a hub that serves many
    sites. Each site adds its own subjects to it, because those of all sites (`gl.*.raw.>`) would take in
    mail to an agent that is called raw. A site that needs its own limits has its own server (leaf node).
    """
    total = settings.storage_bytes

    def subjects(*kinds: str) -> list[str]:
        return [f"gl.{each}.{kind}" for each in (site, *more_sites) for kind in kinds]

    declared = [
        {
            **site_stream(RAW, subjects("raw.>"), settings.raw_max_age_hours, int(0.35 * total)),
            "subject_transform": RAW_PARTITIONS,
        },
        site_stream(
            CLEAN,
            subjects("clean.>", "recleaned.>", "fence.*"),
            settings.clean_max_age_hours,
            int(0.42 * total),
        ),
        site_stream(EVENTS, subjects("event.>"), settings.event_max_age_hours, int(0.05 * total)),
        site_stream(DEAD, subjects("dead.>"), settings.dead_max_age_hours, int(0.05 * total)),
        bucket(LATEST_BUCKET, int(0.02 * total)),
        bucket(CONFIG_BUCKET, int(0.005 * total), history=CONFIG_HISTORY),
        {**bucket(REPLICA_BUCKET, int(0.005 * total)), "allow_msg_ttl": True},
    ]
    for config in declared:
        config["num_replicas"] = settings.replicas
        if settings.edges and config["name"] in FROM_EDGES:
            config["sources"] = [_source(config["name"], domain) for domain in settings.edges]
    return declared


def _source(stream: str, domain: str) -> dict[str, Any]:
    """The stream of the same name in another domain, as the server writes it."""
    return {"name": stream, "external": {"api": f"$JS.{domain}.API", "deliver": ""}}


def site_stream(name: str, subjects: list[str], max_age_hours: float, max_bytes: int) -> dict[str, Any]:
    """A stream that keeps messages for a time, the newest where there is not room for all."""
    return {
        "name": name,
        "subjects": subjects,
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "max_age": round(max_age_hours * _HOUR_SECONDS) * _SECOND_NS,
        "max_bytes": max_bytes,
        "duplicate_window": _DUPLICATE_WINDOW_SECONDS * _SECOND_NS,
        "compression": "s2",  # measured: raw batches take a third of the disk, at the same rate
        "allow_direct": True,  # replay and last values are read directly, without a consumer to leak
    }


def bucket(name: str, max_bytes: int, history: int = 1) -> dict[str, Any]:
    """A key-value bucket (ADR-8) that keeps the last values of each key."""
    return {
        "name": f"KV_{name}",
        "subjects": [f"$KV.{name}.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_msgs_per_subject": history,
        "max_bytes": max_bytes,
        "duplicate_window": _DUPLICATE_WINDOW_SECONDS * _SECOND_NS,
        "allow_direct": True,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
    }


async def ensure_streams(
    bus: Bus,
    configs: Sequence[dict[str, Any]],
    *,
    attempts: int | None = None,
    only_missing: bool = False,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Create or update every stream; safe to be called by many services at once, and again.

    Waits for JetStream, for ever unless `attempts` bounds it. What an operator has added (placement,
    sources, metadata) stays; with `only_missing` a stream that is there stays as it is.

    Raises:
        StreamConflictError: a stream cannot become what is declared; the text names stream and field.
        JetStreamUnavailableError: `attempts` are used up.
        BusForbiddenError: these credentials may not even look at a stream.
    """
    attempt = 0
    for config in configs:
        while True:
            try:
                await _ensure(bus, config, only_missing)
                break
            except JetStreamUnavailableError as error:
                attempt += 1
                if attempts is not None and attempt >= attempts:
                    raise
                if attempt == 1:
                    log.warning("waiting for JetStream", stream=config["name"], reason=str(error))
                await sleep(_PATIENCE.ceiling(attempt))


async def _ensure(bus: Bus, config: dict[str, Any], only_missing: bool) -> None:
    existing = await _existing(bus, config["name"])
    if existing is None:
        if await _created(bus, config):
            return
        existing = await _existing(bus, config["name"]) or {}
    present = existing.get("subjects") or ()
    config = {**config, "subjects": joined(present, config["subjects"])}
    if only_missing:
        if config["subjects"] == list(present):
            return
        config = {**existing, "subjects": config["subjects"]}
    changed = {key: value for key, value in config.items() if existing.get(key) != value}
    for key in _IMMUTABLE:
        if key in changed:
            raise StreamConflictError(
                f"stream {config['name']}: {key} is {existing.get(key)!r}, must be {changed[key]!r},"
                " and cannot be changed on an existing stream"
            )
    if not changed:
        return
    try:
        await _change(bus, "UPDATE", {**existing, **config}, changed)
    except BusForbiddenError:
        fields = sorted(changed)
        log.warning(
            "stream differs from what is declared, and is not ours to change",
            stream=config["name"],
            fields=fields,
            remedy=REMEDY,
        )
    else:
        log.info("stream updated", stream=config["name"], fields=sorted(changed))


def joined(present: Sequence[str], declared: Sequence[str]) -> list[str]:
    """The subjects of a stream that several sites declare; what overlaps with declared ones gives way."""
    if set(declared) <= set(present):
        return list(present)
    kept = [one for one in present if not any(covers(one, each) or covers(each, one) for each in declared)]
    return [*kept, *declared]


def covers(pattern: str, subject: str) -> bool:
    """Tell whether `pattern` (wildcards allowed) takes in `subject`, or another pattern."""
    parts, tokens = pattern.split("."), subject.split(".")
    if parts[-1] == ">":
        parts, tokens = parts[:-1], tokens[: len(parts) - 1]
    return len(parts) == len(tokens) and all(p in {"*", t} for p, t in zip(parts, tokens, strict=True))


async def _existing(bus: Bus, name: str) -> dict[str, Any] | None:
    try:
        config: dict[str, Any] = (await bus.api(f"STREAM.INFO.{name}"))["config"]
    except JetStreamError as error:
        if error.err_code == _NOT_FOUND:
            return None
        raise
    return config


async def _created(bus: Bus, config: dict[str, Any]) -> bool:
    """Create the stream; False when another creator was faster, with other settings."""
    try:
        await _change(bus, "CREATE", config, config)
    except BusForbiddenError as error:
        raise JetStreamUnavailableError(
            f"stream {config['name']} is not there, and is not ours to make: {REMEDY}"
        ) from error
    except StreamConflictError as error:
        if isinstance(error.__cause__, JetStreamError) and error.__cause__.err_code == _NAME_IN_USE:
            return False
        raise
    log.info("stream created", stream=config["name"])
    return True


async def _change(bus: Bus, verb: str, config: dict[str, Any], changed: dict[str, Any]) -> None:
    try:
        await bus.api(f"STREAM.{verb}.{config['name']}", config)
    except JetStreamError as error:
        fields = ", ".join(f"{key}={changed[key]!r}" for key in sorted(changed) if key != "name")
        raise StreamConflictError(
            f"stream {config['name']} cannot have {fields}: {error.description}"
        ) from error
