"""`gl003 secure init`: keys, certificates and the server's configuration of a plant, in one folder."""

import sys

from rich.console import Console
from rich.table import Table

from integrations.configuration import ConfigurationError
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION
from integrations.runtime.security.kit import Kit, KitRequest, make_kit

_out = Console(highlight=False, soft_wrap=True)


def init(request: KitRequest) -> int:
    """Make the kit and say what to do with it; return the exit code."""
    try:
        kit = make_kit(request)
    except ConfigurationError as error:
        for fault in error.faults:
            print(f"secure: {fault}", file=sys.stderr)  # noqa: T201  # said to the person who starts it
        return EXIT_CONFIGURATION
    _say(request, kit)
    return EXIT_CLEAN


def _say(request: KitRequest, kit: Kit) -> None:
    table = Table("user", "may publish to", "may listen to", box=None)
    table.add_column("log in with", overflow="fold")
    for role in kit.roles:
        counts = (str(len(role.grant.publish)), str(len(role.grant.subscribe)))
        table.add_row(role.name, *counts, str(request.folder / "users" / f"{role.name}.env"))
    _out.print(table)
    _out.print(f"{len(kit.made)} of the files are new. Next:")
    _out.print(f"  nats-server -c {request.folder / 'server' / 'nats-server.conf'}")
    _out.print(f"  (set -a; . {request.folder / 'users' / 'operator.env'}; gl003 streams)")
    _out.print("  and each service with the variables of its own file; subjects: server/accounts.conf")
    _out.print(f"Keep {request.folder / 'ca-key.pem'} off the plant: who has it can add users' certificates.")
