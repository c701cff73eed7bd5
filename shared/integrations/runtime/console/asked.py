"""What a browser asks for beside the stream: the history of a sensor, its events, a circuit's reset."""

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from starlette.requests import Request

from integrations.messages import MessageError, check_token
from integrations.messages.fields import Token

LEAST_SPAN_MS = 1000.0
DEFAULT_POINTS = 600
MAX_POINTS = 2000
MAX_SPAN = timedelta(days=366)


class NotAskedRightError(ValueError):
    """A request names something that cannot be; the text names field and value."""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose circuit is to be closed again; no device means all of the instance."""

    service: Token
    instance: Token
    device_id: Token | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Service and instance."""
        return self.service, self.instance


class Range(msgspec.Struct, frozen=True):
    """Which part of a sensor's past, and in how many stretches."""

    sensor_id: Annotated[str, msgspec.Meta(max_length=128)]
    begin: datetime
    end: datetime
    points: int


async def wanted_of(request: Request) -> Wanted:
    """Return what is to be reset."""
    try:
        return msgspec.json.decode(await request.body(), type=Wanted)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAskedRightError(str(error)) from error


def sensor_of(request: Request) -> str:
    """Return the sensor that the path names."""
    try:
        return check_token("sensor", request.path_params["sensor_id"])
    except MessageError as error:
        raise NotAskedRightError(str(error)) from error


def range_of(request: Request) -> Range:
    """Return the range that the query names: begin and end in ms since 1970, points."""
    begin, end = (_number(request, name, None) for name in ("begin", "end"))
    points = _number(request, "points", DEFAULT_POINTS)
    if not 1 <= points <= MAX_POINTS:
        raise NotAskedRightError(f"points must be 1..{MAX_POINTS}, got {points:g}")
    most = MAX_SPAN.total_seconds() * 1000
    if not LEAST_SPAN_MS <= end - begin <= most:
        raise NotAskedRightError(
            f"end must be 1 s to {MAX_SPAN.days} days after begin, got {begin:.0f}, {end:.0f}"
        )
    return Range(sensor_of(request), _time("begin", begin), _time("end", end), int(points))


def _number(request: Request, name: str, default: float | None) -> float:
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise NotAskedRightError(f"{name} must be a number, got {(text or '')[:40]!r}")
    return value


def _time(name: str, milliseconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise NotAskedRightError(f"{name} must be in ms since 1970, got {milliseconds:g}") from None
