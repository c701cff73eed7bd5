"""Detectors on labelled data: `PYTHONPATH=tests python -m benchmarks.detection FOLDER`.

Below FOLDER lie files in the format of SKAB (github.com/waico/SKAB) or of NAB (github.com/numenta/NAB).
The group detector learns from the beginning of each series without labels, 400 rows of SKAB's, the probation
of NAB's, and is scored on the rest: nothing is fitted to labels. NAB's score here is over the windows of the
labels; SKAB's anomalies are such windows.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from integrations.transformation.detectors import HotellingGroup

from .detection_scores import PROFILES, Counts, NabPoints, nab_points
from .labelled import NAB, SKAB, Labelled, UnreadableDataError, labelled_series

Detector = Callable[[Labelled], NDArray[np.bool_]]
"""From a series to where an alarm stands in what follows its training."""
FALSE_ALARMS = {SKAB: 1e-4, NAB: 1e-5}
"""Share of rows: the default; for NAB, which charges each alarm, a twentieth of one in thousands of rows."""
NO_POINTS = NabPoints(0.0, 0)
PUBLISHED = {SKAB: "best published: F1 0.78, FAR 13.6 %, MAR 28.0 %"}


@dataclass
class Result:
    """What a detector achieved on some series."""

    series: int = 0
    counts: Counts = field(default_factory=Counts)
    points: dict[str, NabPoints] = field(default_factory=lambda: dict.fromkeys(PROFILES, NO_POINTS))

    def add(self, counts: Counts, points: dict[str, NabPoints]) -> None:
        """Take in another series."""
        self.series += 1
        self.counts += counts
        self.points = {name: self.points[name] + points[name] for name in PROFILES}


def hotelling(series: Labelled) -> NDArray[np.bool_]:
    """Ask the group detector."""
    training, values = series.values[: series.training], series.values[series.training :]
    return HotellingGroup(training, false_alarms=FALSE_ALARMS[series.benchmark]).update(values).found


def judged(series: Labelled, detector: Detector) -> tuple[Counts, dict[str, NabPoints]]:
    """Score a detector on a series; NAB's score looks at where alarms begin."""
    begin = series.training
    alarm = detector(series)
    begins = begin + np.flatnonzero(np.diff(alarm, prepend=False) & alarm)
    points = {
        name: nab_points(begins.tolist(), series.windows, begin, profile)
        for name, profile in PROFILES.items()
    }
    return Counts.of(series.anomaly[begin:], alarm), points


def results(folder: Path, detector: Detector = hotelling) -> dict[tuple[str, str], Result]:
    """Return what a detector achieves on the series below a folder: for each group of them, and for all.

    Raises:
        UnreadableDataError: there is nothing that can be read.
    """
    found: dict[tuple[str, str], Result] = defaultdict(Result)
    for series in labelled_series(folder):
        scores = judged(series, detector)
        for group in (series.name.partition("/")[0], "all"):
            found[series.benchmark, group].add(*scores)
    return dict(sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][1] == "all", pair[0][1])))


def show(found: dict[tuple[str, str], Result]) -> None:
    """Print a row for each group of series."""
    table = Table()
    for heading in (
        "data",
        "series of",
        "series",
        "F1",
        "FAR %",
        "MAR %",
        *(f"NAB {name}" for name in PROFILES),
    ):
        table.add_column(heading, justify="left" if heading in {"data", "series of"} else "right")
    for (benchmark, group), result in found.items():
        counts = result.counts
        nab = [f"{result.points[name].score(profile):.1f}" for name, profile in PROFILES.items()]
        rates = (
            f"{counts.f1:.3f}",
            f"{counts.false_alarm_percent:.1f}",
            f"{counts.missed_alarm_percent:.1f}",
        )
        table.add_row(benchmark, group, str(result.series), *rates, *nab, end_section=group == "all")
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for benchmark in {benchmark for benchmark, _ in found} & PUBLISHED.keys():
        console.print(f"{benchmark}, {PUBLISHED[benchmark]}")
    if any(benchmark == NAB for benchmark, _ in found):
        console.print("NAB's own table fits each detector's threshold to the labels; here nothing is.")


def main() -> int:
    """Run from the command line; return the exit code."""
    parser = argparse.ArgumentParser("benchmarks.detection", description=__doc__)
    parser.add_argument("folder", type=Path, help="where SKAB's or NAB's files are")
    try:
        show(results(parser.parse_args().folder))
    except UnreadableDataError as error:
        print(error, file=sys.stderr)  # noqa: T201  # said to the person at the terminal
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
