"""Moments as agents write them."""

from datetime import UTC, datetime

from integrations.runtime.coordination.gl003.errors import NoAnswerError, Reason

_LATEST_NS = 2**63 - 1


def moment_ns(name: str, moment: float | str) -> int:
    """Return UTC nanoseconds: given as such, or as ISO 8601; without an offset it is UTC.

    Raises:
        NoAnswerError: it is neither.
    """
    found = _from_iso(name, moment) if isinstance(moment, str) else moment
    if not 0 <= found <= _LATEST_NS:
        raise _refused(name, moment)
    return int(found)


def _from_iso(name: str, text: str) -> int:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _refused(name, text) from None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    whole = time - datetime(1970, 1, 1, tzinfo=UTC)
    return ((whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds) * 1000


def _refused(name: str, moment: object) -> NoAnswerError:
    allowed = "must be nanoseconds since 1970 or ISO 8601, such as 2026-11-30T08:00:00Z"
    return NoAnswerError(Reason.BAD_REQUEST, f"{name} {allowed}, got {moment!r}")
