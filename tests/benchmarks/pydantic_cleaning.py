"""The yardstick: the checks of the transformation as a plain loop over pydantic models.

Written as one would without arrays and not slowed down: units are converted by a precomputed pair, state is a
plain object per sensor, a model is built once per reading. Also the oracle the array code is tested with.
"""

import math
from collections import deque

from pydantic import BaseModel

from integrations.messages import Qartod, Status
from integrations.quality import SIMULATED_CAP, UNCERTAIN_CAP, Flag
from integrations.transformation import CleaningSettings

MINUTE = 60_000_000_000
UNCERTAIN_STATUS = {
    Flag.OUT_OF_RANGE: Status.UNCERTAIN_EU_EXCEEDED,
    Flag.NEGATIVE: Status.UNCERTAIN_SENSOR_NOT_ACCURATE,
    Flag.STALE: Status.UNCERTAIN_LAST_USABLE,
    Flag.AT_LIMIT: Status.UNCERTAIN_SENSOR_NOT_ACCURATE,
}


class Reading(BaseModel):
    sensor_id: str
    quantity: str
    unit: str
    origin: str = "measured"
    time: int
    value: float | None
    status: int


class Readings(BaseModel):
    readings: list[Reading]


class CleanReading(BaseModel):
    sensor_id: str
    quantity: str
    unit: str
    raw_unit: str
    origin: str
    time: int
    value: float | None
    raw_value: float | None
    status: int
    quality: int
    qartod: int
    flags: int


class CleanReadings(BaseModel):
    readings: list[CleanReading]


class Sensor:
    def __init__(self, reading, settings):
        resolved = settings.resolve(reading.sensor_id, reading.quantity, reading.unit)
        limits = resolved.limits
        self.unit = resolved.unit
        self.scale, self.offset = resolved.conversion
        self.lowest = -math.inf if limits.min_valid is None else limits.min_valid
        self.highest = math.inf if limits.max_valid is None else limits.max_valid
        self.non_negative = bool(limits.non_negative)
        self.rate_limit = limits.rate_of_change_limit or math.inf
        self.deadband = limits.deadband
        self.still_count = limits.flatline_count
        self.still_tolerance = limits.flatline_tolerance
        self.stale_after = round(limits.stale_after_seconds * 1e9)
        self.flatline_cost = 20 if reading.quantity == "flow_rate" else 15
        self.newest = -1
        self.good = None
        self.recent = deque(maxlen=self.still_count or 1)
        self.at_lowest = self.at_highest = 0


class PydanticCleaner:
    def __init__(self, settings: CleaningSettings, now_ns):
        self.settings = settings
        self.now_ns = now_ns
        self.sensors = {}

    def clean(self, readings: list[Reading]) -> list[CleanReading]:
        now = self.now_ns()
        return [self.clean_one(reading, now) for reading in readings]

    def clean_one(self, reading: Reading, now: int) -> CleanReading:  # noqa: C901, PLR0912  # a plain loop is what it stands for
        sensor = self.sensors.get(reading.sensor_id)
        if sensor is None:
            sensor = self.sensors[reading.sensor_id] = Sensor(reading, self.settings)
        raw = reading.value
        value = None if raw is None else sensor.scale * raw + sensor.offset
        flags = 0
        if value is None or math.isnan(value):
            flags |= 1
        elif math.isinf(value):
            flags |= 2
        severity = reading.status >> 30
        if severity >= 2:
            flags |= 4
        elif severity == 1:
            flags |= 8
        code = reading.status & 0xFFFF0000
        if code == 0x40900000:
            flags |= 256
        if code == 0x00DC0000 or reading.origin == "simulated":
            flags |= 4096
        if flags & 7:
            value = None
        if value is not None:
            if not sensor.lowest <= value <= sensor.highest:
                flags |= 16
            if value < 0 and sensor.non_negative:
                flags |= 32
        time = reading.time
        if now - time > sensor.stale_after:
            flags |= 256
        if time > now + 5_000_000_000:
            flags |= 512
        elif time < sensor.newest:
            flags |= 1024
        elif time == sensor.newest:
            flags |= 2048
        else:
            sensor.newest = time
            if value is not None:
                flags |= self.course(sensor, value, time, flags)
        return CleanReading(
            sensor_id=reading.sensor_id,
            quantity=reading.quantity,
            unit=sensor.unit,
            raw_unit=reading.unit,
            origin=reading.origin,
            time=time,
            value=value,
            raw_value=raw,
            status=self.status(flags, reading.status),
            quality=self.quality(flags, sensor),
            qartod=self.qartod(flags),
            flags=flags,
        )

    def course(self, sensor, value, time, flags):
        found = 0
        recent = sensor.recent
        recent.append(value)
        full = sensor.still_count and len(recent) == sensor.still_count
        rests = value == 0 and sensor.non_negative
        if full and not rests and max(recent) - min(recent) <= sensor.still_tolerance:
            found |= 128
        low = value <= sensor.lowest + sensor.still_tolerance and not rests
        sensor.at_lowest = sensor.at_lowest + 1 if low else 0
        sensor.at_highest = sensor.at_highest + 1 if value >= sensor.highest - sensor.still_tolerance else 0
        if sensor.still_count and max(sensor.at_lowest, sensor.at_highest) >= sensor.still_count:
            found |= 1 << 17
        if sensor.good is not None:
            good_value, good_time = sensor.good
            allowed = sensor.rate_limit * ((time - good_time) / MINUTE)
            if abs(value - good_value) > max(sensor.deadband, allowed):
                found |= 64
        if not found & 64 and not flags & (16 | 32 | 4096):
            sensor.good = (value, time)
        return found

    def quality(self, flags, sensor):  # noqa: C901  # as above
        if not flags:
            return 100
        if flags & 7:
            return 0
        points = 100
        if flags & 16:
            points -= 50
        if flags & 32:
            points -= 40
        if flags & 64:
            points -= 30
        if flags & 128:
            points -= sensor.flatline_cost
        if flags & 1 << 17:
            points -= 15
        if flags & 256:
            points -= 10
        if flags & 512:
            points -= 10
        if flags & 1024:
            points -= 10
        if flags & 2048:
            points -= 10
        if flags & 8:
            points = min(points, UNCERTAIN_CAP)
        points = max(points, 0)
        return points * SIMULATED_CAP // 100 if flags & 4096 else points

    def qartod(self, flags):
        if not flags:
            return Qartod.GOOD
        if flags & 1:
            return Qartod.MISSING
        if flags & (2 | 4 | 16 | 32):
            return Qartod.FAIL
        return Qartod.SUSPECT

    def status(self, flags, device):  # noqa: PLR0911  # as above
        if not flags:
            return device
        if flags & 7:
            if device >> 30 >= 2:
                return device
            return Status.BAD if flags & 1 else Status.BAD_SENSOR_FAILURE
        if device >> 30 == 1:
            return device
        for flag, status in UNCERTAIN_STATUS.items():
            if flags & flag:
                return status
        if flags & ~4096:
            return Status.UNCERTAIN
        return device or Status.GOOD_EDITED
