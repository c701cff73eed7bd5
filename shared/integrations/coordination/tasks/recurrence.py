"""When a task is to begin, and how often: what the server's timers are told, and what each run is called."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LEAST_SECONDS = 1
"""The shortest interval that the server's timers have."""
CRON_FIELDS = 6
_ALIASES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")


class ScheduleError(ValueError):
    """A schedule that no timer could keep; the text names field and value."""


@dataclass(frozen=True, slots=True)
class TaskSchedule:
    """Once `at` a time (aware), `every` so often, or by `cron`: one of them.

    Cron has six fields from seconds to weekdays, or five without seconds, or is @hourly, @daily and so on, in
    `timezone` (IANA) or in UTC.
    """

    at: datetime | None = None
    every: timedelta | None = None
    cron: str = ""
    timezone: str = ""

    def __post_init__(self) -> None:
        if fault := next(iter(self._faults()), None):
            raise ScheduleError(fault)

    @property
    def recurs(self) -> bool:
        """Whether there may be many runs."""
        return self.at is None

    def pattern(self) -> str:
        """Return it as the server reads it."""
        if self.at is not None:
            return f"@at {self.at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}"
        if self.every is not None:
            return f"@every {round(self.every.total_seconds() * 1000)}ms"
        fields = self.cron.split()
        return " ".join(["0", *fields] if len(fields) == CRON_FIELDS - 1 else fields)

    def _faults(self) -> Iterable[str]:
        given = [name for name in ("at", "every", "cron") if getattr(self, name)]
        if len(given) != 1:
            yield f"a schedule needs one of at, every and cron, got {' and '.join(given) or 'none'}"
        if self.at is not None and self.at.tzinfo is None:
            yield f"at must have a time zone, got {self.at.isoformat()}"
        if self.every is not None and self.every.total_seconds() < LEAST_SECONDS:
            yield f"every must be at least {LEAST_SECONDS} s, got {self.every.total_seconds():g} s"
        if self.cron and not _may_be_cron(self.cron):
            yield f"cron must have five or six fields or be one of {', '.join(_ALIASES)}, got {self.cron!r}"
        if self.timezone and not self.cron:
            yield f"timezone goes with cron only, got {self.timezone!r}"


def run_id(task_id: str, fired_ns: int) -> str:
    """Return what the run of a recurring task is called that the server began at this time (UTC ns)."""
    moment = datetime.fromtimestamp(fired_ns // 1_000_000_000, UTC)
    return f"{task_id}-{moment:%Y%m%dT%H%M%S}{fired_ns // 1_000_000 % 1000:03d}"


def run_deadline(deadline: datetime | None, created: datetime, fired: datetime) -> datetime | None:
    """Return the deadline of a run: as long after its beginning as the task's own is after its creation."""
    return None if deadline is None else fired + (deadline - created)


def _may_be_cron(text: str) -> bool:
    return text in _ALIASES or len(text.split()) in {CRON_FIELDS - 1, CRON_FIELDS}
