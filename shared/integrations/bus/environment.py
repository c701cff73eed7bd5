"""What the environment says about the bus: variables to keys of BusSettings and StreamSettings."""

from collections.abc import Mapping
from typing import Any

BUS_VARIABLES = {
    "url": "NATS_URL",
    "credentials_file": "NATS_CREDENTIALS_FILE",
    "nkey_seed_file": "NATS_NKEY_SEED_FILE",
    "user": "NATS_USER",
    "password": "NATS_PASSWORD",
    "password_file": "NATS_PASSWORD_FILE",
    "token": "NATS_TOKEN",
    "inbox_prefix": "NATS_INBOX_PREFIX",
    "token_file": "NATS_TOKEN_FILE",
    "tls_ca_file": "NATS_TLS_CA_FILE",
    "tls_certificate_file": "NATS_TLS_CERTIFICATE_FILE",
    "tls_key_file": "NATS_TLS_KEY_FILE",
    "tls_server_hostname": "NATS_TLS_SERVER_HOSTNAME",
}
STREAM_VARIABLES = {"replicas": "STREAM_REPLICAS", "storage_bytes": "STREAM_STORAGE_BYTES"}


def bus_from(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys of the table [nats] that the environment sets."""
    return {key: environment[name] for key, name in BUS_VARIABLES.items() if environment.get(name)}


def streams_from(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys of the table [streams] that the environment sets: what this bus has room for."""
    given = {key: environment[name] for key, name in STREAM_VARIABLES.items() if environment.get(name)}
    return {key: int(text) if text.isdecimal() else text for key, text in given.items()}
