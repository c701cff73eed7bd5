"""Options of `gl003 probe`: one that does nothing with this address, or beside another, is an error."""

from collections.abc import Iterator

from integrations.configuration import MISSING, ConfigurationError, Fault
from integrations.runtime.commissioning.targets import HartTarget, ModbusTarget, OpcUaTarget, Target

from .wanted import STANDARD_OUTPUT, Wanted

PROTOCOLS: dict[type, str] = {ModbusTarget: "Modbus", HartTarget: "HART-IP", OpcUaTarget: "OPC UA"}


def check_applicable(wanted: Wanted, target: Target) -> None:
    """Hold the options that were given against the address, and against each other.

    Raises:
        ConfigurationError: one of them cannot apply, each with the reason.
    """
    reasons = [*_of_other_protocols(wanted, target), *_against_each_other(wanted)]
    if reasons:
        raise ConfigurationError(Fault("", f"--{option}", MISSING, why) for option, why in reasons)


def _of_other_protocols(wanted: Wanted, target: Target) -> Iterator[tuple[str, str]]:
    options = (
        ("take", wanted.take, ModbusTarget),
        ("registers", wanted.registers, ModbusTarget),
        ("all", wanted.everything, ModbusTarget),
        ("root", wanted.root, OpcUaTarget),
        ("most", wanted.most, OpcUaTarget),
        ("pki", wanted.pki, OpcUaTarget),
        ("password-file", wanted.password_file, OpcUaTarget),
    )
    for option, value, kind in options:
        if value and not isinstance(target, kind):
            yield option, f"must be left out: it is for {PROTOCOLS[kind]}, not for {PROTOCOLS[type(target)]}"


def _against_each_other(wanted: Wanted) -> Iterator[tuple[str, str]]:
    once = next((word for word, given in _at_once(wanted) if given), "")
    if once and wanted.live:
        yield "live", f"must be left out with {once}, which reads once"
    if wanted.duration and (once or wanted.live is False):
        yield "for", f"must be left out with {once or '--once'}: it ends a live view"
    if wanted.as_json and wanted.toml == STANDARD_OUTPUT:
        yield "toml", "must be a file where --json has the output"
    if not wanted.toml:
        for option, value in (("take", wanted.take), ("name", wanted.name)):
            if value:
                yield option, "must be left out without --toml: it is for the file"


def _at_once(wanted: Wanted) -> tuple[tuple[str, bool], ...]:
    return ("--json", wanted.as_json), ("--toml", wanted.toml is not None)
