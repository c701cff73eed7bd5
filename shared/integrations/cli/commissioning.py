"""The commands for a device on the bench, and their options: `gl003 probe`, `gl003 scan`, `gl003 init`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON instead of text.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `gl003`."""
    app.command()(probe)


def probe(  # noqa: PLR0913, PLR0917  # every option of a command line is a parameter
    address: Annotated[
        str,
        typer.Argument(
            help="modbus://host:502?unit=1-10, modbus+rtu:///dev/ttyUSB0?baud=19200&parity=E&unit=1,"
            " opc.tcp://host:4840, hart-ip://host:5094?transport=udp&address=0."
        ),
    ],
    toml: Annotated[
        Path | None, typer.Option(help="Write what was found as a plant's file; - is the output.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the device in that file.")] = "",
    take: Annotated[
        list[str] | None,
        typer.Option(help="Modbus: a value you recognise, flow_rate=0:float32:cdab:kg/h; may be repeated."),
    ] = None,
    registers: Annotated[
        list[str] | None,
        typer.Option(help="Modbus: 0-99, input:700; may be repeated. Else 0-59 and known maps."),
    ] = None,
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--once", help="Modbus, HART: refresh until Ctrl-C, or once. On a terminal: live."
        ),
    ] = None,
    duration: Annotated[str | None, typer.Option("--for", help="End a live view after this time.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Modbus: implausible readings and zeros too.")
    ] = False,
    root: Annotated[str, typer.Option(help="OPC UA: node below which variables are looked for.")] = "i=85",
    most: Annotated[int, typer.Option(min=1, max=100_000, help="OPC UA: so many variables at most.")] = 2000,
    pki: Annotated[Path, typer.Option(help="OPC UA: folder of certificates.")] = Path("pki"),
    password_file: Annotated[
        Path | None, typer.Option(help="OPC UA: file whose first line is the user's password.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at a device that nobody knows yet: what answers, and what it shows. Nothing is written to it.

    Exit code 0: it was read; 1: nobody answers; 2: wrong address or options; 3: something answers, but not
    with values: another protocol, refusals only, a certificate that is not trusted.
    """
    from .probe import Wanted  # noqa: PLC0415  # each command loads only what it needs
    from .probe import probe as probe_it  # noqa: PLC0415  # as above

    options = toml, name, take or (), registers or (), live, duration, everything, root, most, pki
    sys.exit(probe_it(Wanted(address, *options, password_file, as_json)))
