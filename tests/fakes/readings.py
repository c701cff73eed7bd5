"""Clean readings made by hand."""

from integrations.messages import CleanBatch, Origin

SECOND_NS = 1_000_000_000


def batch_of(seconds, values, sensor_id="a", unit="bar", flags=None, site="test"):
    """A batch of one sensor; times in seconds."""
    times = [round(at * SECOND_NS) for at in seconds]
    return CleanBatch(
        site=site,
        device_class="pressure_sensor",
        source="unit",
        sensor_id=sensor_id,
        quantity="pressure",
        unit=unit,
        raw_unit="bar",
        origin=Origin.MEASURED,
        raw_sequence=1,
        time=times,
        value=list(values),
        raw_value=list(values),
        status=[0] * len(times),
        quality=[100.0] * len(times),
        qartod=[1] * len(times),
        flags=flags or [0] * len(times),
    )
