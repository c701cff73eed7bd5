"""CSV files, read in chunks of rows: commas, semicolons or tabs, whichever the first line has."""

import codecs
import contextlib
import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from integrations.configuration import ConfigurationError, Fault, FaultList

from .tables import CHUNK_ROWS, Chunk, checked_names, file_fault, unreadable

DELIMITERS = ",;\t"
ENCODINGS = ("utf-8-sig", "cp1252")
"""Tried in turn on the first lines; UTF-16 says itself what it is."""
LOOKED_AT = 65_536
"""Bytes that the encoding is taken from."""
MOST_BAD_ROWS = 20
"""Rows of the wrong width that are named one by one."""

Rows = list[list[str]]


class CsvSource:
    """One CSV file whose first line that is not empty names its columns.

    Raises:
        ConfigurationError: it cannot be read, or has no names in its first line.
    """

    place = "line"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._empty_lines = 0
        try:
            self._encoding = _encoding(path)
            with self._open() as stream:
                while (first := stream.readline()) and not first.strip():
                    self._empty_lines += 1
        except OSError as error:
            raise unreadable(path, error) from None
        except UnicodeError as error:
            raise ConfigurationError([file_fault(path, "must be text in UTF-8", str(error))]) from None
        self._delimiter = max(DELIMITERS, key=first.count)
        header = next(csv.reader([first], delimiter=self._delimiter), [])
        self.names = checked_names(path, [name.strip() for name in header])

    def chunks(self, names: Sequence[str]) -> Iterator[Chunk]:
        """Yield the columns `names`, their cells as text; empty lines are passed over."""
        wrong = FaultList()
        at = [self.names.index(name) for name in names]
        size = max(1, self.path.stat().st_size)
        try:
            with self._open() as stream:
                reader = csv.reader(stream, delimiter=self._delimiter)
                line = self._empty_lines + 2
                next(islice(reader, line - 2, None))
                while rows := list(islice(reader, CHUNK_ROWS)):
                    places: Sequence[int] = range(line, line + len(rows))
                    line += len(rows)
                    if set(map(len, rows)) != {len(self.names)}:
                        rows, places = self._usable(rows, places, wrong)
                    columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.names)
                    chosen: dict[str, Sequence[str]] = {
                        name: columns[one] for name, one in zip(names, at, strict=True)
                    }
                    share = min(1.0, _position(stream) / size)
                    yield Chunk(chosen, places, share, self._delimiter == ",")
        except OSError as error:
            raise unreadable(self.path, error) from None
        except (csv.Error, UnicodeError) as error:
            wrong.append(file_fault(self.path, "must be CSV in UTF-8", str(error)))
        wrong.raise_any()

    def _open(self) -> TextIO:
        return self.path.open(encoding=self._encoding, newline="")

    def _usable(self, rows: Rows, places: Sequence[int], wrong: FaultList) -> tuple[Rows, list[int]]:
        """Leave out empty rows and those of the wrong width, which are faults."""
        width = len(self.names)
        kept: Rows = []
        kept_places = []
        for row, place in zip(rows, places, strict=True):
            if len(row) == width:
                kept.append(row)
                kept_places.append(place)
            elif row and len(wrong) < MOST_BAD_ROWS:
                allowed = f"must have {width} cells, as the first line has"
                wrong.append(Fault("", f"{self.path} line {place}", len(row), allowed))
        return kept, kept_places


def _encoding(path: Path) -> str:
    """Return how a file is written, by its beginning; of several the first that fits."""
    with path.open("rb") as stream:
        begin = stream.read(LOOKED_AT)
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ENCODINGS:
        with contextlib.suppress(UnicodeError):
            codecs.getincrementaldecoder(encoding)().decode(begin)
            return encoding
    return ENCODINGS[0]


def _position(stream: TextIO) -> int:
    """Return how many bytes have been read: a text stream that is iterated does not tell itself."""
    return stream.buffer.tell()
