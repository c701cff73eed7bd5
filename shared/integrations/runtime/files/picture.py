"""Raw against clean, a panel for each sensor, every finding marked; the only place that knows matplotlib."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from integrations.messages import Flag
from integrations.quality import VALID_FROM
from integrations.transformation.segments import Bools, Floats, Indices

from .cleaning import Cleaned, valid_percent
from .tables import needs_extra

MOST_PANELS = 24
"""Sensors in one picture; a higher one nobody can look at."""
MOST_POINTS = 4_000
"""Points drawn of each line: of longer series the lowest and highest in each stretch."""
MOST_MARKS = 400
"""Marks drawn of each finding: the first, the last and evenly between."""
ROOM = 0.12
"""Above and below what is shown, as a share of its range; marks beyond stand at the edge."""


@dataclass(frozen=True)
class Style:
    """How a finding is marked."""

    color: str
    marker: str


# Okabe and Ito's colours, told apart by those who see no red or no green; each has a shape of its own too.
RAW, CLEAN = "#9a9a9a", "#0072B2"
STYLES = {
    Flag.OUT_OF_RANGE: Style("#D55E00", "X"),
    Flag.NEGATIVE: Style("#D55E00", "v"),
    Flag.AT_LIMIT: Style("#D55E00", "H"),
    Flag.NOT_FINITE: Style("#D55E00", "P"),
    Flag.MISSING: Style("#000000", "|"),
    Flag.RATE_OF_CHANGE: Style("#CC79A7", "^"),
    Flag.OUTLIER: Style("#CC79A7", "o"),
    Flag.FLATLINE: Style("#009E73", "s"),
    Flag.NOISE: Style("#009E73", "*"),
    Flag.DRIFT: Style("#E69F00", "D"),
    Flag.OUT_OF_ORDER: Style("#56B4E9", "<"),
    Flag.DUPLICATE: Style("#56B4E9", ">"),
}


class Canvas:
    """What pictures are drawn with.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            import_module("matplotlib").use("Agg")  # optional, and slow to load
            self._figure_of = import_module("matplotlib.figure").Figure
        except ImportError:
            raise needs_extra(path, "matplotlib") from None

    def draw(self, cleaned: Sequence[Cleaned], title: str) -> int:
        """Draw and save; return how many sensors did not fit."""
        shown = cleaned[:MOST_PANELS]
        figure = self._figure_of(figsize=(13, 0.9 + 2.5 * len(shown)), dpi=110, layout="constrained")
        figure.suptitle(title, fontsize=11)
        panels = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
        for panel, one in zip(panels, shown, strict=True):
            _panel(panel, one)
        figure.savefig(self._path)
        return len(cleaned) - len(shown)


def _panel(panel: Any, one: Cleaned) -> None:
    order = np.argsort(one.time, kind="stable")
    time = one.time[order].astype("datetime64[ns]")
    raw, clean = one.converted[order], one.value[order]
    flags = one.flags[order]
    trusted = (flags == 0) & np.isfinite(clean)
    lowest, highest = _reach(clean[trusted], clean[one.quality[order] >= VALID_FROM])
    at = thinned(raw, MOST_POINTS)
    panel.plot(time[at], raw[at], color=RAW, linewidth=0.8, label="raw", zorder=1)
    steady = np.where(trusted, clean, np.nan)
    at = thinned(steady, MOST_POINTS)
    panel.plot(time[at], steady[at], color=CLEAN, linewidth=1.1, label="clean, nothing found", zorder=2)
    marks = {flag: np.flatnonzero(flags & np.uint32(flag)) for flag in STYLES}
    for flag, found in sorted(marks.items(), key=lambda pair: -pair[1].size):  # what is rare lies on top
        if found.size:
            marked = _spread(found, MOST_MARKS)
            height = np.clip(np.nan_to_num(raw[marked], nan=lowest), lowest, highest)
            style = STYLES[flag]
            panel.scatter(
                time[marked], height, s=32, marker=style.marker, color=style.color, linewidths=0.9,
                label=f"{flag.name} {found.size:,}", zorder=3,
            )  # fmt: skip
    margin = 0.05 * (highest - lowest)
    panel.set_ylim(lowest - margin, highest + margin)
    title = f"{one.sensor_id}: {valid_percent(one)} % of {flags.size:,} valid"
    panel.set_title(title, loc="left", fontsize=9)
    panel.set_ylabel(one.unit or "value")
    panel.grid(alpha=0.25)
    panel.tick_params(labelsize=8)
    panel.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), fontsize=8, frameon=False, borderaxespad=0)


def _reach(trusted: Floats, valid: Floats) -> tuple[float, float]:
    """Return what the panel shows: all that nothing was found in and most of what is valid, no lone spike."""
    valid = valid[np.isfinite(valid)]
    ends = [*np.quantile(valid, (0.01, 0.99))] if valid.size else []
    ends += [trusted.min(), trusted.max()] if trusted.size else []
    if not ends:
        return 0.0, 1.0
    lowest, highest = float(min(ends)), float(max(ends))
    room = ROOM * (highest - lowest) or max(abs(highest) * ROOM, 1e-9)
    return lowest - room, highest + room


def thinned(value: Floats, most: int) -> Indices:
    """Return positions that show a line as it is: lowest and highest of each stretch, and gaps."""
    if value.size <= most:
        return np.arange(value.size)
    stretch = -(-2 * value.size // most)
    padded = np.full(-(-value.size // stretch) * stretch, np.nan)
    padded[: value.size] = value
    rows = padded.reshape(-1, stretch)
    starts = np.arange(len(rows)) * stretch
    empty: Bools = np.isnan(rows)
    lowest = starts + np.where(empty, np.inf, rows).argmin(axis=1)
    highest = starts + np.where(empty, -np.inf, rows).argmax(axis=1)
    first_gap = starts + empty.argmax(axis=1)
    kept: Indices = np.unique(np.concatenate((lowest, highest, first_gap)))
    return kept[kept < value.size]


def _spread(found: Indices, most: int) -> Indices:
    if found.size <= most:
        return found
    return found[np.linspace(0, found.size - 1, most).astype(np.intp)]
