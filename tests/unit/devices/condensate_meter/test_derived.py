"""Mass from volume, conductivity at 25 °C, and percentages of steam: exact, or not there, with a reason."""

import math

import pytest
from CoolProp.CoolProp import PropsSI
from hypothesis import given
from hypothesis import strategies as st

from integrations.devices.condensate_meter.derived import conductivity_at_25_c, mass_flow
from integrations.devices.condensate_meter.measured import Measured, unknown
from integrations.devices.condensate_meter.return_flow import SteamFlow, SteamFlowFollower, return_percentage
from integrations.messages import Origin, Status

NOTHING = unknown(Status.BAD_SENSOR_FAILURE, "unplugged")


@given(st.floats(1.0, 300.0))
def test_mass_is_volume_times_the_density_of_water(temperature_c):
    density = PropsSI("D", "T", temperature_c + 273.15, "Q", 0, "HEOS::Water")
    found = mass_flow(Measured(20.0), Measured(temperature_c))
    assert found.value == pytest.approx(0.02 * density, rel=1e-4)


def test_pressure_hardly_matters_to_the_density_of_water():
    pressed = PropsSI("D", "T", 373.15, "P", 12e5, "HEOS::Water")
    assert mass_flow(Measured(1000.0), Measured(100.0)).value == pytest.approx(pressed, rel=6e-4)


def test_mass_without_flow_or_temperature_is_not_known_and_says_why():
    assert mass_flow(NOTHING, Measured(90.0)) == NOTHING
    found = mass_flow(Measured(20.0), unknown(Status.BAD_TIMEOUT, ""))
    assert (found.status, found.given) == (Status.BAD_TIMEOUT, None)
    assert "temperature is not known" in found.reason
    assert "temperature_c=-5" in mass_flow(Measured(20.0), Measured(-5.0)).reason
    assert mass_flow(Measured(20.0), Measured(90.0, Status.UNCERTAIN)).status == Status.UNCERTAIN


def test_conductivity_at_25_degrees_is_the_textbooks():
    assert conductivity_at_25_c(Measured(10.0), Measured(25.0), 2.0).value == 10
    assert conductivity_at_25_c(Measured(20.0), Measured(75.0), 2.0).value == pytest.approx(10)
    cold = conductivity_at_25_c(Measured(10.0), Measured(-40.0), 2.0)
    assert (cold.status, cold.given) == (Status.BAD_OUT_OF_RANGE, None)
    assert "conductivity_percent_per_k = 2 does not reach to -40 °C" in cold.reason
    assert conductivity_at_25_c(NOTHING, Measured(25.0), 2.0) == NOTHING
    assert conductivity_at_25_c(Measured(10.0), NOTHING, 2.0).given is None


@given(st.floats(0.0, 50.0), st.floats(0.1, 100.0))
def test_a_percentage_within_a_hundred_is_good_and_beyond_it_doubted(condensate, steam):
    found = return_percentage(Measured(condensate), Measured(steam), 0.1)
    assert found.value == 100 * condensate / steam
    assert found.status == (Status.GOOD if found.value <= 100 else Status.UNCERTAIN_EU_EXCEEDED)


def test_a_percentage_needs_both_flows_and_takes_the_worse_word():
    steam = Measured(20.0, Status.UNCERTAIN_SENSOR_NOT_ACCURATE)
    assert return_percentage(Measured(10.0), steam, 0.1).status == Status.UNCERTAIN_SENSOR_NOT_ACCURATE
    for found in (return_percentage(NOTHING, steam, 0.1), return_percentage(steam, NOTHING, 0.1)):
        assert math.isnan(found.value)
        assert (found.status, found.reason) == (Status.BAD_SENSOR_FAILURE, "unplugged")
    assert return_percentage(Measured(-1.0), steam, 0.1).status == Status.UNCERTAIN_EU_EXCEEDED


def test_a_followed_steam_flow_says_why_it_is_of_no_use():
    follower = SteamFlowFollower("h", 10.0, Origin.MEASURED)
    assert follower.at(0).reason == "no reading of h has come"
    follower.take(SteamFlow(20.0, 5_000_000_000, Status.GOOD, Origin.MEASURED))
    assert follower.at(15_000_000_000).value == 20
    assert follower.at(0).value == 20
    assert follower.at(15_000_000_001).reason == "the last reading of h is more than 10 s apart in time"
    follower.take(SteamFlow(math.nan, 6_000_000_000, Status.GOOD, Origin.MEASURED))
    assert (follower.at(6_000_000_000).status, follower.at(6_000_000_000).reason) == (
        Status.BAD,
        "h has no good value",
    )
    follower.take(SteamFlow(20.0, 7_000_000_000, Status.GOOD_EDITED, Origin.SIMULATED))
    assert follower.at(7_000_000_000).reason == "readings of h are simulated"
