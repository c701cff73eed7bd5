"""Recorded readings in files: what is read, what is refused, and that the service would say the same."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fakes.recorded import PLANT, START, read, stamp, write
from integrations.cli.app import app
from integrations.configuration import ConfigurationError
from integrations.messages import Origin, RawBatch, RawColumn
from integrations.quality import names
from integrations.runtime.files.output import iso
from integrations.runtime.files.picture import thinned
from integrations.runtime.files.sensors import quantity_of
from integrations.runtime.files.work import CleanRequest, clean_file
from integrations.runtime.plant.settings import load_plant
from integrations.runtime.transformation.limits import cleaning_settings
from integrations.transformation import Cleaner

RUNNER = CliRunner()


@pytest.fixture
def plant(tmp_path):
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return path


def test_a_wide_file_gives_a_row_for_each_sensor_and_time(tmp_path):
    path = write(
        tmp_path / "x.csv",
        "time,header_pressure [psi],tank_temperature (°F)",
        [[stamp(0), "145.04", "212"], [stamp(1), "", "212.5"], [stamp(2), "9000", "213"]],
    )
    result = clean_file(CleanRequest(path))
    rows = read(result.target)
    assert result.target == tmp_path / "x.clean.csv"
    assert [row["sensor"] for row in rows] == ["header_pressure", "tank_temperature"] * 3
    assert rows[0]["time"] == "2026-03-01T00:00:00Z"
    assert float(rows[0]["value"]) == pytest.approx(10.0, abs=1e-3)
    assert (rows[0]["raw_value"], rows[0]["raw_unit"], rows[0]["unit"]) == ("145.04", "psi", "bar")
    assert float(rows[1]["value"]) == pytest.approx(100.0)
    assert (rows[2]["value"], rows[2]["flags"], rows[2]["quality"], rows[2]["qartod"]) == (
        "",
        "MISSING",
        "0",
        "9",
    )
    assert rows[4]["flags"] == "OUT_OF_RANGE RATE_OF_CHANGE"
    assert rows[4]["raw_value"] == "9000.0"


def test_a_long_file_keeps_its_order_and_its_units(tmp_path):
    path = write(
        tmp_path / "x.csv",
        "timestamp,tag,value,unit",
        [
            [stamp(0), "b_pressure", 10, "bar"],
            [stamp(0), "a_pressure", 1, "bar"],
            [stamp(1), "b_pressure", 145.04, "psi"],
        ],
    )
    rows = read(clean_file(CleanRequest(path)).target)
    assert [row["sensor"] for row in rows] == ["b_pressure", "a_pressure", "b_pressure"]
    assert [row["raw_unit"] for row in rows] == ["bar", "bar", "psi"]
    assert float(rows[2]["value"]) == pytest.approx(10.0, abs=1e-3)
    assert rows[2]["flags"] == ""


@pytest.mark.parametrize(
    "cells",
    [
        [stamp(0), stamp(1)],
        [stamp(0) + "Z", stamp(1) + "Z"],
        [stamp(0, "%Y-%m-%d %H:%M:%S"), stamp(1, "%Y-%m-%d %H:%M:%S")],
        ["2026-03-01T01:00:00+01:00", "2026-02-28T19:00:01-05:00"],
        ["1772323200", "1772323201"],
        ["1772323200.0", "1772323201.0"],
        ["1772323200000", "1772323201000"],
        ["1772323200000000000", "1772323201000000000"],
        ["2026-03-01", "1772323201"],
    ],
)
def test_times_are_read_as_people_write_them(tmp_path, cells):
    path = write(tmp_path / "x.csv", "time,x_pressure [bar]", [[cell, 10] for cell in cells])
    rows = read(clean_file(CleanRequest(path)).target)
    assert [row["time"] for row in rows] == ["2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z"]


def test_semicolons_and_decimal_commas_are_read(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(f"\ufefftime;x_pressure [bar]\n{stamp(0)};9,5\n\n{stamp(1)};NaN\n")
    rows = read(clean_file(CleanRequest(path)).target)
    assert [row["value"] for row in rows] == ["9.5", ""]


def test_the_service_says_the_same_of_the_same_readings(tmp_path, plant):
    chance = np.random.default_rng(4)
    count = 40_000
    flow = 20 + chance.normal(0, 0.3, count)
    flow[[100, 7000, 20_000]] = (39.0, 55.0, -2.0)
    flow[500:530] = flow[500]
    pressure = 145 + chance.normal(0, 0.5, count)
    pressure[9000:9040] = pressure[9000]
    pressure[30_000] = 400.0
    pressure[31_000:31_200] += chance.normal(0, 4, 200)
    pressure[35_000:] += 15
    pressure[36_000:36_050] = 180.0
    missing = chance.random(count) < 0.01
    seconds = np.arange(count) // 16
    seconds[[50, 51]] = seconds[[51, 50]]
    seconds[5000:5020] -= 300
    times = seconds * 1_000_000_000 + (np.arange(count) % 16) * 62_500_000 + int(START.timestamp()) * 10**9
    rows = [
        [time, f"{a!r}", "" if gone else f"{b!r}"]
        for time, a, b, gone in zip(
            times.tolist(), flow.tolist(), pressure.tolist(), missing.tolist(), strict=True
        )
    ]
    path = write(tmp_path / "x.csv", "time,header-flow_rate,line_pressure [psi]", rows)
    from_file = {one.sensor_id: one for one in clean_file(CleanRequest(path, config=plant)).cleaned}

    cleaner = Cleaner(cleaning_settings(load_plant(plant)), on_fault=print, now_ns=lambda: int(times.max()))
    sent = {
        "header-flow_rate": ("flow_rate", "t/hr", flow.tolist()),
        "line_pressure": (
            "pressure",
            "psi",
            [None if gone else one for one, gone in zip(pressure.tolist(), missing.tolist(), strict=True)],
        ),
    }
    found = {name: [] for name in sent}
    for sequence, start in enumerate(range(0, count, 7_000)):
        part = slice(start, start + 7_000)
        columns = [
            RawColumn(name, quantity, unit, times[part].tolist(), values[part], [0] * len(values[part]))
            for name, (quantity, unit, values) in sent.items()
        ]
        batch = RawBatch(
            site="plant1",
            device_class="d",
            source="s",
            sequence=sequence,
            epoch=0,
            origin=Origin.MEASURED,
            columns=columns,
        )
        for clean in cleaner.clean([(sequence, batch)]):
            found[clean.sensor_id].append(clean)
    for name, batches in found.items():
        ours = from_file[name]
        for field in ("time", "flags", "status", "quality", "qartod"):
            theirs = [one for batch in batches for one in getattr(batch, field)]
            assert getattr(ours, field).tolist() == theirs, (name, field)
        values = [np.nan if one is None else one for batch in batches for one in batch.value]
        np.testing.assert_array_equal(ours.value, values)
    raised = {
        flag for one in from_file.values() for mask in np.unique(one.flags).tolist() for flag in names(mask)
    }
    assert raised >= {"MISSING", "OUT_OF_RANGE", "RATE_OF_CHANGE", "FLATLINE", "OUT_OF_ORDER", "NEGATIVE"}
    assert raised >= {"OUTLIER", "NOISE", "DRIFT", "AT_LIMIT"}


def test_parquet_gives_what_csv_gives(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    chance = np.random.default_rng(5)
    values = 10 + chance.normal(0, 0.1, 500)
    values[40] = 30
    table = pa.table(
        {
            "time": pa.array([START.replace(tzinfo=None) + timedelta(seconds=at) for at in range(500)]),
            "x_pressure [bar]": pa.array(
                [None if at == 7 else one for at, one in enumerate(values.tolist())]
            ),
        }
    )
    parquet.write_table(table, tmp_path / "x.parquet")
    rows = [[stamp(at), "" if at == 7 else repr(one)] for at, one in enumerate(values.tolist())]
    write(tmp_path / "y.csv", "time,x_pressure [bar]", rows)
    result = clean_file(CleanRequest(tmp_path / "x.parquet", out=tmp_path / "out.parquet"))
    (ours,), (other,) = result.cleaned, clean_file(CleanRequest(tmp_path / "y.csv")).cleaned
    for field in ("time", "value", "flags", "quality"):
        np.testing.assert_array_equal(getattr(ours, field), getattr(other, field))
    back = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert back[0]["time"] == START
    assert back[7]["value"] is None
    assert back[40]["flags"] == "RATE_OF_CHANGE"
    crossed = clean_file(CleanRequest(tmp_path / "x.parquet", out=tmp_path / "out.csv"))
    assert read(crossed.target)[40]["flags"] == "RATE_OF_CHANGE"


def test_a_picture_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    rows = [[stamp(at), 10 + at % 7 / 100 + 50 * (at == 77), ""] for at in range(200)]
    path = write(tmp_path / "x.csv", "time,x_pressure [bar],y_temperature [°C]", rows)
    clean_file(CleanRequest(path, plot=tmp_path / "x.png"))
    assert (tmp_path / "x.png").read_bytes()[:4] == b"\x89PNG"


def test_long_lines_are_thinned_to_what_shows():
    value = np.zeros(1_000_000)
    value[123_456], value[654_321] = 5, np.nan
    kept = thinned(value, 4000)
    assert kept.size <= 3 * 4000 / 2
    assert {123_456, 654_321} <= set(kept.tolist())
    assert thinned(value[:100], 4000).tolist() == list(range(100))


@pytest.mark.parametrize(
    ("name", "unit", "quantity"),
    [
        ("main_steam_header-flow_rate", "t/hr", "flow_rate"),
        ("x_differential_pressure", "mbar", "differential_pressure"),
        ("Pressure", "psi", "pressure"),
        ("TI-104", "°F", "temperature"),
        ("PI-7", "barg", "pressure"),
        ("tank_temperature", "bar", "pressure"),
        ("compressors", "", ""),
        ("x", "m/s", ""),
    ],
)
def test_a_quantity_is_known_by_name_then_by_unit(name, unit, quantity):
    assert quantity_of(name, unit) == quantity


def test_times_have_the_digits_they_need():
    assert iso(np.array([0, 10**9])) == ["1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z"]
    assert iso(np.array([500_000_000])) == ["1970-01-01T00:00:00.500Z"]
    assert iso(np.array([1])) == ["1970-01-01T00:00:00.000000001Z"]


def test_the_command_says_what_it_found(tmp_path):
    path = write(
        tmp_path / "x.csv", "time,x_pressure [bar]", [[stamp(at), 300 if at == 5 else 10] for at in range(9)]
    )
    shown = RUNNER.invoke(app, ["clean", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "OUT_OF_RANGE 1" in shown.output
    assert "88.88" in shown.output
    assert Path(tmp_path / "x.clean.csv").is_file()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_files_as_spreadsheets_and_historians_write_them(tmp_path, encoding):
    path = tmp_path / "x.csv"
    rows = [
        "",
        "Zeit;Kessel [°C]",
        "24.11.2026 06:00:00;181,5",
        "",
        "24.11.2026 06:00:01;#NV",
        "24.11.2026 06:00:02;Bad",
    ]
    path.write_text("\r\n".join([*rows, ""]), encoding=encoding, newline="")
    (boiler,) = clean_file(CleanRequest(path)).cleaned
    assert (boiler.sensor_id, boiler.unit) == ("Kessel", "°C")
    assert boiler.value.tolist()[0] == 181.5
    assert np.isnan(boiler.value).tolist() == [False, True, True]
    assert np.datetime64(int(boiler.time[1]), "ns") == np.datetime64("2026-11-24T06:00:01")


def test_places_are_counted_with_empty_lines(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("\n\ntime,x_pressure [bar]\n\n2026-11-24T06:00:00,ten\n")
    with pytest.raises(ConfigurationError, match="line 5 column x_pressure"):
        clean_file(CleanRequest(path))
