"""Contamination of condensate: pH and conductivity against limits, with hysteresis, each change told once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from integrations.devices.samples import DeviceEvent
from integrations.messages import Severity

from .config import CondensateMeterConfig
from .measured import Measured


@dataclass(frozen=True, slots=True)
class Limit:
    """A value beyond `limit` is contamination until it is back at `clear`, which lies inside."""

    name: str
    quantity: str
    unit: str
    limit: float
    clear: float
    is_upper: bool

    def is_passed(self, value: float) -> bool:
        """Whether `value` is contamination."""
        return value > self.limit if self.is_upper else value < self.limit

    def is_cleared(self, value: float) -> bool:
        """Whether `value` ends a contamination."""
        return value <= self.clear if self.is_upper else value >= self.clear


def limits_of(config: CondensateMeterConfig) -> tuple[Limit, ...]:
    """Return the limits of a meter."""
    acid, alkaline, salty = config.ph_min, config.ph_max, config.conductivity_max
    ph_band = _tenth_unless(config.ph_hysteresis, alkaline - acid)
    salt_band = _tenth_unless(config.conductivity_hysteresis, salty)
    return (
        Limit("ph_low", "ph", "pH", acid, acid + ph_band, is_upper=False),
        Limit("ph_high", "ph", "pH", alkaline, alkaline - ph_band, is_upper=True),
        Limit("conductivity_high", "conductivity", "µS/cm", salty, salty - salt_band, is_upper=True),
    )


class ContaminationWatch:
    """Knows which limits are passed; a value that is not there changes nothing."""

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._limits = limits
        self._active: set[str] = set()

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the limits that are passed, such as `conductivity_high`."""
        return tuple(limit.name for limit in self._limits if limit.name in self._active)

    def update(self, values: Mapping[str, Measured]) -> Iterator[DeviceEvent]:
        """Take values by quantity, and yield an event for each contamination that begins or ends."""
        for limit in self._limits:
            value = values.get(limit.quantity)
            if value is None or not value.known:
                continue
            if limit.name in self._active and limit.is_cleared(value.value):
                self._active.remove(limit.name)
                yield _event("ended", limit, value.value)
            elif limit.name not in self._active and limit.is_passed(value.value):
                self._active.add(limit.name)
                yield _event("began", limit, value.value)


def _event(change: str, limit: Limit, value: float) -> DeviceEvent:
    against, words = (limit.limit, "beyond") if change == "began" else (limit.clear, "back within")
    text = f"{limit.quantity} {value:.6g} {limit.unit} is {words} {against:g}"
    return DeviceEvent(
        f"contamination_{change}",
        f"condensate contamination {change}: {text}",
        {
            "cause": limit.name,
            "quantity": limit.quantity,
            "value": value,
            "limit": limit.limit,
            "unit": limit.unit,
        },
        severity=Severity.WARNING if change == "began" else Severity.INFO,
    )


def _tenth_unless(configured: float | None, range_: float) -> float:
    return 0.1 * range_ if configured is None else configured
