"""The commands about security, and their options: `gl003 secure`, `gl003 trust`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

secure = typer.Typer(
    name="secure", help="Keys, certificates and permissions of the bus.", no_args_is_help=True
)
trust = typer.Typer(
    name="trust", help="Certificates of OPC UA servers: which are trusted.", no_args_is_help=True
)

Pki = Annotated[Path, typer.Option(help="Folder of certificates, pki_folder of the configuration.")]
Thumbprint = Annotated[
    str, typer.Argument(help="As `trust list` shows it, or its first digits.", show_default=False)
]


@secure.callback()
def _secure() -> None:
    """Have `init` be a command of its own, not the whole of `secure`."""


@secure.command()
def init(  # every option of a command line is a parameter
    folder: Annotated[Path, typer.Argument(help="Where everything is made.")] = Path("secrets"),
    site: Annotated[str, typer.Option(help="The site whose subjects may be used.")] = "plant1",
    host: Annotated[
        list[str] | None, typer.Option(help="Name or address of the server to clients; may be repeated.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 4222,
    agent: Annotated[
        list[str] | None, typer.Option(help="Id of an agent that gets a user, GL-001; may be repeated.")
    ] = None,
    server_folder: Annotated[
        Path | None, typer.Option(help="Where nats-server will find its files, in a container say.")
    ] = None,
    users_folder: Annotated[Path | None, typer.Option(help="Where services will find theirs.")] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="New certificates; the authority and the users' keys stay.")
    ] = False,
) -> None:
    """Make CA, certificates, a key for each service and the server's configuration; keep what is there."""
    from integrations.runtime.security.kit import KitRequest  # noqa: PLC0415  # each command loads its own

    from .secure import init as make  # noqa: PLC0415  # as above

    hosts = host or ["localhost", "127.0.0.1"]
    request = KitRequest(folder, site, hosts, port, agent or (), server_folder, users_folder, renew)
    sys.exit(make(request))


@trust.command("list")
def list_(pki: Pki = Path("pki")) -> None:
    """Show the certificates that are trusted, those that were rejected, and our own."""
    from .trust import show  # noqa: PLC0415  # as above

    sys.exit(show(pki))


@trust.command()
def accept(thumbprint: Thumbprint, pki: Pki = Path("pki")) -> None:
    """Trust a certificate that was rejected. Compare its thumbprint at the server first."""
    from .trust import move  # noqa: PLC0415  # as above

    sys.exit(move(pki, thumbprint, accept=True))


@trust.command()
def revoke(thumbprint: Thumbprint, pki: Pki = Path("pki")) -> None:
    """Trust a certificate no more: it goes to the rejected ones."""
    from .trust import move  # noqa: PLC0415  # as above

    sys.exit(move(pki, thumbprint, accept=False))
