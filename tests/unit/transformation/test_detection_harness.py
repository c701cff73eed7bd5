"""The harness of labelled data, on series made here: none of SKAB's or NAB's own data is in the project."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.detection import results
from benchmarks.detection_scores import PROFILES, Counts, nab_points
from benchmarks.labelled import UnreadableDataError, labelled_series

ROOT = Path(__file__).parents[3]
START = datetime(2020, 3, 9, 10, tzinfo=UTC).replace(tzinfo=None)
FIRST, LAST = 600, 799


def write_skab(folder, seed=1, labels=True):
    """A made-up pump in the format of SKAB: eight channels, three of which shift between rows 600 and 799."""
    chance = np.random.default_rng(seed)
    values = chance.normal(10, 1, (1000, 8))
    values[FIRST : LAST + 1, :3] += 4
    heading = [
        "datetime",
        *(f"channel {at}" for at in range(8)),
        *(["anomaly", "changepoint"] if labels else []),
    ]
    lines = [";".join(heading)]
    for at, row in enumerate(values):
        inside = float(FIRST <= at <= LAST)
        cells = [str(START + timedelta(seconds=at)), *(f"{one:.4f}" for one in row)]
        lines.append(";".join([*cells, *([str(inside), "0.0"] if labels else [])]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{seed}.csv").write_text("\n".join(lines) + "\n")


def write_nab(folder):
    """A made-up series in the format of NAB, with one window."""
    chance = np.random.default_rng(2)
    values = chance.normal(50, 2, 2000)
    values[1000:1100] += 30
    (folder / "data" / "made_up").mkdir(parents=True)
    (folder / "labels").mkdir()
    stamps = [START + timedelta(minutes=5 * at) for at in range(2000)]
    rows = [f"{stamp},{value:.3f}" for stamp, value in zip(stamps, values, strict=True)]
    (folder / "data" / "made_up" / "a.csv").write_text("\n".join(["timestamp,value", *rows]) + "\n")
    window = [f"{stamps[990]}.000000", f"{stamps[1100]}.000000"]
    (folder / "labels" / "combined_windows.json").write_text(json.dumps({"made_up/a.csv": [window]}))


def test_both_formats_are_read(tmp_path):
    write_skab(tmp_path / "skab" / "valve1")
    write_skab(tmp_path / "skab" / "anomaly-free", labels=False)
    write_nab(tmp_path / "nab")
    nab, skab = labelled_series(tmp_path)
    assert (skab.benchmark, skab.name, skab.values.shape, skab.training) == (
        "SKAB",
        "valve1/1.csv",
        (1000, 8),
        400,
    )
    assert skab.windows == [(FIRST, LAST)]
    assert (nab.benchmark, nab.name, nab.values.shape, nab.training) == (
        "NAB",
        "made_up/a.csv",
        (2000, 1),
        300,
    )
    assert nab.windows == [(990, 1100)]
    assert nab.anomaly.sum() == 111


def test_made_up_faults_are_found(tmp_path):
    for seed in range(4):
        write_skab(tmp_path / "skab" / "valve1", seed)
    write_nab(tmp_path / "nab")
    found = results(tmp_path)
    assert list(found) == [("NAB", "made_up"), ("NAB", "all"), ("SKAB", "valve1"), ("SKAB", "all")]
    counts = found["SKAB", "all"].counts
    assert found["SKAB", "all"].series == 4
    assert counts.f1 > 0.9
    assert counts.false_alarm_percent < 14
    assert found["NAB", "all"].points["standard"].score(PROFILES["standard"]) > 80


def test_rates_are_those_of_skab():
    truth = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], dtype=bool)
    alarm = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0], dtype=bool)
    counts = Counts.of(truth, alarm) + Counts()
    assert counts.f1 == pytest.approx(3 / (3 + 0.5 * 2))
    assert counts.false_alarm_percent == pytest.approx(100 / 6)
    assert counts.missed_alarm_percent == 25
    assert (Counts().f1, Counts().false_alarm_percent, Counts().missed_alarm_percent) == (0, 0, 0)


@pytest.mark.parametrize(
    ("alarms", "score"),
    [
        ([], 0.0),
        ([100], 100.0),
        ([100, 150], 100.0),
        ([5], 0.0),  # before anything counts
        ([50], 100 * -0.11 / 2),
        ([100, 50], 100 * (2 - 0.11) / 2),
        ([199], 50 * (1 + (2 / (1 + np.exp(-0.05)) - 1) / (2 / (1 + np.exp(-5)) - 1))),
        ([100, 1000], 100 * (2 - 0.11) / 2),
        ([100, 298], 100 * (2 - 0.11 * (1 - 2 / (1 + np.exp(5)))) / 2),
    ],
)
def test_nab_points_are_those_of_its_paper(alarms, score):
    profile = PROFILES["standard"]
    points = nab_points(sorted(alarms), [(100, 199)], 10, profile)
    assert points.score(profile) == pytest.approx(score)


def test_a_window_that_nobody_scores_counts_for_nothing():
    profile = PROFILES["low FN"]
    assert nab_points([], [(0, 5), (100, 199)], 10, profile).windows == 1
    assert nab_points([], [(100, 199)], 10, profile).points == -2


def test_folders_without_such_data_say_what_was_looked_for(tmp_path):
    with pytest.raises(UnreadableDataError, match="is no folder"):
        list(labelled_series(tmp_path / "none"))
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableDataError, match="holds neither"):
        list(labelled_series(tmp_path))
    (tmp_path / "y.csv").write_text("datetime;a;anomaly\n2020-01-01;x;0\n")
    with pytest.raises(UnreadableDataError, match=r"y\.csv: could not convert"):
        list(labelled_series(tmp_path))
    (tmp_path / "combined_windows.json").write_text('{"a.csv": []}')
    with pytest.raises(UnreadableDataError, match="has no folder data"):
        list(labelled_series(tmp_path))
    (tmp_path / "data").mkdir()
    with pytest.raises(UnreadableDataError, match=r"data/a\.csv"):
        list(labelled_series(tmp_path))


def test_the_command_prints_the_figures(tmp_path):
    write_skab(tmp_path / "other")
    command = [sys.executable, "-m", "benchmarks.detection"]
    environment = {"PYTHONPATH": str(ROOT / "tests"), "PATH": ""}
    done = subprocess.run([*command, tmp_path], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "FAR %" in done.stdout
    assert "NAB standard" in done.stdout
    failed = subprocess.run(
        [*command, tmp_path / "x"], env=environment, capture_output=True, text=True, check=False
    )
    assert (failed.returncode, failed.stderr.strip()) == (2, f"{tmp_path / 'x'} is no folder")
