"""The transformation example as users know it, run as a script."""

import subprocess
import sys

import pytest

from integrations import DataTransformationPipeline

EXAMPLE = """
from integrations import DataTransformationPipeline
from datetime import datetime, timedelta

# Raw sensor data
raw_data = [
    {'timestamp': datetime.utcnow() - timedelta(minutes=10), 'value': 100, 'unit': 'psi', 'source': 'sensor1'},
    {'timestamp': datetime.utcnow() - timedelta(minutes=9), 'value': 102, 'unit': 'psi', 'source': 'sensor1'},
    {'timestamp': datetime.utcnow() - timedelta(minutes=8), 'value': 500, 'unit': 'psi', 'source': 'sensor1'},  # Outlier
    {'timestamp': datetime.utcnow() - timedelta(minutes=7), 'value': None, 'unit': 'psi', 'source': 'sensor1'},  # Missing
    {'timestamp': datetime.utcnow() - timedelta(minutes=6), 'value': 105, 'unit': 'psi', 'source': 'sensor1'},
]

# Processing configuration
config = {
    'target_unit': 'bar',
    'remove_outliers': True,
    'outlier_method': 'zscore',
    'outlier_threshold': 2.5,
    'impute_missing': True,
    'impute_method': 'linear'
}

# Process data
pipeline = DataTransformationPipeline()
result = pipeline.process_data(raw_data, config)

print(f"Quality score: {result['statistics']['quality_score']:.1f}")
print(f"Mean: {result['statistics']['mean']:.2f} bar")
print(f"Valid data: {result['statistics']['valid_count']}/{result['statistics']['count']}")
"""  # noqa: E501 - the example as it is printed
BAR_PER_PSI = 0.0689475729


def test_it_prints_what_the_handbook_promises():
    run = subprocess.run([sys.executable, "-c", EXAMPLE], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["Quality score: 84.0", "Mean: 7.09 bar", "Valid data: 5/5"]


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_500_psi_is_flagged_and_103_and_104_take_the_empty_places():
    scope = {}
    exec(EXAMPLE.replace("print(", "str("), scope)  # noqa: S102 - the example itself
    result, raw = scope["result"], scope["raw_data"]
    points = result["processed_data"]
    psi = [point["value"] / BAR_PER_PSI for point in points]
    assert psi == pytest.approx([100, 102, 103, 104, 105], abs=1e-4)
    assert result["statistics"]["mean"] == pytest.approx(7.0878, abs=5e-5)
    assert [point["issues"] for point in points] == [[], [], ["missing", "spike"], ["missing"], []]
    assert [point["treatment"] for point in points] == [None, None, "replaced", "imputed", None]
    assert [point["original_value"] for point in points] == [100, 102, 500, None, 105]
    assert [point["timestamp"] for point in points] == [point["timestamp"] for point in raw]
    assert {point["unit"] for point in points} == {"bar"}
    assert [point["quality"] for point in points] == [100, 100, 50, 70, 100]


@pytest.mark.parametrize("method", ["zscore", "iqr", "isolation", "mad", "hampel"])
def test_every_method_of_the_handbook_finds_it(method):
    raw = [
        {"timestamp": f"2026-01-01T00:0{minute}:00", "value": value, "unit": "psi"}
        for minute, value in enumerate([100, 102, 500, None, 105])
    ]
    result = DataTransformationPipeline().process_data(raw, {"target_unit": "bar", "outlier_method": method})
    assert result["statistics"]["mean"] == pytest.approx(7.0878, abs=5e-5)
