"""Labelled series in the formats of SKAB and of NAB, from folders that are not part of this project."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SKAB, NAB = "SKAB", "NAB"
SKAB_TRAINING = 400
"""Rows that SKAB trains on."""
NAB_PROBATION, NAB_LONGEST = 0.15, 750
"""Share of a series that NAB leaves out at its beginning, and rows at most."""
SKAB_LABELS = ("anomaly", "changepoint")
WINDOWS = "combined_windows.json"


class UnreadableDataError(ValueError):
    """A folder or file that is in neither format; the message says why."""


@dataclass(frozen=True)
class Labelled:
    """One series with what is wrong in it."""

    benchmark: str
    name: str
    values: NDArray[np.float64]
    """A row for each time, a column for each channel."""
    anomaly: NDArray[np.bool_]
    windows: list[tuple[int, int]]
    """First and last row of each anomaly."""
    training: int
    """Rows at the beginning that detectors learn from and that nobody scores."""


def labelled_series(folder: Path) -> Iterator[Labelled]:
    """Yield every labelled series below a folder, by name; what has no labels is passed over.

    Raises:
        UnreadableDataError: there is none, or a file is broken.
    """
    if not folder.is_dir():
        raise UnreadableDataError(f"{folder} is no folder")
    found = False
    for labels in sorted(folder.rglob(WINDOWS)):
        for series in _nab(labels):
            found = True
            yield series
    for path in sorted(folder.rglob("*.csv")):
        with path.open(newline="", encoding="utf-8") as stream:
            header = stream.readline().strip().split(";")
        if {"datetime", "anomaly"} <= set(header):
            found = True
            yield _skab(path, header)
    if not found:
        raise UnreadableDataError(
            f"{folder} holds neither {WINDOWS} beside a folder data (NAB)"
            " nor CSV files with the columns datetime;…;anomaly (SKAB)"
        )


def _skab(path: Path, header: list[str]) -> Labelled:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    channels = [name for name in header if name not in ("datetime", *SKAB_LABELS)]
    try:
        values = np.array([[float(row[name] or "nan") for name in channels] for row in rows])
        anomaly = np.array([float(row["anomaly"]) != 0 for row in rows], dtype=bool)
    except (TypeError, ValueError) as error:
        raise UnreadableDataError(f"{path}: {error}") from None
    name = f"{path.parent.name}/{path.name}"
    return Labelled(SKAB, name, values.reshape(-1, len(channels)), anomaly, _runs(anomaly), SKAB_TRAINING)


def _nab(labels: Path) -> Iterator[Labelled]:
    named = json.loads(labels.read_text(encoding="utf-8"))
    data = next(
        (near / "data" for near in (labels.parent, labels.parent.parent) if (near / "data").is_dir()), None
    )
    if data is None:
        raise UnreadableDataError(f"{labels} has no folder data beside it or above it")
    for name, windows in sorted(named.items()):
        path = data / name
        try:
            with path.open(newline="", encoding="utf-8") as stream:
                rows = [
                    (np.datetime64(row["timestamp"]), float(row["value"])) for row in csv.DictReader(stream)
                ]
            limits = [(np.datetime64(first), np.datetime64(last)) for first, last in windows]
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise UnreadableDataError(f"{path}: {error!r}") from None
        time = np.array([stamp for stamp, _ in rows])
        anomaly = np.zeros(len(rows), dtype=bool)
        for first, last in limits:
            anomaly |= (time >= first) & (time <= last)
        places = [
            (int(np.searchsorted(time, first)), int(np.searchsorted(time, last, "right")) - 1)
            for first, last in limits
        ]
        probation = min(int(NAB_PROBATION * len(rows)), NAB_LONGEST)
        yield Labelled(NAB, name, np.array([[value] for _, value in rows]), anomaly, places, probation)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return [(int(first), int(after) - 1) for first, after in zip(edges[::2], edges[1::2], strict=True)]
