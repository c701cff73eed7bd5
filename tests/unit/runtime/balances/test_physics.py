"""What must hold: energy, saturation, drops, and that slopes are those of the errors."""

import numpy as np
import pytest

from fakes.header import header_table
from integrations import steam
from integrations.balances import BalanceError
from integrations.configuration import read_table
from integrations.runtime.balances.config import BalanceConfig
from integrations.runtime.balances.model import Balance
from integrations.runtime.balances.physics import linearised, rows_of


def balance(table):
    return Balance(read_table(BalanceConfig, table, "balances[0]"))


def values(model, **known):
    return model.complete(np.array([known.get(name, np.nan) for name in model.names]))


# Saturated steam cooled by water to less superheat: mass and energy close at the mixer.
DESUPERHEATER = {
    "balance_id": "desuperheater",
    "variables": {
        "steam": {"sensor": "steam", "uncertainty": 0.1},
        "spray": {},
        "outlet": {"sensor": "outlet", "uncertainty": 0.1},
        "inlet_bar": {"sensor": "inlet_bar", "uncertainty": 0.05},
        "inlet_c": {"sensor": "inlet_c", "uncertainty": 0.5},
        "spray_c": {"sensor": "spray_c", "uncertainty": 0.5},
        "outlet_bar": {"sensor": "outlet_bar", "uncertainty": 0.05},
        "outlet_c": {"sensor": "outlet_c", "uncertainty": 0.5},
        "loss": {"assumed": 10.0, "uncertainty": 5.0},
    },
    "mass": [{"node": "mixer", "inflows": ["steam", "spray"], "outflows": ["outlet"]}],
    "energy": [
        {
            "node": "mixer",
            "inflows": [
                {"flow": "steam", "pressure": "inlet_bar", "temperature": "inlet_c"},
                {"flow": "spray", "phase": "water", "temperature": "spray_c"},
            ],
            "outflows": [{"flow": "outlet", "pressure": "outlet_bar", "temperature": "outlet_c"}],
            "heat_loss": "loss",
        }
    ],
}


def mixed(steam_t_hr=20.0):
    """Return true values of the desuperheater."""
    inlet = steam.enthalpy_kj_kg(40.0, 420.0)
    spray = steam.saturated_liquid_enthalpy_kj_kg(steam.saturation_pressure_bar(105.0))
    outlet = steam.enthalpy_kj_kg(38.0, 320.0)
    spray_t_hr = (steam_t_hr * (inlet - outlet) - 10.0 * 3.6) / (outlet - spray)
    return {
        "steam": steam_t_hr, "outlet": steam_t_hr + spray_t_hr, "inlet_bar": 40.0, "inlet_c": 420.0,
        "spray_c": 105.0, "outlet_bar": 38.0, "outlet_c": 320.0,
    }, spray_t_hr  # fmt: skip


def test_mass_and_energy_give_the_flow_that_nobody_measures():
    model = balance(DESUPERHEATER)
    true, spray = mixed()
    found = model.reconcile(values(model, **true))
    at = model.names.index("spray")
    assert found.values[at] == pytest.approx(spray, rel=1e-6)
    assert 0.0 < found.uncertainties[at] < 0.1
    assert found.statistic == pytest.approx(0.0, abs=1e-6)
    assert found.degrees == 1


def test_an_energy_balance_sees_a_meter_that_mass_alone_cannot_check():
    model = balance(DESUPERHEATER)
    true, _ = mixed()
    true["outlet"] *= 1.05
    (suspicion,) = model.find(values(model, **true)).suspicions
    assert model.names.index("outlet") in suspicion.candidates


def test_the_slopes_are_those_of_the_errors():
    config = read_table(BalanceConfig, header_table(energy=DESUPERHEATER["energy"], variables={
        **header_table()["variables"], **DESUPERHEATER["variables"], }), "balances[0]")  # fmt: skip
    columns = {name: at for at, name in enumerate(config.variables)}
    rows = [rows_of(part, columns) for part in config.parts()]
    at = {"FLOW": 10.0, "PRESSURE": 11.0, "DROP": 0.3, "TEMPERATURE": 200.0, "POWER": 10.0}
    here = np.array([at[config.role(name).name] for name in config.variables])
    matrix, constant = linearised(rows, here)
    for column in range(len(here)):
        there = here.copy()
        there[column] += 1e-4
        moved = np.array([row.at(there)[0] for row in rows])
        assert matrix @ there - constant == pytest.approx(moved, abs=1e-5)


def test_superheated_steam_is_not_compared_with_saturation():
    model = balance(header_table())
    boiling = steam.saturation_temperature_c(11.0)
    saturated = model.reconcile(values(model, header_pressure=11.0, header_temperature=boiling))
    superheated = model.reconcile(values(model, header_pressure=11.0, header_temperature=boiling + 30.0))
    assert (saturated.degrees, superheated.degrees) == (1, 0)
    assert superheated.values[model.names.index("header_temperature")] == pytest.approx(boiling + 30.0)


def test_whether_steam_is_superheated_is_remembered_while_its_thermometer_is_silent():
    model = balance(header_table())
    at = model.names.index("header_temperature")
    values(model, header_pressure=11.0, header_temperature=250.0)
    assert np.isnan(model.reconcile(values(model, header_pressure=11.0)).values[at])
    values(model, header_pressure=11.0, header_temperature=184.1)
    estimated = model.reconcile(values(model, header_pressure=11.0)).values[at]
    assert estimated == pytest.approx(steam.saturation_temperature_c(11.0))


def test_steam_far_below_saturation_is_a_contradiction_not_a_phase():
    model = balance(header_table())
    found = model.find(values(model, header_pressure=11.0, header_temperature=150.0))
    assert {model.names[at] for each in found.suspicions for at in each.candidates} == {
        "header_pressure", "header_temperature",
    }  # fmt: skip


def test_a_state_that_no_steam_can_have_is_an_error():
    model = balance(header_table())
    with pytest.raises(BalanceError, match="no saturation"):
        model.reconcile(values(model, header_pressure=-3.0, header_temperature=180.0))
