"""Telemetry: the OpenTelemetry SDK started and stopped, with metrics that can also be read in process."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import structlog
from opentelemetry import metrics, trace
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import (
    AlwaysOffExemplarFilter,
    MeterProvider,
    ObservableCounter,
    ObservableGauge,
)
from opentelemetry.sdk.metrics.export import (
    CardinalityLimits,
    HistogramDataPoint,
    InMemoryMetricReader,
    MetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from integrations.runtime.metrics.metric import Kind, Measures, Metric, Values
from integrations.runtime.process.exceptions import one_line
from integrations.runtime.process.exporters import Exporters, exporters_from
from integrations.runtime.process.histogram import Gathering
from integrations.runtime.process.unrecorded import UnrecordedTraces

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

NAMESPACE = "gl003"
MAX_SERIES: CardinalityLimits = {ObservableCounter: 100_000, ObservableGauge: 100_000}
"""The SDK's own limit of 2,000 would put the devices beyond it together under one name."""

log = structlog.get_logger(__name__)


class Telemetry:
    """What this process shows: traces, metrics, and whether it is ready; ends with `shutdown()`.

    With a `registry` metrics are collected into it too, for Prometheus.
    """

    def __init__(
        self, resource: Resource, exporters: Exporters, registry: "CollectorRegistry | None" = None
    ) -> None:
        self._not_ready: Callable[[], list[str]] = lambda: ["the service is starting"]
        self._exporters = exporters
        self._reader = InMemoryMetricReader(cardinality_limits=MAX_SERIES)
        self.tracer_provider = _traces(resource, exporters.traces)
        readers: list[MetricReader] = [
            PeriodicExportingMetricReader(one, cardinality_limits=MAX_SERIES) for one in exporters.metrics
        ]
        if registry is not None:
            readers.append(_prometheus_reader(registry))
        # Examples of measurements name their traces; without traces they cost half a measurement for nothing.
        examples = None if exporters.traces else AlwaysOffExemplarFilter()
        self.meter_provider = MeterProvider(
            [self._reader, *readers], resource, shutdown_on_exit=False, exemplar_filter=examples
        )
        self._meter = self.meter_provider.get_meter(NAMESPACE)
        self._gathering: list[Gathering] = []

    def not_ready(self) -> list[str]:
        """Return why the service cannot do its work; nothing when it can."""
        return self._not_ready()

    def ready_unless(self, not_ready: Callable[[], list[str]]) -> None:
        """Have `not_ready` say from now on what keeps the service from its work; any thread may ask."""
        self._not_ready = not_ready

    def measure(self, measures: Measures) -> None:
        """Export counters and gauges; their readers are called from other threads whenever somebody asks."""
        for metric, read in measures.items():
            create = (
                self._meter.create_observable_counter
                if metric.kind is Kind.COUNTER
                else self._meter.create_observable_gauge
            )
            create(metric.name, [_observer(read)], metric.unit, metric.text)

    def recorder(self, metric: Metric) -> Callable[[float], None]:
        """Return what adds a value to a histogram, soon."""
        histogram = self._meter.create_histogram(
            metric.name, metric.unit, metric.text, explicit_bucket_boundaries_advisory=metric.bounds
        )
        gathering = Gathering(histogram.record)
        self._gathering.append(gathering)
        return gathering

    def snapshot(self) -> list[dict[str, Any]]:
        """Return the present metrics: `name`, `unit`, `attributes` and a `value`, or a histogram's facts.

        Those of single devices are left out: who asks for a snapshot has them already, and thousands would
        not fit a message.
        """
        self._hand_on()
        data = self._reader.get_metrics_data()
        return [
            {
                "name": metric.name,
                "unit": metric.unit or "",
                "attributes": dict(point.attributes or {}),
                **_facts(point),
            }
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
            if "device" not in (point.attributes or {})
        ]

    def shutdown(self, timeout_seconds: float = 2.0) -> None:
        """Send what is left, within `timeout_seconds`: a collector that is away delays no one's end."""
        self._hand_on()
        # In a thread of its own: the SDK waits up to 30 s here, and knows no shorter wait for spans.
        worker = threading.Thread(target=self._shut_down_providers, name="telemetry-shutdown", daemon=True)
        worker.start()
        worker.join(timeout_seconds)
        if worker.is_alive():
            self._exporters.shutdown()
            worker.join(timeout_seconds)

    def _hand_on(self) -> None:
        for gathering in self._gathering:
            gathering.hand_on()

    def _shut_down_providers(self) -> None:
        if isinstance(self.tracer_provider, TracerProvider):
            self.tracer_provider.shutdown()
        self.meter_provider.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()


def start_telemetry(
    service: str, instance: str, version: str, registry: "CollectorRegistry | None" = None
) -> Telemetry:
    """Start the SDK and make it this process's own; once per process, the API allows no second.

    Raises:
        ConfigurationError: an OTEL_ variable asks for an exporter that is not there.
    """
    exporters = exporters_from()
    _hush_sdk()
    telemetry = Telemetry(
        Resource.create(
            {
                "service.name": service,
                "service.instance.id": instance,
                "service.version": version,
                "service.namespace": NAMESPACE,
            }
        ),
        exporters,
        registry,
    )
    trace.set_tracer_provider(telemetry.tracer_provider)
    metrics.set_meter_provider(telemetry.meter_provider)
    return telemetry


class OncePerHour(logging.Handler):
    """Passes on one of the SDK's complaints an hour: a collector that is away is one trouble, not many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock
        self._silent_until = -float("inf")

    def emit(self, record: logging.LogRecord) -> None:
        """Warn, unless that was done within the hour."""
        if self._clock() < self._silent_until:
            return
        self._silent_until = self._clock() + 3600
        reason = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            reason += f" ({one_line(record.exc_info[1])})"
        log.warning("telemetry is in trouble, silent about it for an hour", reason=reason)


def _hush_sdk() -> None:
    sdk = logging.getLogger("opentelemetry")
    sdk.handlers = [OncePerHour()]
    sdk.propagate = False


def _traces(resource: Resource, exporters: Sequence[SpanExporter]) -> trace.TracerProvider:
    if not exporters:
        return UnrecordedTraces()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _observer(read: Callable[[], Values]) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _: [Observation(_plain(value), labels) for value, labels in read()]


def _plain(value: float) -> float:
    """Return what OTLP can write: a bool or a number of numpy's makes a whole export fail."""
    return value if type(value) in {int, float} else float(value)


def _prometheus_reader(registry: "CollectorRegistry") -> MetricReader:
    from opentelemetry.exporter.prometheus import (  # noqa: PLC0415  # slow to import, not wanted everywhere
        PrometheusMetricReader,
    )

    return PrometheusMetricReader(
        disable_target_info=True,
        scope_info_enabled=False,
        resource_attribute_filter=lambda name: name == "service.name",
        registry=registry,
        cardinality_limits=MAX_SERIES,
    )


def _facts(point: Any) -> dict[str, Any]:
    if isinstance(point, HistogramDataPoint):
        return {"count": point.count, "sum": point.sum, "min": point.min, "max": point.max}
    return {"value": point.value}
