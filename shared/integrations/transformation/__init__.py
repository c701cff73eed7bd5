"""From raw readings to clean ones: units, checks, flags, scores, as pure functions on arrays."""

from .bank import SensorBank
from .channels import ChannelFault
from .cleaner import Cleaner, Silence
from .errors import TransformationError, UnusableBatchError
from .limits import LIMITS_BY_QUANTITY, SensorLimits
from .quantities import CANONICAL_UNITS, canonical_unit
from .recorded import cleaned_in_blocks
from .samples import CleanSamples, FlatSamples
from .segments import Segments
from .settings import CleaningSettings, Resolved
from .staleness import marked_stale

__all__ = [
    "CANONICAL_UNITS",
    "LIMITS_BY_QUANTITY",
    "ChannelFault",
    "CleanSamples",
    "Cleaner",
    "CleaningSettings",
    "FlatSamples",
    "Resolved",
    "Segments",
    "SensorBank",
    "SensorLimits",
    "Silence",
    "TransformationError",
    "UnusableBatchError",
    "canonical_unit",
    "cleaned_in_blocks",
    "marked_stale",
]
