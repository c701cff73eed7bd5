"""From raw points to clean ones in one call."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from msgspec.structs import asdict
from numpy.typing import NDArray

from integrations.configuration import read_struct
from integrations.quality import VALID_FROM, Flag, dimension_scores, distinct
from integrations.transformation.alignment import Bins, nanoseconds
from integrations.transformation.detectors import after_gap
from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.segments import Bools, Floats
from integrations.transformation.series import CleanSeries, checked_flags, clean_series, time_order

from .aligner import TimeSeriesAligner, stamps
from .columns import Columns, columns, times_of
from .converter import UnitConverter, common_unit
from .fuser import SensorFusion
from .imputer import DataImputer
from .issues import issues_of
from .outliers import OutlierDetector
from .processing import ProcessingConfig
from .sensor import SensorConfig
from .validator import DataValidator, summary

_ESTIMATED, _OUTLIER = np.uint32(Flag.ESTIMATED), np.uint32(Flag.OUTLIER)
_MISSING = np.uint32(Flag.MISSING)
TREATMENTS = ("", "imputed", "replaced")


class DataTransformationPipeline:
    """Converts, validates, sets outliers aside, estimates what is missing, resamples, and counts what it did.

    Args:
        now_ns: UTC clock of the validator.
    """

    def __init__(self, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self.unit_converter = UnitConverter()
        self.validator = DataValidator(now_ns=now_ns)
        self.outlier_detector = OutlierDetector()
        self.imputer = DataImputer()
        self.aligner = TimeSeriesAligner()
        self.fusion = SensorFusion()

    def configure_sensor(self, config: SensorConfig) -> None:
        """Set what is known of a sensor; it holds where `sensor_id` names it."""
        self.validator.configure_sensor(config)

    def process_data(
        self, raw_data: Iterable[Any], config: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Process points or mappings with `timestamp`, `value`, `unit`, `source`.

        Args:
            raw_data: in the order of arrival; units may differ from point to point.
            config: keys of `ProcessingConfig`.

        Returns:
            processed_data: one entry for each raw one, in their order (outliers that are removed drop out;
            with `resample_interval` one for each interval); validation: of the raw points; statistics: of the
            processed values, NaN where there are none, and what was done; processing_config: as it was used.

        Raises:
            ConfigurationError: lists every key and value of `config` that is wrong, with what is known.
            UnknownUnitError: names the unit.
            IncompatibleUnitsError: a point's unit measures something else than the target unit.
            UnusablePointError: a point without a time that can be read.
        """
        if not isinstance(config, Mapping | None):
            raise InvalidArgumentError(f"config must be a mapping of keys to values, got {config!r}")
        settings = read_struct(ProcessingConfig, dict(config or {}))
        table = columns(raw_data)
        unit = common_unit(table.units, settings.target_unit)
        value = self._converted(table, unit, settings.sensor_id)
        profile = (
            self.validator.profile(settings.sensor_id, unit) if unit else self.validator.profile(None, "")
        )
        arrival = None if settings.now is None else int(times_of([settings.now])[0])
        flags = checked_flags(table.time, value, profile, arrival)
        said = flags  # what the service says, which sets no outliers aside before it looks at habits
        if profile.noise > 0 or profile.drift_limit > 0:
            said = checked_flags(table.time, value, profile.watched(), arrival)
        clean = clean_series(table.time, value, settings, profile=profile, flags=flags)
        done = _counts(table, flags, clean)
        keep = _kept(clean, settings)
        done["removed_count"] = int(keep.size - keep.sum())
        with _uncollected():
            if settings.resample_interval is None:
                processed, values, quality = _entries(table, clean, unit, keep)
            else:
                processed, values, quality = _resampled(table, clean, unit, keep, settings)
        return {
            "processed_data": processed,
            "validation": summary(said, profile.weights, settings.sensor_id),
            "statistics": {
                **_statistics(values, quality),
                **done,
                "unit": unit,
                "quality_dimensions": dimension_scores(clean.flags, profile.weights),
                "notes": list(clean.notes),
            },
            "processing_config": asdict(settings),
        }

    def _converted(self, table: Columns, unit: str, sensor_id: str | None) -> Floats:
        """Return values in one unit, calibrated; a point without a unit has the sensor's or the first's."""
        if not len(table):
            return table.value
        sensor = self.validator.sensor_configs.get(sensor_id or "")
        absent = sensor.unit if sensor else common_unit(table.units, None)
        units = table.units if all(table.units) else [each or absent for each in table.units]
        value = self.unit_converter.convert_all(table.value, units, unit)
        return self.validator.calibrated(value, sensor_id, unit)


def _counts(table: Columns, flags: NDArray[np.uint32], clean: CleanSeries) -> dict[str, Any]:
    """Return what was found and what was done."""
    times = table.time if time_order(table.time) is None else np.sort(table.time)
    measured = np.isfinite(clean.value) & (clean.flags & _ESTIMATED == 0)
    return {
        "measured_count": int(measured.sum()),
        "missing_count": int((~np.isfinite(table.value)).sum()),
        "outlier_count": clean.outliers,
        "imputed_count": clean.imputed,
        "replaced_count": clean.replaced,
        "unfilled_count": int(np.isnan(clean.value).sum()),
        "gap_count": int(after_gap(times).sum()),
        "flagged_count": int((flags != 0).sum()),
    }


def _kept(clean: CleanSeries, settings: ProcessingConfig) -> Bools:
    """Tell which positions stay: all but outliers that are to be removed."""
    if not (settings.remove_outliers and settings.outlier_replace == "remove"):
        return np.ones(clean.value.size, dtype=np.bool_)
    kept: Bools = clean.flags & _OUTLIER == 0
    return kept


def _entries(
    table: Columns, clean: CleanSeries, unit: str, keep: Bools
) -> tuple[list[dict[str, Any]], Floats, NDArray[Any]]:
    treated = (clean.flags & _ESTIMATED != 0).astype(np.int8)
    treated += (clean.flags & (_ESTIMATED | _OUTLIER)) == (_ESTIMATED | _OUTLIER)
    names = np.array([name or None for name in TREATMENTS], dtype=object)
    issues = {mask: issues_of(mask) for mask in distinct(clean.flags)[0].tolist()}
    rows = zip(
        table.timestamps,
        _nullable(clean.value),
        clean.quality.astype(np.float64).tolist(),
        table.sources,
        map(list, map(issues.__getitem__, clean.flags.tolist())),  # to each a list of its own
        table.values,
        names[treated].tolist(),
        strict=True,
    )
    entries = [
        {
            "timestamp": stamp,
            "value": value,
            "unit": unit,
            "quality": quality,
            "source": source,
            "issues": found,
            "original_value": original,
            "treatment": treatment,
        }
        for stamp, value, quality, source, found, original, treatment in rows
    ]
    if keep.all():
        return entries, clean.value, clean.quality
    kept = [entry for entry, stays in zip(entries, keep.tolist(), strict=True) if stays]
    return kept, clean.value[keep], clean.quality[keep]


def _resampled(
    table: Columns, clean: CleanSeries, unit: str, keep: Bools, settings: ProcessingConfig
) -> tuple[list[dict[str, Any]], Floats, NDArray[Any]]:
    """Return an entry for each interval; an empty one is missing."""
    bins = Bins(table.time, nanoseconds(settings.resample_interval or 0.0))
    present = np.isfinite(clean.value) & keep
    value = bins.aggregate(np.where(present, clean.value, np.nan), settings.resample_aggregation)
    quality = np.nan_to_num(bins.aggregate(np.where(present, clean.quality, np.nan)))
    flags = bins.combine(clean.flags, keep)
    flags[np.isnan(value)] |= _MISSING
    zone = next((getattr(stamp, "tzinfo", None) for stamp in table.timestamps), None)
    issues = {mask: issues_of(mask) for mask in distinct(flags)[0].tolist()}
    sources = [table.sources[at] if at >= 0 else common_unit(table.sources, None) for at in bins.firsts()]
    entries = [
        {
            "timestamp": stamp,
            "value": number,
            "unit": unit,
            "quality": score,
            "source": source,
            "issues": issues[mask].copy(),
        }
        for stamp, number, score, source, mask in zip(
            stamps(bins.time.tolist(), zone),
            _nullable(value),
            quality.tolist(),
            sources,
            flags.tolist(),
            strict=True,
        )
    ]
    return entries, value, quality


def _statistics(value: Floats, quality: NDArray[Any]) -> dict[str, Any]:
    """Return what users know: statistics of the values, and how good they are on the whole."""
    present = value[np.isfinite(value)]
    some = bool(present.size)
    nan = float("nan")
    return {
        "count": int(value.size),
        "valid_count": int((quality >= VALID_FROM).sum()),
        "min": float(present.min()) if some else nan,
        "max": float(present.max()) if some else nan,
        "mean": float(present.mean()) if some else nan,
        "median": float(np.median(present)) if some else nan,
        "stdev": float(present.std(ddof=1)) if present.size > 1 else 0.0 if some else nan,
        "quality_score": float(np.mean(quality)) if quality.size else 0.0,
    }


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the garbage collector, which would search a million fresh entries over and over for nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _nullable(value: Floats) -> list[float | None]:
    listed: list[float | None] = value.tolist()
    for position in np.flatnonzero(np.isnan(value)).tolist():
        listed[position] = None
    return listed
