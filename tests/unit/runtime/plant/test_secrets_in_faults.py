"""What is wrong with a configuration is told without the secrets in it, wherever they stand."""

import pytest

from integrations.configuration import ConfigurationError
from integrations.runtime.plant.settings import read_plant

SECRET = "Sc12345secret"  # noqa: S105 - behind it is nothing
URL = f"nats://a:{SECRET}@h"


@pytest.mark.parametrize(
    "table",
    [
        {"nats": {"pasword": SECRET}},
        {"nats": {"user": "a", "password": [SECRET]}},
        {"nats": {"user": "a", "password": {"x": SECRET}}},
        {"nats": {"user": "a", "password": SECRET, "password_file": SECRET}},
        {"nats": {"url": f"{URL}:99999"}},
        {"nats": {"url": [URL]}},
        {"nats": URL},
        {"nats": {"token": SECRET, "user": "a"}},
        {"nats": {"nkey_seed_file": SECRET}},
        {"scada": [{"host": "h", "passwort": SECRET}]},
        {"scada": [{"host": "h", "password": [SECRET]}]},
        {"steam_meter": [{"host": "h", "protocol": "opc_ua", "opcua": {"password": [SECRET]}}]},
        {"steam_meter": [{"host": "h", "protocol": "opc_ua", "opcua": {"passwrd": SECRET}}]},
        {"console": {"tokn": SECRET}},
        {"console": {"token": [SECRET]}},
        {"console": {"token": SECRET, "operator_token": SECRET}},
    ],
)
def test_a_fault_shows_no_secret(table):
    with pytest.raises(ConfigurationError) as raised:
        read_plant({"site": "t", **table}, {})
    told = [str(raised.value), repr(raised.value), *map(str, raised.value.faults)]
    assert SECRET not in "".join(told)
