"""From raw readings to clean ones: units, checks, flags, scores, as pure functions on arrays."""

from .bank import SensorBank
from .channels import ChannelFault
from .cleaner import Cleaner, Silence
from .errors import IncompatibleUnitsError, TransformationError, UnknownUnitError, UnusableBatchError
from .flags import Flag, issues, names, qartod_from_flags, status_from_flags, words
from .limits import LIMITS_BY_QUANTITY, SensorLimits
from .quantities import CANONICAL_UNITS, canonical_unit
from .samples import CleanSamples, FlatSamples
from .scoring import SIMULATED_CAP, UNCERTAIN_CAP, VALID_FROM, score, weights_row
from .segments import Segments
from .settings import CleaningSettings, Resolved
from .units import STANDARD_BAROMETER_BAR, Affine, PressureReference, affine, compatible, parse_unit

__all__ = [
    "CANONICAL_UNITS",
    "LIMITS_BY_QUANTITY",
    "SIMULATED_CAP",
    "STANDARD_BAROMETER_BAR",
    "UNCERTAIN_CAP",
    "VALID_FROM",
    "Affine",
    "ChannelFault",
    "CleanSamples",
    "Cleaner",
    "CleaningSettings",
    "Flag",
    "FlatSamples",
    "IncompatibleUnitsError",
    "PressureReference",
    "Resolved",
    "Segments",
    "SensorBank",
    "SensorLimits",
    "Silence",
    "TransformationError",
    "UnknownUnitError",
    "UnusableBatchError",
    "affine",
    "canonical_unit",
    "compatible",
    "issues",
    "names",
    "parse_unit",
    "qartod_from_flags",
    "score",
    "status_from_flags",
    "weights_row",
    "words",
]
