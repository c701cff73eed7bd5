"""Files that `gl003 clean` reads: CSV and Parquet."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from fuzz.target import Target
from integrations.configuration import ConfigurationError
from integrations.runtime.files.csv_source import CsvSource
from integrations.runtime.files.layout import layout_of
from integrations.runtime.files.parquet_source import ParquetSource
from integrations.runtime.files.recording import read_recording
from integrations.runtime.files.tables import Source

WIDE = b"time,flow [t/h],pressure\n2026-11-24T06:00:00Z,1.5,10\n2026-11-24T06:00:01Z,nan,11\n"
LONG = b"timestamp;tag;value;unit\n24.11.2026 06:00;a;1,5;barg\n1700000000;b;-;t/h\n"
ZONED = b'\xef\xbb\xbftime\tx\n2026-11-24T06:00:00+01:00\t"1,100"\n'


def _reading(kind: Callable[[Path], Source]) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            source = kind(Path(file.name))
            return read_recording(source, layout_of(source))

    return read


def _parquet() -> bytes:
    table = pa.table({
        "time": pa.array([1, 2], pa.timestamp("ms")),
        "flow": [1.5, None],
        "count": [1, None],
        "text": ["1", "bad"],
    })  # fmt: skip
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


TABLE = (
    Target(
        "csv", _reading(CsvSource), (ConfigurationError,), [WIDE, LONG, ZONED, WIDE.decode().encode("utf-16")]
    ),
    Target("parquet", _reading(ParquetSource), (ConfigurationError,), [_parquet()], longest=16_384),
)
