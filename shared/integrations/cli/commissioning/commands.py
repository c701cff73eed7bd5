"""The commands for a device on the bench, and their options: `gl003 probe`, `gl003 scan`, `gl003 init`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON instead of text.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `gl003`."""
    for command in (probe, scan, init):
        app.command()(command)


def probe(  # noqa: PLR0913, PLR0917  # every option of a command line is a parameter
    address: Annotated[
        str,
        typer.Argument(
            help="modbus://host:502?unit=1-10, modbus+rtu:///dev/ttyUSB0?baud=19200&parity=E&unit=1,"
            " opc.tcp://host:4840, hart-ip://host:5094?transport=udp&address=0."
        ),
    ],
    toml: Annotated[
        Path | None, typer.Option(help="Write what was found as a plant's file, once; - is the output.")
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
        typer.Option("--live/--once", help="Refresh until Ctrl-C, or read once. On a terminal: live."),
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="A live view that ends after 20s, 5m.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Modbus: implausible readings and zeros too.")
    ] = False,
    root: Annotated[
        str | None,
        typer.Option(help="OPC UA: node below which variables are looked for; else i=85, Objects."),
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="OPC UA: so many variables at most; else 2000.")
    ] = None,
    pki: Annotated[Path | None, typer.Option(help="OPC UA: folder of certificates; else pki.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="OPC UA: file whose first line is the user's password.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at a device that nobody knows yet: what answers, and what it shows. Nothing is written to it.

    Exit code 0: it was read; 1: nobody answers; 2: wrong address or options; 3: something answers, but not
    with values: another protocol, refusals only, a certificate that is not trusted.
    """
    from .probe import probe as probe_it  # noqa: PLC0415  # each command loads only what it needs
    from .wanted import Wanted  # noqa: PLC0415  # as above

    options = toml, name, take or (), registers or (), live, duration, everything, root, most, pki
    sys.exit(probe_it(Wanted(address, *options, password_file, as_json)))


def scan(
    addresses: Annotated[str, typer.Argument(help="10.0.0.0/28, 10.0.0.5 or 10.0.0.5-10.0.0.20.")],
    port: Annotated[
        list[int] | None, typer.Option(min=1, max=65535, help="Instead of 502, 4840, 5094; may be repeated.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, max=1000, help="Places begun in a second.")] = 50.0,
    timeout: Annotated[float, typer.Option(min=0.05, max=30, help="Seconds for a connection.")] = 0.5,
    as_json: Json = False,
) -> None:
    """Look for devices in a range of addresses that you name: Modbus TCP, OPC UA, HART-IP.

    Exit code 0: somebody listens there; 1: nobody; 2: no range, or too large a one.
    """
    from integrations.runtime.commissioning.network import PORTS  # noqa: PLC0415  # as above

    from .scan import scan as scan_it  # noqa: PLC0415  # as above

    sys.exit(scan_it(addresses, port or PORTS, rate, timeout, as_json=as_json))


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("plant.toml"),
    site: Annotated[str | None, typer.Option(help="Name of the site.", show_default=False)] = None,
    bus: Annotated[str | None, typer.Option(help="Address of the bus.", show_default=False)] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(help="Address of a device, as of gl003 probe, with preset= and name=; may be repeated."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    ask: Annotated[
        bool | None, typer.Option("--ask/--no-ask", help="Ask for what is not told. On a terminal: yes.")
    ] = None,
) -> None:
    """Write a plant's file to begin with, commented, which `gl003 check` passes.

    Exit code 0: written; 1: it cannot be written; 2: an answer cannot be used, or the file is there already.
    """
    from .init import Answers  # noqa: PLC0415  # as above
    from .init import init as write_it  # noqa: PLC0415  # as above

    sys.exit(write_it(Answers(file, site, bus, device, force, ask)))
