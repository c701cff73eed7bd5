"""Files of readings, as people have them."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from integrations.configuration import ConfigurationError
from integrations.runtime.files.work import CleanRequest, clean_file

START = datetime(2026, 3, 1, tzinfo=UTC)
PLANT = """
[[steam_meter]]
meter_id = "header"
host = "127.0.0.1"
port = 502
max_valid_flow = 40.0

[transformation.sensors.line_pressure]
target_unit = "bar"
max_valid = 12.0
flatline_count = 5
noise = 0.034
outlier_deviations = 5.0
resolution = 0.03
drift_limit = 0.5
"""


def write(path, header, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header.split(","), *rows])
    return path


def stamp(second, form="%Y-%m-%dT%H:%M:%S"):
    return (START + timedelta(seconds=second)).strftime(form)


def read(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def faults_of(**asked):
    with pytest.raises(ConfigurationError) as caught:
        clean_file(CleanRequest(**asked))
    return [str(fault) for fault in caught.value.faults]
