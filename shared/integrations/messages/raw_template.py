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
_TIME = b"\0"
_GOOD = b"0"


class RawTemplate:
    """Renders batches whose columns all have the same instants, byte for byte as `encode` does.

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
        self._fixed = _encode(batch).split(b"\0")
        self._count = len(sensors)
        self._parts = _with_room(self._fixed)
        self._good_parts: dict[int, list[bytes]] = {}  # by the number of instants

    def render(
        self,
        sequence: int,
        origin: Origin,
        times_ns: Sequence[int],
        values: NDArray[np.float64],
        status: NDArray[np.uint32],
    ) -> bytes:
        """Return the body; values and status are (sensors, instants), what is not finite becomes null.

        Raises:
            EncodeError: it would be larger than MAX_BYTES.
        """
        is_good = not np.count_nonzero(status)
        parts = (self._good(len(times_ns)) if is_good else self._parts).copy()
        times = b",".join([b"%d" % time_ns for time_ns in times_ns])
        parts[1] = b"%d" % sequence
        parts[3] = b'"%b"' % origin.encode()
        if is_good:
            parts[5::2] = _rows(values)
            body = b"".join(parts).replace(_TIME, times)
        else:
            parts[5::6] = [times] * self._count
            parts[7::6] = _rows(values)
            parts[9::6] = _rows(status)
            body = b"".join(parts)
        if len(body) > MAX_BYTES:
            raise EncodeError(f"a body may have {MAX_BYTES} bytes, this batch has {len(body)}")
        return body

    def _good(self, instants: int) -> list[bytes]:
        if (parts := self._good_parts.get(instants)) is None:
            parts = self._good_parts[instants] = _with_room(_all_good(self._fixed, instants))
        return parts


def _with_room(fixed: list[bytes]) -> list[bytes]:
    """Put an empty part between each two."""
    parts = [b""] * (2 * len(fixed) - 1)
    parts[::2] = fixed
    return parts


def _all_good(fixed: list[bytes], instants: int) -> list[bytes]:
    """Fill in that every status is good, and leave a hole in place of the times: all have the same."""
    good = b",".join([_GOOD] * instants)
    columns = zip(fixed[3::3], fixed[4::3], fixed[5::3], strict=True)
    text = fixed[2] + b"".join(
        b"%b%b\1%b%b%b" % (_TIME, time, value, good, end) for time, value, end in columns
    )
    return [*fixed[:2], *text.split(b"\1")]


def _rows(numbers: NDArray[np.float64] | NDArray[np.uint32]) -> list[bytes]:
    """Write each row of (sensors, instants), without its brackets."""
    if numbers.shape[1] == 1:  # a third less to write
        return _encode(numbers[:, 0].tolist())[1:-1].split(b",") if numbers.size else []
    return _encode(numbers.tolist())[2:-2].split(b"],[") if numbers.size else []
