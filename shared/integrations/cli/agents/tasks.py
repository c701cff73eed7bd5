"""The commands about tasks, and their options: `gl003 tasks list`, `show`, `cancel`, `submit`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

tasks = typer.Typer(name="tasks", help="Tasks that agents do: look, cancel, submit.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="The plant's TOML file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON instead of text.")]
TaskId = Annotated[str, typer.Argument(help="Id of the task.", show_default=False)]


@tasks.command("list")
def list_(
    config: Config = None,
    status: Annotated[
        str | None, typer.Option(help="Only these: pending, assigned, in_progress, completed, …")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show every task that is known: open ones first, ended ones for a day."""
    from .tasks_work import show_all  # noqa: PLC0415  # each command loads only what it needs

    sys.exit(show_all(config, status, as_json=as_json))


@tasks.command()
def show(task_id: TaskId, config: Config = None, as_json: Json = False) -> None:
    """Show one task and every step that it went."""
    from .tasks_work import show_one  # noqa: PLC0415  # as above

    sys.exit(show_one(config, task_id, as_json=as_json))


@tasks.command()
def cancel(
    task_id: TaskId,
    config: Config = None,
    reason: Annotated[str, typer.Option(help="Why, for whoever looks.")] = "cancelled by hand",
) -> None:
    """Have a task not be done any more; of a recurring one no run begins any more."""
    from .tasks_work import cancel_one  # noqa: PLC0415  # as above

    sys.exit(cancel_one(config, task_id, reason))


@tasks.command()
def submit(  # noqa: PLR0913, PLR0917  # every option of a command line is a parameter
    task_type: Annotated[str, typer.Argument(help="What is to be done.", show_default=False)],
    config: Config = None,
    task_id: Annotated[str | None, typer.Option("--id", help="Else one is made.", show_default=False)] = None,
    param: Annotated[list[str] | None, typer.Option(help="name=value, the value as JSON or text.")] = None,
    priority: Annotated[int, typer.Option(min=1, max=5, help="1 is critical, 5 background.")] = 3,
    to: Annotated[str | None, typer.Option(help="The only agent that may do it.")] = None,
    after: Annotated[list[str] | None, typer.Option(help="Task that has to be completed before.")] = None,
    within: Annotated[str | None, typer.Option(help="It fails if not done by then: 90s, 5m, 1h.")] = None,
    at: Annotated[str | None, typer.Option(help="Begin at 2026-11-24T06:00 (UTC), or with +01:00.")] = None,
    every: Annotated[str | None, typer.Option(help="Begin again and again: 10s, 5m, 1h.")] = None,
    cron: Annotated[str | None, typer.Option(help="Begin by cron: '0 6 * * MON-FRI', @daily.")] = None,
    timezone: Annotated[str, typer.Option(help="Of --cron: Europe/Berlin. Else UTC.")] = "",
    wait: Annotated[
        str | None, typer.Option(help="Wait so long for its end and show it: 90s.", show_default=False)
    ] = None,
) -> None:
    """Submit a task; says its id, and with --wait how it ended."""
    from .tasks_submit import Wish  # noqa: PLC0415  # as above
    from .tasks_submit import submit as submit_it  # noqa: PLC0415  # as above

    wish = Wish(
        task_type, task_id, param or (), priority, to, after or (), within, at, every, cron, timezone, wait
    )
    sys.exit(submit_it(config, wish))
