"""Faults as a command line says them: `kind:target@start+duration=magnitude`, as `dead:process_a@30+10`."""

import re
from collections.abc import Iterable

from integrations.configuration import ConfigurationError, Fault, FaultList, read_struct

from .faults import FaultKind, PlantFault

NUMBER = r"[0-9]+(?:\.[0-9]*)?"
FORM = re.compile(
    r"(?P<kind>\w+):(?P<target>[\w.-]+)"
    rf"(?:@(?P<start_seconds>{NUMBER}))?(?:\+(?P<duration_seconds>{NUMBER}))?(?:=(?P<magnitude>-?{NUMBER}))?"
)
TEXTS = {"kind", "target"}
ALLOWED = "must be kind:target@start+duration=magnitude (last three optional), such as dead:process_a@30+10"


def parse_fault(text: str) -> PlantFault:
    """Read one fault; start defaults to 0, duration and magnitude to those of the kind. Seconds.

    Raises:
        ConfigurationError: names the part that is wrong and what is allowed.
    """
    match = FORM.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError([Fault("", "fault", text, ALLOWED)])
    given = {key: value for key, value in match.groupdict().items() if value is not None}
    if given["kind"] not in list(FaultKind):
        allowed = f"must be one of {', '.join(FaultKind)}"
        raise ConfigurationError([Fault(repr(text), "kind", given["kind"], allowed)])
    table = {key: value if key in TEXTS else float(value) for key, value in given.items()}
    try:
        return read_struct(PlantFault, table)
    except ConfigurationError as error:
        raise ConfigurationError(fault.under(repr(text)) for fault in error.faults) from None


def parse_faults(texts: Iterable[str]) -> tuple[PlantFault, ...]:
    """Read several faults, and report everything that is wrong in one ConfigurationError."""
    faults = FaultList()
    parsed: list[PlantFault] = []
    for text in texts:
        try:
            parsed.append(parse_fault(text))
        except ConfigurationError as error:
            faults.absorb(error)
    faults.raise_any()
    return tuple(parsed)
