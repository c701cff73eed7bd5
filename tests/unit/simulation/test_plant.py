"""The plant is physics: mass is kept, the header is saturated, and only seed and time decide."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations import steam
from integrations.simulation import POINTS, SimulationError, SteamPlant, UnknownPointError

STEAM_POINTS = ("main_steam_header", "process_a", "process_b")


def totals_t(plant):
    return {point: plant.values(point).totalizer for point in POINTS}


def test_what_enters_the_header_leaves_it_is_stored_or_condenses():
    plant = SteamPlant(seed=3)
    before, stored = totals_t(plant), plant.header.mass_kg
    condensed_kg = 0.0
    for _ in range(6000):
        plant.step()
        condensed_kg += plant.heat_loss_kg_s * 0.1
    passed = {point: total - before[point] for point, total in totals_t(plant).items()}
    out_t = passed["process_a"] + passed["process_b"] + (condensed_kg + plant.header.mass_kg - stored) / 1000
    assert passed["main_steam_header"] == pytest.approx(out_t, abs=1e-6)


def test_the_water_side_closes_with_make_up_and_blowdown():
    plant = SteamPlant(seed=4)
    before, stored = totals_t(plant), plant.feed_tank.mass_kg
    plant.advance(1800.0)
    passed = {point: total - before[point] for point, total in totals_t(plant).items()}
    fed_t = passed["main_steam_header"] * 1.02
    stored_t = (plant.feed_tank.mass_kg - stored) / 1000
    assert passed["condensate_return"] + passed["make_up_water"] == pytest.approx(fed_t + stored_t, abs=1e-6)


def test_branch_flows_and_losses_are_the_main_flow_within_the_five_percent_of_a_mass_balance():
    plant = SteamPlant(seed=5)
    for seconds in range(60, 3600, 60):
        plant.advance(seconds)
        main, process_a, process_b = (plant.values(point).flow_rate for point in STEAM_POINTS)
        assert process_a + process_b + plant.heat_loss_kg_s * 3.6 == pytest.approx(main, rel=0.05)


def test_every_steam_line_is_saturated_and_its_velocity_fits_its_pipe():
    plant = SteamPlant(seed=6, barometer_bar=0.9)
    plant.advance(1000.0)
    for point in STEAM_POINTS:
        values = plant.values(point)
        absolute = steam.absolute_pressure_bar(values.pressure, 0.9)
        assert values.temperature == pytest.approx(steam.saturation_temperature_c(absolute), abs=1e-9)
        assert values.density == pytest.approx(steam.saturated_vapour_density_kg_m3(absolute), rel=1e-12)
        area_m2 = values.flow_rate / 3.6 / values.density / values.velocity
        assert area_m2 == pytest.approx(0.7854 * plant.pipes[point].inner_diameter_m ** 2, rel=1e-4)


@pytest.mark.parametrize("seed", [0, 42])
def test_two_hours_stay_where_a_plant_works(seed):
    plant = SteamPlant(seed)
    for minute in range(0, 121, 5):
        plant.advance(minute * 60)
        values = {point: plant.values(point) for point in POINTS}
        assert values["main_steam_header"].pressure == pytest.approx(10.0, abs=0.5)
        assert 13.0 < values["main_steam_header"].flow_rate < 23.0
        assert values["process_a"].pressure < values["main_steam_header"].pressure
        assert 0.7 < values["condensate_return"].flow_rate / values["main_steam_header"].flow_rate < 0.9
        assert 86.0 < values["condensate_return"].temperature < 98.0
        assert values["make_up_water"].flow_rate > 1.0


def test_the_header_pressure_lives_but_slowly():
    plant = SteamPlant(seed=2)
    pressures = []
    for second in range(1, 601):
        plant.advance(second)
        pressures.append(plant.values("main_steam_header").pressure)
    assert max(pressures) - min(pressures) > 0.02
    assert max(abs(after - before) for before, after in pairwise(pressures)) < 0.05


@settings(max_examples=20)
@given(st.lists(st.floats(0.0, 60.0), max_size=8))
def test_it_does_not_matter_in_which_portions_time_passes(portions):
    whole, parts = SteamPlant(seed=9), SteamPlant(seed=9)
    for seconds in sorted(portions):
        parts.advance(seconds)
    whole.advance(60.0)
    parts.advance(60.0)
    assert [whole.values(point) for point in POINTS] == [parts.values(point) for point in POINTS]


def test_another_seed_is_another_plant():
    assert SteamPlant(seed=1).values("process_a") != SteamPlant(seed=2).values("process_a")


def test_each_tenth_of_a_second_is_a_tick():
    plant = SteamPlant()
    for tick in range(1, 100):
        plant.advance(tick / 10)
        assert plant.tick == tick


def test_time_does_not_go_back():
    plant = SteamPlant()
    plant.advance(5.0)
    with pytest.raises(SimulationError, match=r"to_seconds must be at least 5\.0, got 4"):
        plant.advance(4)


def test_an_unknown_point_is_answered_with_the_known_ones():
    with pytest.raises(UnknownPointError, match=r"main_steam_header.*got 'boiler_7'"):
        SteamPlant().values("boiler_7")
