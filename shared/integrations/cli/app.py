"""The commands of `gl003` and their options."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .agents.collab import collab
from .agents.tasks import tasks
from .commissioning import commands as commissioning
from .security.commands import secure, trust

app = typer.Typer(
    name="gl003",
    help="A steam plant's meters, sensors and SCADA as trustworthy readings on a NATS bus.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

commissioning.add_to(app)
app.add_typer(collab)
app.add_typer(secure)
app.add_typer(trust)
app.add_typer(tasks)

Config = Annotated[Path | None, typer.Option(help="The plant's TOML file.", show_default=False)]
Wait = Annotated[float, typer.Option(min=0.1, max=60, help="Seconds in which services may answer.")]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON instead of text.")]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def run(
    config: Config = None,
    duration: Annotated[str | None, typer.Option("--for", help="End after this time: 20s, 5m, 1h.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a full screen.")] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Fault of the simulated plant, kind:target@start+duration, e.g. dead:process_a@10+20."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated plant.")] = 0,
) -> None:
    """Bring everything up: bus, simulated plant (or --config's devices), services and a live table."""
    from .plant.run import Options, run_everything  # noqa: PLC0415  # each command loads only what it needs

    plain = plain or not sys.stdout.isatty()
    sys.exit(run_everything(Options(config, duration, plain, fault or [], seed)))


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help="A device class, or transformation.")], config: Config = None
) -> None:
    """Run one service, as `python -m services.<name>` does."""
    from integrations.runtime.services import start_service  # noqa: PLC0415  # as above

    sys.exit(start_service(service, config))


@app.command()
def clean(  # noqa: PLR0913, PLR0917  # every option of a command line is a parameter
    readings: Annotated[Path, typer.Argument(help="CSV or Parquet file of readings.", show_default=False)],
    config: Config = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Cleaned file, .csv or .parquet; else READINGS with .clean in its name."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture of raw against clean: .png, .svg, .pdf.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of times; else one of the usual names.")] = None,
    long: Annotated[
        str | None, typer.Option(help="Columns of a file with a row a reading: sensor,value[,unit].")
    ] = None,
    sensor: Annotated[list[str] | None, typer.Option(help="Clean this sensor only; may be repeated.")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="sensor=unit where the file does not say.")] = None,
    quantity: Annotated[list[str] | None, typer.Option(help="sensor=quantity, such as pressure.")] = None,
) -> None:
    """Clean a file of readings as the service would, to see what a configuration does before going live."""
    from integrations.runtime.files.work import CleanRequest  # noqa: PLC0415  # as above

    from .readings.clean import clean as clean_it  # noqa: PLC0415  # as above

    request = CleanRequest(readings, config, out, plot, time, long, sensor or (), unit or (), quantity or ())
    sys.exit(clean_it(request))


@app.command()
def backfill(
    begin: Annotated[
        str, typer.Option("--from", help="First time, as RAW stored it: 2026-11-24T06:00 is UTC.")
    ],
    end: Annotated[
        str | None, typer.Option("--to", help="Time before which it ends; else now.", show_default=False)
    ] = None,
    config: Config = None,
    sensor: Annotated[list[str] | None, typer.Option(help="This sensor only; may be repeated.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come of it, publish nothing.")
    ] = False,
) -> None:
    """Clean a time range of RAW once more under a configuration; the outcome goes to subjects of its own."""
    from .readings.backfill import Request  # noqa: PLC0415  # as above
    from .readings.backfill import backfill as clean_again  # noqa: PLC0415  # as above

    sys.exit(clean_again(Request(begin, end, config, sensor or (), dry_run)))


@app.command()
def status(config: Config = None, wait: Wait = 2.0, as_json: Json = False) -> None:
    """Show every service instance on the bus: version, uptime, health, breakers, lag, top troubles.

    Exit code 0: all are healthy; 1: no bus; 2: wrong configuration; 3: somebody is missing or not healthy.
    """
    from .site.status import status as show_status  # noqa: PLC0415  # as above

    sys.exit(show_status(config, wait, as_json=as_json))


@app.command()
def tail(
    subject: Annotated[str, typer.Argument(help="clean.> is the site's; gl.… and $… are taken as they are.")],
    config: Config = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many messages.")] = None,
    duration: Annotated[str | None, typer.Option("--for", help="End after this time: 20s, 5m, 1h.")] = None,
    as_json: Json = False,
) -> None:
    """Show what goes by on the bus, a line a message.

    Exit code 0; 1: no bus, or not allowed to listen there; 2: wrong configuration or subject.
    """
    from .site.tail import Wanted  # noqa: PLC0415  # as above
    from .site.tail import tail as show_messages  # noqa: PLC0415  # as above

    sys.exit(show_messages(Wanted(subject, config, count, duration, as_json)))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The plant's TOML file.")], as_json: Json = False
) -> None:
    """Read a plant's file and the environment as services would; say every fault, and what looks mistaken.

    Exit code 0: services can start with it; 2: they cannot.
    """
    from .site.check import check as check_it  # noqa: PLC0415  # as above

    sys.exit(check_it(file, as_json=as_json))


@app.command()
def doctor(config: Config = None, wait: Wait = 2.0, as_json: Json = False) -> None:
    """Examine a site with advice: bus, permissions, streams, consumers, services, clocks.

    Exit code 0: no fault, warnings perhaps; 1: no bus; 2: wrong configuration; 3: a fault.
    """
    from .site.doctor import doctor as examine_it  # noqa: PLC0415  # as above

    sys.exit(examine_it(config, wait, as_json=as_json))


@app.command()
def agents(config: Config = None, as_json: Json = False) -> None:
    """Show every agent that ever registered: whether it is there, its load, score and capabilities.

    Exit code 0; 1: no bus, or nobody has made the streams of agents; 2: wrong configuration.
    """
    from .agents.agents import agents as show_agents  # noqa: PLC0415  # as above

    sys.exit(show_agents(config, as_json=as_json))


@app.command()
def send(  # every option of a command line is a parameter
    recipient: Annotated[str, typer.Argument(help="An agent's id, role:ROLE or BROADCAST.")],
    action: Annotated[str, typer.Argument(help="What is wanted, such as report.")],
    value: Annotated[
        list[str] | None, typer.Argument(help="Of the payload: name=value, JSON or text.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the answer and print it.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, max=86_400, help="Seconds to wait.")] = 30.0,
    priority: Annotated[str, typer.Option(help="critical, high, normal, low or background.")] = "normal",
    kind: Annotated[str, typer.Option("--type", help="request, command, notification, …")] = "request",
    config: Config = None,
) -> None:
    """Send a message to an agent; with --wait print its answer.

    Exit code 0; 1: no bus; 2: wrong configuration or message; 3: refused, an error, or no answer in time.
    """
    from .agents.send import Wanted  # noqa: PLC0415  # as above
    from .agents.send import send as send_it  # noqa: PLC0415  # as above

    sys.exit(send_it(config, Wanted(recipient, action, value or (), wait, timeout, priority, kind)))


@app.command("simulate-scada", hidden=True)
def simulate_scada(
    port: Annotated[int, typer.Option()],
    began: Annotated[float, typer.Option(help="When the plant's time began, by the monotonic clock.")],
    seed: Annotated[int, typer.Option()] = 0,
    fault: Annotated[list[str] | None, typer.Option()] = None,
) -> None:
    """Serve the simulated plant's SCADA; `gl003 run` starts it beside the services."""
    from .plant.simulate import simulate_scada as run_it  # noqa: PLC0415  # as above

    sys.exit(run_it(port, began, seed, fault or []))


@app.command()
def plant(
    host: Annotated[str, typer.Option(help="Name or address of this machine to serve at.")] = "127.0.0.1",
    describe: Annotated[
        bool, typer.Option("--describe", help="Print its configuration for services instead.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the simulated plant.")] = 0,
    fault: Annotated[list[str] | None, typer.Option(help="As of gl003 run.")] = None,
) -> None:
    """Serve the simulated plant alone, at fixed ports, for services that run elsewhere."""
    from .plant.simulate import describe as describe_it  # noqa: PLC0415  # as above
    from .plant.simulate import plant as serve_it  # noqa: PLC0415  # as above

    sys.exit(describe_it(host) if describe else serve_it(host, seed, fault or []))


@app.command()
def streams(
    config: Config = None,
    agent: Annotated[
        list[str] | None,
        typer.Option(envvar="AGENTS", help="Id of an agent that may not make its mailbox; may be repeated."),
    ] = None,
) -> None:
    """Make the streams and buckets of the bus, or bring them to what is declared."""
    from .site.streams import make_streams  # noqa: PLC0415  # as above

    sys.exit(make_streams(config, agent or ()))


@app.command()
def schemas(
    folder: Annotated[Path, typer.Argument(help="Where the files are.")],
    check: Annotated[bool, typer.Option("--check", help="Compare only; exit 1 where they differ.")] = False,
) -> None:
    """Write the JSON Schemas of all messages and the AsyncAPI document of all subjects."""
    from .site.schemas import check_schemas, write_schemas  # noqa: PLC0415  # as above

    sys.exit(check_schemas(folder) if check else write_schemas(folder))
