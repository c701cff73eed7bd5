"""A formula of plain numbers becomes one of numbers or arrays."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, NDArray[np.float64])


def elementwise(formula: Callable[..., float], inputs: int) -> Callable[..., Any]:
    """Apply `formula` to numbers as it is, to arrays element by element; arrays broadcast."""
    over_arrays = np.frompyfunc(formula, inputs, 1)

    def apply(*values: Any) -> Any:
        if any(isinstance(value, np.ndarray) for value in values):
            return np.asarray(over_arrays(*values), dtype=np.float64)
        return formula(*values)

    return apply
