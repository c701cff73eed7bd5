"""Every metric of every service, in the order of the page that lists them."""

from integrations.runtime.metrics.metric import Kind, Metric

_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"gl003.{name}", Kind.COUNTER, text, labels)


def _gauge(name: str, text: str, *labels: str, unit: str = "") -> Metric:
    return Metric(f"gl003.{name}", Kind.GAUGE, text, labels, unit)


def _latency(name: str, text: str) -> Metric:
    return Metric(f"gl003.{name}", Kind.HISTOGRAM, text, (), "s", _LATENCIES)


HEALTH = _gauge("service.health", "1 for the state the service is in, 0 for the others", "state")
LOOP_LAG = _gauge("loop.lag", "most that the event loop was late in the last 30 s", unit="s")
BUS_CONNECTED = _gauge("bus.connected", "1 while the service is connected to NATS")
BUS_EVENTS = _counter("bus.events", "what happened to the connection to NATS, reconnected for one", "kind")
STREAMS_MISSING = _gauge("streams.missing", "declared streams that were not there at the last look")

POLLS = _counter("polls", "calls to a device, however many tries each took", "device")
POLL_FAILURES = _counter("poll.failures", "calls to a device that came to nothing", "device", "kind")
POLL_DURATION = _latency("poll.duration", "time that an answered call took")
RETRIES = _counter("poll.retries", "further tries of calls to a device", "device")
OVERRUNS = _counter("poll.overruns", "grid points that passed while a poll was under way", "device")
DEVICE_CONNECTED = _gauge("device.connected", "1 while the device answers", "device")
DEVICE_RECONNECTS = _counter("device.reconnects", "times that a device was there again", "device")
DEVICE_SIMULATED = _gauge("device.simulated", "1 while the device's readings are simulated", "device")
CIRCUIT_STATE = _gauge("circuit.state", "breaker: 0 closed, 1 half open, 2 open", "device")
OUTBOX_DEPTH = _gauge("outbox.depth", "messages that wait for the bus")
OUTBOX_BYTES = _gauge("outbox.bytes", "what these take, in memory and on the disk")
OUTBOX_OLDEST = _gauge("outbox.oldest", "how long the oldest of these has waited", unit="s")
OUTBOX_DROPPED = _counter("outbox.dropped", "messages lost because the outbox was full")

PUBLISHED = _counter("published", "messages to JetStream by what became of them", "outcome")

READINGS = _counter("readings", "cleaned samples", "device_class")
QUALITY_POINTS = _counter(
    "quality.points", "sum of the scores of cleaned samples; by readings, their mean", "device_class"
)
FLAGS = _counter("flags", "findings about cleaned samples", "device_class", "flag")
RAW_BATCHES = _counter("raw.batches", "raw messages cleaned")
REPEATS = _counter("repeats", "raw messages that came again and were passed over")
DEAD_LETTERS = _counter("dead.letters", "raw messages that could not be processed")
SENSORS = _gauge("sensors", "sensors that were heard since the start")
CONSUMER_PENDING = _gauge("consumer.pending", "raw messages that wait: the consumer's lag")
CLEANING_DELAY = _latency("cleaning.delay", "from RAW to CLEAN, of the oldest message of a chunk")

BALANCES = _counter("balances", "periods of which a balance was drawn up", "balance")
BALANCES_FAILED = _counter("balances.failed", "periods of which none could be", "balance")
BALANCE_SUSPECTS = _gauge("balance.suspects", "sensors that contradict the others", "balance")
BALANCES_PENDING = _gauge("balances.pending", "clean messages that wait: the consumer's lag")

TASKS_ADMITTED = _counter("tasks.admitted", "tasks taken from the queue by this replica")
TASKS_ASSIGNED = _counter("tasks.assigned", "tasks given to an agent by this replica")
TASKS_GIVEN_BACK = _counter("tasks.given.back", "tasks taken from an agent: refused, lost, not begun")
TASKS_ENDED = _counter("tasks.ended", "tasks at their end while this replica scheduled", "status")
TASKS_OPEN = _gauge("tasks.open", "tasks that are not at their end, as every replica sees them", "status")

CONSOLE_BROWSERS = _gauge("console.browsers", "browsers that follow the plant")
CONSOLE_REFUSED = _counter("console.refused", "requests and streams refused because there were too many")

EVERY_SERVICE = (HEALTH, LOOP_LAG, BUS_CONNECTED, BUS_EVENTS, STREAMS_MISSING)
ACQUISITION = (
    POLLS,
    POLL_FAILURES,
    POLL_DURATION,
    RETRIES,
    OVERRUNS,
    DEVICE_CONNECTED,
    DEVICE_RECONNECTS,
    DEVICE_SIMULATED,
    CIRCUIT_STATE,
    OUTBOX_DEPTH,
    OUTBOX_BYTES,
    OUTBOX_OLDEST,
    OUTBOX_DROPPED,
    PUBLISHED,
)
TRANSFORMATION = (
    READINGS,
    QUALITY_POINTS,
    FLAGS,
    RAW_BATCHES,
    REPEATS,
    DEAD_LETTERS,
    SENSORS,
    CONSUMER_PENDING,
    CLEANING_DELAY,
    PUBLISHED,
)
CATALOGUE = {
    "every service": EVERY_SERVICE,
    "acquisition: steam_meter, pressure_sensor, temperature_sensor, condensate_meter, scada": ACQUISITION,
    "transformation": TRANSFORMATION,
    "balances": (BALANCES, BALANCES_FAILED, BALANCE_SUSPECTS, BALANCES_PENDING, PUBLISHED),
    "coordination": (
        TASKS_ADMITTED,
        TASKS_ASSIGNED,
        TASKS_GIVEN_BACK,
        TASKS_ENDED,
        TASKS_OPEN,
        PUBLISHED,
    ),
    "console": (CONSOLE_BROWSERS, CONSOLE_REFUSED, PUBLISHED),
}
"""Metrics by the services that have them."""
