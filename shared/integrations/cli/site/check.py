"""`gl003 check`: a plant's file read as the services would read it, before any of them does."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from integrations.configuration import ConfigurationError, Fault, FaultList
from integrations.devices.classes import device_classes
from integrations.runtime.operations.review import Review, review
from integrations.runtime.plant.settings import Plant, load_plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION

from integrations.cli.connected import plant_file, say


def check(file: Path, *, as_json: bool) -> int:
    """Show what the file describes, or every fault of it; return 0 or 2."""
    try:
        plant = load_plant(plant_file(file))
        FaultList(_when_put_together(plant)).raise_any()
        found = review(plant)
    except ConfigurationError as error:
        _refuse(error.faults, as_json=as_json)
        return EXIT_CONFIGURATION
    if as_json:
        _write({"faults": [], **msgspec.structs.asdict(found)})
    else:
        _show(file, found)
    return EXIT_CLEAN


def _when_put_together(plant: Plant) -> Iterator[Fault]:
    """Yield what no device is wrong in by itself, such as registers of sensors in one unit that overlap."""
    for name, configs in plant.devices.items():
        try:
            if configs:
                device_classes()[name].connectors(configs)
        except ConfigurationError as error:
            yield from (fault.under(name) for fault in error.faults)


def _refuse(faults: Sequence[Fault], *, as_json: bool) -> None:
    if as_json:
        _write({"faults": [{"where": each.where, "key": each.key, "text": str(each)} for each in faults]})
        return
    for fault in faults:
        say(f"check: {fault}")


def _show(file: Path, found: Review) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{file}: site {found.site}, bus {found.bus or 'on this machine'}", markup=False)
    width = max(map(len, found.services), default=0)
    for service, what in found.services.items():
        console.print(f"  {service.ljust(width)}  {what}", markup=False)
    for text in found.warnings:
        console.print(f"warning: {text}", markup=False)
    if not found.services:
        console.print("no device is described: services would have nothing to do")


def _write(document: object) -> None:
    print(msgspec.json.encode(document).decode())  # noqa: T201  # the outcome
