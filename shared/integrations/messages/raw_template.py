"""Raw batches of one source as JSON, with all that never changes written once."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from .codec import MAX_BYTES, EncodeError
from .fields import Origin
from .readings import RawBatch, RawColumn

_encode = msgspec.json.Encoder().encode
_HOLE = msgspec.Raw(b"\0")
"""Where a changing value goes: JSON escapes control characters, so that nothing else is a NUL byte."""
_GOOD = b"0"


class RawTemplate:
    """Renders batches that hold one instant of every column, byte for byte as `encode` does.

    Building fifty columns a poll, only to name the same fifty sensors again, costs more than the poll.
    """

    def __init__(
        self,
        *,
        site: str,
        device_class: str,
        source: str,
        epoch: int,
        sensors: Sequence[tuple[str, str, str]],
    ) -> None:
        """Take `sensors` as id, quantity and unit of each column."""
        hole, holes = _HOLE, [_HOLE]
        batch = RawBatch(
            site=site,
            device_class=device_class,
            source=source,
            sequence=hole,  # type: ignore[arg-type]  # an encoder writes what it is given
            epoch=epoch,
            origin=hole,  # type: ignore[arg-type]  # as above
            columns=[RawColumn(*sensor, holes, holes, holes) for sensor in sensors],  # type: ignore[arg-type]  # as above
        )
        fixed = _encode(batch).split(b"\0")
        self._count = len(sensors)
        self._parts = [b""] * (2 * len(fixed) - 1)
        self._parts[::2] = fixed

    def render(
        self,
        sequence: int,
        origin: Origin,
        time_ns: int,
        values: NDArray[np.float64],
        status: NDArray[np.uint32],
    ) -> bytes:
        """Return the body; values (sensors,) that are not finite become null.

        Raises:
            EncodeError: it would be larger than MAX_BYTES.
        """
        parts = self._parts.copy()
        parts[1] = b"%d" % sequence
        parts[3] = b'"%b"' % origin.encode()
        parts[5::6] = [b"%d" % time_ns] * self._count
        parts[7::6] = _numbers(values.tolist())
        parts[9::6] = _numbers(status.tolist()) if np.count_nonzero(status) else [_GOOD] * self._count
        body = b"".join(parts)
        if len(body) > MAX_BYTES:
            raise EncodeError(f"a body may have {MAX_BYTES} bytes, this batch has {len(body)}")
        return body


def _numbers(numbers: list[float] | list[int]) -> list[bytes]:
    return _encode(numbers)[1:-1].split(b",") if numbers else []
