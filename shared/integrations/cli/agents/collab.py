"""The commands about collaborations, and their options: `gl003 collab list` and `show`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

collab = typer.Typer(name="collab", help="What agents decide together.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="The plant's TOML file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON instead of text.")]


@collab.command("list")
def list_(
    config: Config = None,
    is_open: Annotated[bool, typer.Option("--open", help="Only those that go on.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the collaborations that the bus remembers, the newest first."""
    from .collab_work import show_all  # noqa: PLC0415  # each command loads only what it needs

    sys.exit(show_all(config, limit, is_open=is_open, as_json=as_json))


@collab.command()
def show(
    collaboration_id: Annotated[str, typer.Argument(help="Its id.", show_default=False)],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show one collaboration: every step, where each participant stands, and what came of it."""
    from .collab_work import show_one  # noqa: PLC0415  # as above

    sys.exit(show_one(config, collaboration_id, as_json=as_json))
