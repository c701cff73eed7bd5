"""Where traces and metrics go: decided by OpenTelemetry's standard environment variables alone."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

from integrations.configuration import Fault, FaultList

_KNOWN = ("otlp", "console", "none")


@dataclass(frozen=True)
class Exporters:
    """The exporters that the environment asks for, made but not yet attached."""

    traces: list[SpanExporter] = field(default_factory=list)
    metrics: list[MetricExporter] = field(default_factory=list)

    def shutdown(self) -> None:
        """Give up what is still being sent."""
        for span_exporter in self.traces:
            span_exporter.shutdown()
        for metric_exporter in self.metrics:
            metric_exporter.shutdown()


def exporters_from(env: Mapping[str, str] = os.environ) -> Exporters:
    """Make the exporters that `env` names.

    OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER list otlp, console or none; left out, they mean otlp if an
    OTLP endpoint is given and none otherwise. OTEL_SDK_DISABLED=true means none at all.

    Raises:
        ConfigurationError: an unknown exporter, or an OTLP protocol other than http/protobuf.
    """
    if env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Exporters()
    faults = FaultList()
    traces, metrics = _wanted("TRACES", env, faults), _wanted("METRICS", env, faults)
    faults.raise_any()
    makers: dict[str, Callable[[], SpanExporter]] = {"otlp": _otlp_spans, "console": ConsoleSpanExporter}
    metric_makers: dict[str, Callable[[], MetricExporter]] = {
        "otlp": _otlp_metrics,
        "console": ConsoleMetricExporter,
    }
    return Exporters([makers[name]() for name in traces], [metric_makers[name]() for name in metrics])


def _wanted(signal: str, env: Mapping[str, str], faults: list[Fault]) -> list[str]:
    key = f"OTEL_{signal}_EXPORTER"
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    default = "otlp" if any(env.get(name) for name in endpoints) else "none"
    names = [name.strip().lower() for name in (env.get(key) or default).split(",")]
    faults.extend(
        Fault("environment", key, name, f"must be one of {', '.join(_KNOWN)}")
        for name in names
        if name not in _KNOWN
    )
    if "otlp" in names:
        _check_protocol(signal, env, faults)
    return [name for name in names if name != "none"]


def _check_protocol(signal: str, env: Mapping[str, str], faults: list[Fault]) -> None:
    for key in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if protocol := env.get(key):
            if protocol.strip() != "http/protobuf":
                faults.append(Fault("environment", key, protocol, "must be http/protobuf"))
            return


def _otlp_spans() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # slow to import, rarely wanted
        OTLPSpanExporter,
    )

    return OTLPSpanExporter()


def _otlp_metrics() -> MetricExporter:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415  # slow to import, rarely wanted
        OTLPMetricExporter,
    )

    return OTLPMetricExporter()
