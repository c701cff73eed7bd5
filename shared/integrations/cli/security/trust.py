"""`gl003 trust`: the certificates of OPC UA servers."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from integrations.protocols.opcua.trust_list import Standing, UnknownCertificateError, entries
from integrations.protocols.opcua.trust_list import move as move_entry

THUMBPRINT_DIGITS = 40

_out = Console(highlight=False, soft_wrap=True)


def show(pki: Path) -> int:
    """Print every certificate; return the exit code."""
    found = entries(pki)
    if not found:
        _out.print(f"no certificates in {pki}; ours is made, and a server's kept, with the first connection")
        return 0
    table = Table("standing", "subject", "application", "valid until", box=None)
    table.add_column("thumbprint", min_width=THUMBPRINT_DIGITS)
    for entry in found:
        until = entry.certificate.not_valid_after_utc
        shown = f"{until:%Y-%m-%d}" + (" (over)" if until < datetime.now(UTC) else "")
        subject = entry.certificate.subject.rfc4514_string()
        table.add_row(entry.standing.value, subject, entry.application_uri, shown, entry.thumbprint)
    _out.print(table)
    return 0


def move(pki: Path, thumbprint: str, *, accept: bool) -> int:
    """Trust a certificate, or trust it no more; return the exit code."""
    try:
        entry = move_entry(pki, thumbprint, to=Standing.TRUSTED if accept else Standing.REJECTED)
    except (UnknownCertificateError, OSError) as error:
        print(f"trust: {error}", file=sys.stderr)  # noqa: T201  # said to the person who asked
        return 2
    _out.print(f"{entry.certificate.subject.rfc4514_string()} is {entry.standing.value} now: {entry.file}")
    return 0
