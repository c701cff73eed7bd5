"""A file of readings cleaned from beginning to end: read, checked, written, drawn."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.configuration import ConfigurationError, FaultList
from integrations.runtime.plant.settings import Plant, load_plant

from .cleaning import Cleaned, cleaned
from .csv_source import CsvSource
from .layout import Layout, layout_of
from .output import CsvSink, Sink, write_rows
from .parquet_source import ParquetSink, ParquetSource
from .picture import Canvas
from .recording import Told, read_recording
from .sensors import KnownSensors, Said, said
from .tables import Source, file_fault

FORMATS: dict[str, tuple[Callable[[Path], Source], Callable[[Path], Sink]]] = {
    ".csv": (CsvSource, CsvSink),
    ".parquet": (ParquetSource, ParquetSink),
}
STEPS = ("reading", "checking", "writing")


@dataclass(frozen=True)
class CleanRequest:
    """What was asked for."""

    readings: Path
    config: Path | None = None
    out: Path | None = None
    """None writes beside the readings: `x.csv` becomes `x.clean.csv`."""
    plot: Path | None = None
    time: str | None = None
    long: str | None = None
    sensors: Sequence[str] = ()
    units: Sequence[str] = ()
    quantities: Sequence[str] = ()

    @property
    def target(self) -> Path:
        """Where the cleaned readings go."""
        return self.out or self.readings.with_name(f"{self.readings.stem}.clean{self.readings.suffix}")


@dataclass(frozen=True)
class CleanResult:
    """What came of it."""

    cleaned: Sequence[Cleaned]
    target: Path
    not_drawn: int
    """Sensors for which the picture had no room."""


def clean_file(
    request: CleanRequest, progress: Callable[[str], Told] = lambda _: lambda _: None
) -> CleanResult:
    """Clean the readings of a file; nothing is written where anything is wrong.

    Args:
        request: what is asked for.
        progress: told each step's name when it begins, returns what is told how far the step is.

    Raises:
        ConfigurationError: lists what is wrong with file, configuration and options at once.
    """
    wrong = FaultList()
    plant: Plant | None = None
    told: Said | None = None
    source: Source | None = None
    layout: Layout | None = None
    canvas: Canvas | None = None
    with _collecting(wrong):
        plant = load_plant(request.config)
    with _collecting(wrong):
        told = said(request.units, request.quantities)
    with _collecting(wrong):
        _check_places(request)
    if request.plot:
        with _collecting(wrong):
            canvas = Canvas(request.plot)
    if request.readings.suffix.casefold() in FORMATS:
        with _collecting(wrong):
            source = FORMATS[request.readings.suffix.casefold()][0](request.readings)
            layout = layout_of(source, request.time, request.long, request.sensors)
    if source is None or layout is None:
        raise ConfigurationError(wrong)
    recorded, treated = [], []
    with _collecting(wrong):
        recorded = read_recording(source, layout, request.sensors, progress("reading"))
    if recorded and plant and told:
        with _collecting(wrong):
            treated = KnownSensors(plant, told).treated(recorded)
    wrong.raise_any()
    results = cleaned(recorded, treated, progress("checking"))
    _write(request.target, results, progress("writing"))
    not_drawn = canvas.draw(results, request.readings.name) if canvas else 0
    return CleanResult(results, request.target, not_drawn)


def _check_places(request: CleanRequest) -> None:
    wrong = FaultList()
    for path in (request.readings, request.target):
        if path.suffix.casefold() not in FORMATS:
            wrong.append(file_fault(path, f"must end in {' or '.join(FORMATS)}"))
    if request.target.resolve() == request.readings.resolve():
        wrong.append(file_fault(request.target, "must not be the file that is read"))
    for path in filter(None, (request.target, request.plot)):
        if not path.parent.is_dir():
            wrong.append(file_fault(path, "must be in a folder that is there"))
    if request.plot and request.plot.suffix.casefold() not in (".png", ".svg", ".pdf"):
        wrong.append(file_fault(request.plot, "must end in .png, .svg or .pdf"))
    wrong.raise_any()


def _write(target: Path, results: Sequence[Cleaned], told: Told) -> None:
    """Write beside the target and move it there when it is whole."""
    part = target.with_name(f".{target.name}.part")
    try:
        sink = FORMATS[target.suffix.casefold()][1](part)
        try:
            write_rows(sink, results, told)
        finally:
            sink.close()
        part.replace(target)
    except OSError as error:
        raise ConfigurationError(
            [file_fault(target, "must be a file that can be written", str(error.strerror))]
        ) from None
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _collecting(wrong: FaultList) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        wrong.absorb(error)
