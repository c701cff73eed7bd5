"""What an examination finds: how bad it is, in words, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How much a finding matters."""

    WELL = "well"
    WARNING = "warning"
    """Works, and will not for ever, or not for everybody."""
    FAULT = "fault"
    """Readings are lost or missing because of it."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    verdict: Verdict
    text: str
    advice: str = ""


def well(topic: str, text: str) -> Finding:
    """Return a finding that there is nothing to do about."""
    return Finding(topic, Verdict.WELL, text)


def warning(topic: str, text: str, advice: str) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(topic, Verdict.WARNING, text, advice)


def fault(topic: str, text: str, advice: str) -> Finding:
    """Return a finding that somebody has to look at now."""
    return Finding(topic, Verdict.FAULT, text, advice)
