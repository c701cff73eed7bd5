"""Files, options and configurations that cannot be used: every fault at once, and what to do about it."""

import sys

import pytest
from typer.testing import CliRunner

from fakes.recorded import PLANT, faults_of, stamp, write
from integrations.cli.app import app
from integrations.runtime.files.work import CleanRequest, clean_file

RUNNER = CliRunner()


@pytest.fixture
def plant(tmp_path):
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return path


@pytest.mark.parametrize("package", ["pyarrow", "matplotlib"])
def test_without_the_extra_one_line_says_what_to_install(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    path = write(tmp_path / "x.csv", "time,x_pressure [bar]", [[stamp(0), 10]])
    assert clean_file(CleanRequest(path)).cleaned
    asked = {"plot": tmp_path / "x.png"} if package == "matplotlib" else {"out": tmp_path / "x.parquet"}
    (fault,) = faults_of(readings=path, **asked)
    assert fault.endswith(f"needs {package}: pip install 'gl003-integrations[analysis]'")


def test_every_fault_is_listed_at_once(tmp_path):
    (tmp_path / "plant.toml").write_text('sight = "x"\n[transformation.default]\nmin_valid = "low"\n')
    path = write(
        tmp_path / "x.csv",
        "time,x_pressure [bar]",
        [[stamp(0), "ten"], ["yesterday", 1], [stamp(2), 5], ["", 6], [stamp(4)], ["1600-01-01T00:00:00", 1]],
    )
    found = "\n".join(
        faults_of(readings=path, config=tmp_path / "plant.toml", out=tmp_path / "no/x.csv", units=["bar"])
    )
    for part in (
        "sight is not known here",
        "transformation.default.min_valid must be a number, got 'low'",
        "line 2 column x_pressure [bar] must be a number or empty, got 'ten'",
        "line 3 column time must be a time",
        "line 5 column time must be a time",
        "line 6 must have 2 cells",
        "line 7 column time must be a time",
        "must be in a folder that is there",
        "--unit must be of the form sensor=…, got 'bar'",
    ):
        assert part in found
    assert not list(tmp_path.glob("*clean*"))


@pytest.mark.parametrize("odd", ["nan", "inf", "9" * 400])
def test_a_number_that_is_no_time_does_not_decide_the_unit_of_the_others(tmp_path, odd):
    rows = [[odd, 1.0], ["1796040000000", 2.0], ["1796040001000", 3.0]]
    (fault,) = faults_of(readings=write(tmp_path / "x.csv", "time,x_pressure [bar]", rows))
    assert "line 2 column time must be a time" in fault


def test_of_many_bad_cells_the_first_are_named_and_the_rest_counted(tmp_path):
    path = write(tmp_path / "x.csv", "time,x_pressure [bar]", [[stamp(at), "?"] for at in range(100)])
    found = faults_of(readings=path)
    assert len(found) == 11
    assert found[-1].endswith("column x_pressure [bar] has 90 more cells like these")


@pytest.mark.parametrize(
    ("header", "asked", "message"),
    [
        ("a,b", {}, "has no column of times"),
        ("time", {}, "has no column of values"),
        ("time,x,x", {}, "must have one column of each name, got 'x'"),
        ("when,x_pressure [bar]", {"time": "then"}, "--time must be one of the columns when, x_pr"),
        ("time,x_pressure [bar]", {"sensors": ["y_pressure"]}, "(did you mean x_pressure?)"),
        ("time,x_pressure [furlong]", {}, "must have a unit that fits (unknown unit 'furlong')"),
        ("time,x_pressure [kg]", {"quantities": ["x_pressure=pressure"]}, "cannot convert 'kg' to 'bar'"),
        ("time,x_pressure", {}, "x_pressure is a pressure without a unit"),
        ("time,x_pressure [bar]", {"units": ["z=bar"]}, "--unit must name a sensor of the file"),
        ("time,x_pressure [bar]", {"long": "x"}, "--long must be sensor,value or sensor,value,unit"),
        ("time,x_pressure [bar]", {"long": "a,x_pressure [bar]"}, "--long must be one of the columns"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_says_what_to_do(tmp_path, header, asked, message):
    width = header.count(",") + 1
    path = write(tmp_path / "x.csv", header, [[stamp(0), *["1"] * (width - 1)]])
    assert any(message in fault for fault in faults_of(readings=path, **asked))


def test_a_sensor_that_the_plant_does_not_have_is_named(tmp_path, plant):
    path = write(tmp_path / "x.csv", "time,line_presure [bar],header-flow_rate", [[stamp(0), 10, 20]])
    (fault,) = faults_of(readings=path, config=plant)
    assert fault.startswith("line_presure is not a sensor of the plant (did you mean line_pressure?)")
    (flow,) = clean_file(CleanRequest(path, config=plant, sensors=["header-flow_rate"])).cleaned
    assert (flow.quantity, flow.unit, flow.raw_units) == ("flow_rate", "t/hr", ("t/hr",))


def test_a_comma_that_may_part_thousands_is_a_fault_where_commas_part_cells(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(f'time,x_pressure [bar]\n{stamp(0)},"1,100"\n{stamp(1)},"11,5"\n')
    (fault,) = faults_of(readings=path)
    assert fault.endswith("line 2 column x_pressure [bar] must be a number or empty, got '1,100'")
    path.write_text(f"time;x_pressure [bar]\n{stamp(0)};1,100\n")
    assert clean_file(CleanRequest(path)).cleaned[0].value.tolist() == [1.1]


@pytest.mark.parametrize("text", ["", "time,x_pressure [bar]\n", "\n\n"])
def test_a_file_without_rows_is_a_fault(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert faults_of(readings=path)


def test_what_is_no_table_is_a_fault(tmp_path):
    (tmp_path / "x.csv").write_bytes(bytes(range(256)))
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not really")
    (tmp_path / "x.txt").write_text("time,x\n")
    assert "must be text in UTF-8" in faults_of(readings=tmp_path / "x.csv")[0]
    assert any("must be a Parquet file" in fault for fault in faults_of(readings=tmp_path / "x.parquet"))
    assert any("must end in .csv or .parquet" in fault for fault in faults_of(readings=tmp_path / "x.txt"))
    assert any("must be a readable file" in fault for fault in faults_of(readings=tmp_path / "none.csv"))
    assert any("must be a readable file" in fault for fault in faults_of(readings=tmp_path / "none.parquet"))


def test_the_file_itself_is_never_written_over(tmp_path):
    path = write(tmp_path / "x.csv", "time,x_pressure [bar]", [[stamp(0), 10]])
    before = path.read_text()
    assert any("must not be the file that is read" in fault for fault in faults_of(readings=path, out=path))
    assert path.read_text() == before


def test_the_command_ends_with_2_and_a_line_for_each_fault(tmp_path):
    shown = RUNNER.invoke(app, ["clean", str(tmp_path / "x.csv"), "--config", str(tmp_path / "y.toml")])
    assert shown.exit_code == 2
    assert sum(line.startswith("clean: ") for line in shown.output.splitlines()) == 2
