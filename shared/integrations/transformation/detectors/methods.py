"""Outlier methods by the names that users know."""

from collections.abc import Callable, Mapping

from integrations.transformation.errors import UnknownMethodError
from integrations.transformation.segments import Floats

from .hampel import hampel
from .isolation import isolation
from .outliers import interquartile, modified_zscore, zscore
from .verdict import Verdict

OUTLIER_METHODS: Mapping[str, Callable[[Floats, float, float], Verdict]] = {
    "zscore": zscore,
    "iqr": interquartile,
    "isolation": isolation,
    "mad": modified_zscore,
    "hampel": hampel,
}


def outliers(
    value: Floats, method: str = "zscore", threshold: float = 3.0, resolution: float = 0.0
) -> Verdict:
    """Find outliers by the method of that name.

    Raises:
        UnknownMethodError: lists the known ones.
        InvalidArgumentError: threshold not above 0.
    """
    if method not in OUTLIER_METHODS:
        raise UnknownMethodError("outlier method", method, OUTLIER_METHODS)
    return OUTLIER_METHODS[method](value, threshold, resolution)
