"""Readings a second through the transformation alone, against a plain loop over pydantic models.

`alone` is from decoded messages to clean messages, `json` includes decoding raw and encoding clean.
A batch of 100 is either 100 sensors with one sample or one sensor with 100; a chunk is how many batches are
cleaned at once, as the service does when it is behind. Both sides clean the same readings, and agree first.
"""

import gc
import importlib.util
import json
import random
import sys
import time
from pathlib import Path

from integrations.messages import CleanBatch, Origin, RawBatch, RawColumn, decode, encode
from integrations.transformation import Cleaner, CleaningSettings, SensorLimits

SPEC = importlib.util.spec_from_file_location(
    "pydantic_cleaning", Path(__file__).parent / "pydantic_cleaning.py"
)
yardstick = importlib.util.module_from_spec(SPEC)
sys.modules["pydantic_cleaning"] = yardstick
SPEC.loader.exec_module(yardstick)

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
READINGS = 100_000
MOST_BATCHES = 20_000
REPEATS = 3
CASES = [  # sensors a batch, samples a sensor, batches a chunk
    (1, 1, 1),
    (1, 1, 500),
    (100, 1, 1),
    (100, 1, 500),
    (1, 100, 1),
    (1, 100, 500),
    (1000, 1, 1),
    (1000, 1, 50),
    (1, 1000, 1),
    (1, 1000, 50),
]


def now_ns():
    return START + 86_400 * SECOND


def value_and_status(dice, sensor):
    """Flow in kg/h around its sensor's level, now and then a spike, a gap or a bad status."""
    luck = dice.random()
    if luck < 0.002:
        return 900_000.0, 0
    if luck < 0.004:
        return None, 0
    if luck < 0.006:
        return 0.0, 0x808C0000
    return round(20_000.0 + 100.0 * (sensor % 100) + dice.gauss(0, 150), 3), 0


def stream(sensors, samples):
    """Raw batches of up to READINGS readings; sources take turns where a batch has one sensor."""
    dice = random.Random(1)  # noqa: S311  # reproducible, not secret
    pool = max(sensors, 100)
    batches, polls = [], {}
    for sequence in range(min(READINGS // (sensors * samples), MOST_BATCHES)):
        first = sequence * sensors % pool
        columns = []
        for sensor in range(first, first + sensors):
            poll = polls[sensor] = polls.get(sensor, -1) + 1
            times = [START + (poll * samples + sample) * SECOND for sample in range(samples)]
            pairs = [value_and_status(dice, sensor) for _ in range(samples)]
            values, statuses = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            columns.append(
                RawColumn(f"meter_{sensor:04}-flow_rate", "flow_rate", "kg/h", times, values, statuses)
            )
        batches.append(
            RawBatch(
                site="plant1",
                device_class="steam_meter",
                source=f"gateway_{first}",
                sequence=sequence,
                epoch=START,
                origin=Origin.MEASURED,
                columns=columns,
            )
        )
    return batches


def readings_of(batch):
    return [
        yardstick.Reading(
            sensor_id=column.sensor_id,
            quantity=column.quantity,
            unit=column.unit,
            origin=batch.origin.value,
            time=stamp,
            value=value,
            status=status,
        )
        for column in batch.columns
        for stamp, value, status in zip(column.time, column.value, column.status, strict=True)
    ]


def settings():
    return CleaningSettings(default=SensorLimits(stale_after_seconds=864_000.0))


def arrays_alone(chunks):
    """Yield what each chunk becomes; nobody keeps it, as in the service."""
    cleaner = Cleaner(settings(), on_fault=print, now_ns=now_ns)
    for chunk in chunks:
        yield cleaner.clean(enumerate(chunk))


def arrays_json(chunks):
    cleaner = Cleaner(settings(), on_fault=print, now_ns=now_ns)
    for chunk in chunks:
        raw = [decode(body, RawBatch) for body in chunk]
        for batch in raw:
            batch.check()
        for clean in cleaner.clean(enumerate(raw)):
            encode(clean)
        yield


def models_alone(batches):
    cleaner = yardstick.PydanticCleaner(settings(), now_ns)
    for batch in batches:
        yield cleaner.clean(batch)


def models_json(bodies):
    cleaner = yardstick.PydanticCleaner(settings(), now_ns)
    for body in bodies:
        readings = yardstick.Readings.model_validate_json(body).readings
        yield yardstick.CleanReadings(readings=cleaner.clean(readings)).model_dump_json()


def rate(function, argument, readings):
    """Return readings a second, the best of a few tries."""
    best = float("inf")
    for _ in range(REPEATS):
        gc.collect()
        gc.freeze()  # the readings that wait here are the benchmark's, not the collector's to walk
        begin = time.perf_counter()
        for _ in function(argument):
            pass
        best = min(best, time.perf_counter() - begin)
    return readings / best


def agree(chunks, models):
    """Check that both sides say the same of every reading."""
    ours = sorted(row for done in arrays_alone(chunks) for clean in done for row in rows_of(clean))
    theirs = sorted(
        (
            reading.sensor_id,
            reading.time,
            reading.flags,
            reading.status,
            reading.quality,
            reading.qartod,
            str(reading.value),
        )
        for done in models_alone(models)
        for reading in done
    )
    assert ours == theirs


def rows_of(clean: CleanBatch):
    columns = (clean.time, clean.flags, clean.status, clean.quality, clean.qartod, map(str, clean.value))
    return ((clean.sensor_id, *row) for row in zip(*columns, strict=True))


def measure(sensors, samples, size):
    """Return one row of the table."""
    batches = stream(sensors, samples)
    readings = sensors * samples * len(batches)
    chunks = [batches[first : first + size] for first in range(0, len(batches), size)]
    bodies = [[encode(batch) for batch in chunk] for chunk in chunks]
    models = [readings_of(batch) for batch in batches]
    model_bodies = [yardstick.Readings(readings=batch).model_dump_json().encode() for batch in models]
    agree(chunks, models)
    row = {
        "readings_per_batch": sensors * samples,
        "sensors": sensors,
        "samples_per_sensor": samples,
        "batches_per_chunk": size,
        "alone_per_second": rate(arrays_alone, chunks, readings),
        "pydantic_alone_per_second": rate(models_alone, models, readings),
        "json_per_second": rate(arrays_json, bodies, readings),
        "pydantic_json_per_second": rate(models_json, model_bodies, readings),
    }
    row["alone_ratio"] = row["alone_per_second"] / row["pydantic_alone_per_second"]
    row["json_ratio"] = row["json_per_second"] / row["pydantic_json_per_second"]
    return row


def run():
    """Return the table as a list of rows."""
    list(arrays_alone([stream(1, 1)[:1]]))  # pint is loaded once per process, when the first unit is seen
    return [measure(*case) for case in CASES]


def table(rows):
    """Return the rows as text."""
    lines = ["batch  sensors×samples  chunk |    alone/s  pydantic/s  ratio |     json/s  pydantic/s  ratio"]
    for row in rows:
        sides = (
            f"{row[f'{side}_per_second']:10,.0f}  {row[f'pydantic_{side}_per_second']:10,.0f}"
            f"  {row[f'{side}_ratio']:5.1f}"
            for side in ("alone", "json")
        )
        shape = f"{row['sensors']:7}×{row['samples_per_sensor']:<7}"
        lines.append(
            f"{row['readings_per_batch']:5}  {shape}  {row['batches_per_chunk']:5} | {' | '.join(sides)}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    found = run()
    sys.stdout.write((json.dumps(found, indent=2) if "--json" in sys.argv else table(found)) + "\n")
