"""What the environment says about the plant: variables to configuration keys.

NATS_… overrides the file. Connection settings are defaults for every device. <CLASS>_… describes one device
of a class of which the file has none.
"""

from collections.abc import Mapping
from typing import Any

from integrations.configuration import Fault
from integrations.devices import SimulationPolicy
from integrations.devices.classes import DeviceClass

ENVIRONMENT = "environment"
"""Where a fault is that stands in no file."""
HTTP_VARIABLES = {"host": "GL003_HTTP_HOST", "port": "GL003_HTTP_PORT"}
OUTBOX_VARIABLES = {
    "folder": "OUTBOX_FOLDER",
    "max_bytes": "OUTBOX_MAX_BYTES",
    "max_age_hours": "OUTBOX_MAX_AGE_HOURS",
}
CONSOLE_VARIABLES = {
    "host": "CONSOLE_HOST",
    "port": "CONSOLE_PORT",
    "token": "CONSOLE_TOKEN",
    "token_file": "CONSOLE_TOKEN_FILE",
    "operator_token": "CONSOLE_OPERATOR_TOKEN",
    "operator_token_file": "CONSOLE_OPERATOR_TOKEN_FILE",
}
CONNECTION_VARIABLES = {
    "CONNECTION_TIMEOUT": ("timeout_seconds", float),
    "MAX_RETRIES": ("max_retries", int),
    "RETRY_DELAY": ("retry_delay_seconds", float),
    "ENABLE_CIRCUIT_BREAKER": ("enable_circuit_breaker", bool),
}
CONNECTION_NAMES = {key: name for name, (key, _) in CONNECTION_VARIABLES.items()}
"""Variables by key."""
DEVICE_KEYS = ("host", "port", "protocol")
"""Keys that variables may set of every class; a class may have more."""
_WORDS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}
_ALLOWED = {float: "must be a number", int: "must be a whole number", bool: "must be true or false"}


def http_from(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys of the table [http] that the environment sets."""
    return _with_numbers(_given(environment, HTTP_VARIABLES), "port")


def console_from(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys of the table [console] that the environment sets."""
    return _with_numbers(_given(environment, CONSOLE_VARIABLES), "port")


def outbox_from(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys of the table [outbox] that the environment sets."""
    return _with_numbers(_given(environment, OUTBOX_VARIABLES), "max_bytes", "max_age_hours")


def defaults_from(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the connection keys that the environment sets, and the faults of those it sets wrongly."""
    values: dict[str, Any] = {}
    faults = []
    for name, (key, kind) in CONNECTION_VARIABLES.items():
        if text := environment.get(name, "").strip():
            try:
                values[key] = _WORDS[text.lower()] if kind is bool else kind(text)
            except (ValueError, KeyError):
                faults.append(Fault(ENVIRONMENT, name, text, _ALLOWED[kind]))
    return values, faults


def device_from(environment: Mapping[str, str], device_class: DeviceClass) -> dict[str, Any]:
    """Return the table of the one device that the variables of a class describe; empty without a host."""
    names = device_names(device_class)
    found = _given(environment, names)
    return _with_numbers(found, "port") if "host" in found else {}


def device_names(device_class: DeviceClass) -> dict[str, str]:
    """Return the variables of a class by key."""
    keys = (*DEVICE_KEYS, *device_class.environment)
    return {key: f"{device_class.environment_prefix}{key.upper()}" for key in keys}


def simulation_faults(environment: Mapping[str, str]) -> list[Fault]:
    """Return what is wrong with SIMULATION, which connectors read themselves when they connect."""
    text = environment.get("SIMULATION", "").strip()
    if not text or text.lower() in list(SimulationPolicy):
        return []
    return [Fault(ENVIRONMENT, "SIMULATION", text, f"must be one of {', '.join(SimulationPolicy)}")]


def _given(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, Any]:
    return {key: environment[name] for key, name in variables.items() if environment.get(name)}


def _with_numbers(found: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return `found` with these of its values as numbers, where they are."""
    numbers = {key: int(found[key]) for key in keys if found.get(key, "").isdecimal()}
    return {**found, **numbers}
