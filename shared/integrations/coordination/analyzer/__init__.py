"""What GL-003 makes of clean readings: inputs with their gaps, efficiency, quality; pure functions."""

from .config import SteamSystemConfig, SteamUser
from .efficiency import DEFINITION, efficiency_report
from .inputs import Inputs, resolve
from .readings import has_sample, measured_of, origin_of
from .summaries import condensate_return, quality_report

__all__ = [
    "DEFINITION",
    "Inputs",
    "SteamSystemConfig",
    "SteamUser",
    "condensate_return",
    "efficiency_report",
    "has_sample",
    "measured_of",
    "origin_of",
    "quality_report",
    "resolve",
]
