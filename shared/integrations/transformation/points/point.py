"""One value of a sensor at a time, as users of the library have it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .issues import DataQualityIssue


@dataclass
class DataPoint:
    """A value with its time, its unit and what is known of its quality."""

    timestamp: datetime
    """Naive ones are taken as UTC."""
    value: float | None
    unit: str
    quality: float = 100
    source: str = ""
    validated: bool = False
    """Whether the checks have seen it."""
    original_value: Any = None
    """What the sensor said, as it said it, where `value` is no longer that."""
    issues: list[DataQualityIssue] = field(default_factory=list)
    treatment: str = ""
    """`imputed` or `replaced` where the value is an estimate, else empty."""
