"""The SDK: exporters by the standard variables, metrics in process, no noise when the collector is away."""

import http.server
import io
import logging
import threading

import pytest
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from integrations.configuration import ConfigurationError
from integrations.runtime.metrics.catalogue import POLL_DURATION
from integrations.runtime.process.exporters import Exporters, exporters_from
from integrations.runtime.process.telemetry import OncePerHour, Telemetry


def kinds(exporters):
    return [type(one).__name__ for one in (*exporters.traces, *exporters.metrics)]


def test_without_variables_there_is_no_exporter():
    assert exporters_from({}) == Exporters()


def test_an_endpoint_alone_means_otlp_for_its_signals():
    both = exporters_from({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
    assert kinds(both) == ["OTLPSpanExporter", "OTLPMetricExporter"]
    traces = exporters_from({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"})
    assert kinds(traces) == ["OTLPSpanExporter"]


def test_a_named_exporter_wins_over_the_endpoint():
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_METRICS_EXPORTER": "none"}
    assert kinds(exporters_from({**env, "OTEL_TRACES_EXPORTER": "console"})) == ["ConsoleSpanExporter"]


def test_a_disabled_sdk_has_no_exporter():
    assert exporters_from({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "console"}) == Exporters()


def test_every_fault_in_the_variables_is_named():
    with pytest.raises(ConfigurationError) as caught:
        exporters_from(
            {
                "OTEL_TRACES_EXPORTER": "jaeger",
                "OTEL_METRICS_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            }
        )
    assert [fault.key for fault in caught.value.faults] == [
        "OTEL_TRACES_EXPORTER",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ]


def test_metrics_are_read_in_process_but_for_those_of_single_devices():
    with Telemetry(Resource({}), Exporters()) as telemetry:
        meter = telemetry.meter_provider.get_meter("t")
        polls = meter.create_counter("polls", unit="1")
        polls.add(2, {"kind": "m1"})
        polls.add(3, {"kind": "m1"})
        meter.create_counter("single").add(1, {"device": "m1"})
        meter.create_histogram("poll.duration", unit="s").record(0.25)
        assert telemetry.snapshot() == [
            {"name": "polls", "unit": "1", "attributes": {"kind": "m1"}, "value": 5},
            {
                "name": "poll.duration",
                "unit": "s",
                "attributes": {},
                "count": 1,
                "sum": 0.25,
                "min": 0.25,
                "max": 0.25,
            },
        ]


async def test_what_was_measured_last_is_exported_at_the_end():
    out = io.StringIO()
    with Telemetry(Resource({}), Exporters(metrics=[ConsoleMetricExporter(out=out)])) as telemetry:
        telemetry.recorder(POLL_DURATION)(0.25)
    assert POLL_DURATION.name in out.getvalue()


def test_an_empty_house_has_an_empty_snapshot():
    with Telemetry(Resource({}), Exporters()) as telemetry:
        assert telemetry.snapshot() == []


def test_spans_nobody_collects_are_not_recorded():
    with Telemetry(Resource({}), Exporters()) as telemetry:
        span = telemetry.tracer_provider.get_tracer("t").start_span("poll")
        assert not span.is_recording()
        assert span.get_span_context().is_valid


def test_spans_reach_a_collector_at_the_latest_at_shutdown(monkeypatch):
    received = threading.Event()

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            received.set()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"http://127.0.0.1:{server.server_port}/v1/traces"
        )
        with Telemetry(Resource({"service.name": "meter"}), exporters_from()) as telemetry:
            telemetry.tracer_provider.get_tracer("t").start_span("poll").end()
        server.shutdown()
        thread.join()
    assert received.is_set()
    assert b"poll" in received.body
    assert b"meter" in received.body


class Stuck(SpanExporter):
    """A collector that takes a span and never answers."""

    def __init__(self):
        self.let_go = threading.Event()

    def export(self, spans):
        self.let_go.wait()
        return SpanExportResult.FAILURE

    def shutdown(self):
        self.let_go.set()


def test_a_collector_that_hangs_does_not_delay_the_end():
    telemetry = Telemetry(Resource({}), Exporters(traces=[Stuck()]))
    telemetry.tracer_provider.get_tracer("t").start_span("poll").end()
    ending = threading.Thread(target=telemetry.shutdown, kwargs={"timeout_seconds": 0.05}, daemon=True)
    ending.start()
    ending.join(30)
    assert not ending.is_alive()


def test_a_collector_that_is_away_costs_one_warning_an_hour():
    now = 0.0
    handler = OncePerHour(clock=lambda: now)
    refused = ConnectionRefusedError("127.0.0.1:4318")
    trouble = logging.makeLogRecord({"msg": "no export", "exc_info": (type(refused), refused, None)})
    with capture_logs() as lines:
        for _ in range(5):
            handler.handle(trouble)
        assert [line["reason"] for line in lines] == ["no export (ConnectionRefusedError: 127.0.0.1:4318)"]
        now = 3601.0
        handler.handle(trouble)
        assert len(lines) == 2
