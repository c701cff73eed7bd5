"""The library's own words for cleaning: points in, points out, over the functions on arrays."""

from .aligner import TimeSeriesAligner
from .converter import UnitConverter
from .fuser import SensorFusion
from .imputer import DataImputer
from .issues import DataQualityIssue, UnitSystem
from .outliers import OutlierDetector
from .pipeline import DataTransformationPipeline
from .point import DataPoint
from .processing import ProcessingConfig
from .sensor import SensorConfig
from .validator import DataValidator

__all__ = [
    "DataImputer",
    "DataPoint",
    "DataQualityIssue",
    "DataTransformationPipeline",
    "DataValidator",
    "OutlierDetector",
    "ProcessingConfig",
    "SensorConfig",
    "SensorFusion",
    "TimeSeriesAligner",
    "UnitConverter",
    "UnitSystem",
]
