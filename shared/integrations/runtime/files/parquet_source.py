"""Parquet files: the only place that knows pyarrow."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from integrations.configuration import ConfigurationError

from .tables import CHUNK_ROWS, Chunk, checked_names, file_fault, needs_extra, unreadable


class ParquetSource:
    """One Parquet file.

    Raises:
        ConfigurationError: it cannot be read, or pyarrow is not installed.
    """

    place = "row"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._arrow, parquet = _arrow(path)
        try:
            self._file = parquet.ParquetFile(path)
            names = list(self._file.schema_arrow.names)
        except OSError as error:
            raise unreadable(path, error) from None
        except (ValueError, NotImplementedError, self._arrow.ArrowException) as error:
            raise ConfigurationError([file_fault(path, "must be a Parquet file", str(error))]) from None
        self.names = checked_names(path, names)

    def chunks(self, names: Sequence[str]) -> Iterator[Chunk]:
        """Yield the columns `names`: times and numbers as arrays, all else as lists."""
        rows, total = 0, max(1, self._file.metadata.num_rows)
        batches = self._file.iter_batches(batch_size=CHUNK_ROWS, columns=list(names))
        while (chunk := self._next(batches, names, rows, total)) is not None:
            rows += len(chunk.places)
            yield chunk

    def _next(self, batches: Iterator[Any], names: Sequence[str], rows: int, total: int) -> Chunk | None:
        """Return the next rows; whatever is wrong with the file itself shows here."""
        try:
            if (batch := next(batches, None)) is None:
                return None
            columns = {name: self._cells(batch.column(name)) for name in names}
        except (OSError, ValueError, NotImplementedError, self._arrow.ArrowException) as error:
            raise ConfigurationError([file_fault(self.path, "must be a Parquet file", str(error))]) from None
        places = range(rows + 1, rows + 1 + batch.num_rows)
        return Chunk(columns, places, (rows + batch.num_rows) / total)

    def _cells(self, column: Any) -> Sequence[Any]:
        types = self._arrow.types
        if types.is_timestamp(column.type):
            whole = column.cast(self._arrow.timestamp("ns", tz=column.type.tz), safe=False)
            cells: Sequence[Any] = whole.to_numpy(zero_copy_only=False).astype("datetime64[ns]")
        elif types.is_floating(column.type) or (types.is_integer(column.type) and not column.null_count):
            cells = column.to_numpy(zero_copy_only=False)
        else:
            cells = column.to_pylist()
        return cells


class ParquetSink:
    """A Parquet file that is written chunk by chunk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._arrow, self._parquet = _arrow(path)
        self._writer: Any = None

    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows; `time` is UTC nanoseconds, all columns have one length."""
        arrow = self._arrow
        table = arrow.table(
            {
                name: arrow.array(cells, arrow.timestamp("ns", tz="UTC"))
                if name == "time"
                else _array(arrow, cells)
                for name, cells in columns.items()
            }
        )
        if self._writer is None:
            self._writer = self._parquet.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


def _array(arrow: Any, cells: Sequence[Any]) -> Any:
    """Return a column; NaN is null, names are kept once."""
    if not isinstance(cells, np.ndarray):
        return arrow.array(cells, arrow.string())
    return arrow.array(cells, mask=np.isnan(cells) if cells.dtype.kind == "f" else None)


def _arrow(path: Path) -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")  # optional, and slow to load
    except ImportError:
        raise needs_extra(path, "pyarrow") from None
