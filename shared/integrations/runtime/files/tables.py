"""What the formats of files have in common: columns by name, in chunks of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from integrations.configuration import MISSING, ConfigurationError, Fault

CHUNK_ROWS = 32_768
EXTRA = "pip install 'gl003-integrations[analysis]'"


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file; all columns have one length."""

    columns: dict[str, Sequence[Any]]
    """Text as it stands in the file, or an array where the file has types."""
    places: Sequence[int]
    """Line or row of each, as people count them."""
    share: float
    """How much of the file has been read with this chunk, 0 to 1."""
    commas_part_cells: bool = False
    """Whether a comma in a number may as well part thousands, since it parts the file's cells too."""


class Source(Protocol):
    """A file that is read."""

    path: Path
    place: str
    """What `Chunk.places` counts: line, row."""
    names: list[str]
    """Columns in the order of the file, each once."""

    def chunks(self, names: Sequence[str]) -> Iterator[Chunk]:
        """Yield the columns `names`; raise ConfigurationError where rows are not of one width."""
        ...


def file_fault(path: Path, allowed: str, got: Any = MISSING) -> Fault:
    """Return a fault of a file as a whole."""
    return Fault("", str(path), got, allowed)


def unreadable(path: Path, error: OSError) -> ConfigurationError:
    """Return what to raise where the system refuses a file."""
    return ConfigurationError([file_fault(path, "must be a readable file", str(error.strerror))])


def needs_extra(path: Path, package: str) -> ConfigurationError:
    """Return what to raise where an optional package is wanted and not there."""
    return ConfigurationError([file_fault(path, f"needs {package}: {EXTRA}")])


def checked_names(path: Path, names: list[str]) -> list[str]:
    """Return the columns of a file.

    Raises:
        ConfigurationError: there are none, or two of one name.
    """
    if not any(names):
        raise ConfigurationError([file_fault(path, "must begin with the names of its columns")])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(
            file_fault(path, "must have one column of each name", name) for name in twice
        )
    return names
