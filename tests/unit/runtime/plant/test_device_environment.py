"""One device of a class from variables alone, as .env has them."""

import re
from pathlib import Path

import pytest

from integrations.bus import BUS_VARIABLES
from integrations.configuration import ConfigurationError
from integrations.devices.classes import device_classes
from integrations.devices.scada import SCADAProtocol
from integrations.protocols.opcua import SecurityMode, SecurityPolicy
from integrations.runtime.plant.environment import CONNECTION_VARIABLES, device_names
from integrations.runtime.plant.settings import read_plant

TEMPLATE = Path(__file__).parents[4] / ".env.template"
HIDDEN = "hunter2"
SCADA = {"SCADA_HOST": "scada", "SCADA_PORT": "4840", "SCADA_PROTOCOL": "opc_ua"}


def only_scada(environment, document=None):
    (scada,) = read_plant(document or {}, environment).devices["scada"]
    return scada


def test_a_scada_system_is_described_with_its_user():
    scada = only_scada({**SCADA, "SCADA_USERNAME": "operator", "SCADA_PASSWORD": HIDDEN})
    assert (scada.host, scada.port, scada.protocol) == ("scada", 4840, SCADAProtocol.OPC_UA)
    assert (scada.username, scada.password, scada.scada_id) == ("operator", HIDDEN, "scada_1")
    assert scada.allow_writes is False


def test_and_with_its_security():
    scada = only_scada({
        **SCADA, "SCADA_SECURITY_POLICY": "Basic256Sha256", "SCADA_SECURITY_MODE": "Sign",
        "SCADA_PKI_FOLDER": "/etc/gl003/pki", "SCADA_USERNAME": "u", "SCADA_PASSWORD_FILE": "/run/secrets/p",
    })  # fmt: skip
    assert (scada.security_policy, scada.security_mode) == (SecurityPolicy.BASIC256SHA256, SecurityMode.SIGN)
    assert (scada.pki_folder, scada.password_file) == ("/etc/gl003/pki", "/run/secrets/p")


def test_empty_variables_and_a_file_that_describes_one_leave_it_alone():
    assert only_scada({**SCADA, "SCADA_PASSWORD": "", "SCADA_USERNAME": ""}).password is None
    table = {"scada": [{"host": "h", "port": 4841}]}
    assert only_scada({**SCADA, "SCADA_PASSWORD": HIDDEN}, table).password is None
    assert read_plant({}, {"SCADA_PASSWORD": HIDDEN}).devices["scada"] == ()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SCADA_PORT": "99999"}, "environment.SCADA_PORT must be 1..65535, got 99999"),
        ({"SCADA_PORT": HIDDEN}, "environment.SCADA_PORT"),
        ({"SCADA_PROTOCOL": "opc_da"}, "environment.SCADA_PROTOCOL must be opc_ua, modbus_tcp or modbus_rtu"),
        ({"SCADA_PASSWORD": HIDDEN}, "environment.SCADA_USERNAME must be given with a password"),
        ({"SCADA_SECURITY_MODE": "Sign"}, "environment.SCADA_SECURITY_MODE must be None under"),
        (
            {"SCADA_USERNAME": "u", "SCADA_PASSWORD": HIDDEN, "SCADA_PASSWORD_FILE": "p"},
            "environment.SCADA_PASSWORD_FILE must be left out beside password",
        ),
    ],
)
def test_what_is_wrong_is_said_by_the_variables_name(environment, said):
    with pytest.raises(ConfigurationError) as caught:
        read_plant({}, {**SCADA, **environment})
    (fault,) = caught.value.faults
    assert said in str(fault)


def test_the_password_is_in_no_repr_and_in_no_fault():
    secret = {**SCADA, "SCADA_USERNAME": "operator", "SCADA_PASSWORD": HIDDEN}
    plant = read_plant({}, secret)
    assert HIDDEN not in f"{plant!r} {plant} {plant.devices} {plant.devices['scada'][0]}"
    with pytest.raises(ConfigurationError) as caught:
        read_plant({}, {**secret, "SCADA_PASSWORD_FILE": HIDDEN, "SCADA_SECURITY_MODE": "Sign"})
    assert HIDDEN not in f"{caught.value} {caught.value!r}"


def test_the_template_names_every_variable():
    shown = set(re.findall(r"^#([A-Z0-9_]+)=", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {*BUS_VARIABLES.values(), *CONNECTION_VARIABLES} <= shown
    for name in ("steam_meter", "scada"):
        assert set(device_names(device_classes()[name]).values()) <= shown
