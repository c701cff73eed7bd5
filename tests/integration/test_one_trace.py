"""One trace from the poll of a device to its clean message, one from a request to its answer."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fakes.site import SITE, Child, Meter, document, eventually, meter_table, served, stored, toml
from integrations.runtime.discovery import discover
from integrations.runtime.metrics.catalogue import (
    ACQUISITION,
    BUS_EVENTS,
    EVERY_SERVICE,
    FLAGS,
    POLL_FAILURES,
    TRANSFORMATION,
)

PARENT = "051581bf3cb55c13"
SOMETIMES = {BUS_EVENTS.name, POLL_FAILURES.name, FLAGS.name}
"""Metrics that have series only once there was something to count."""


@pytest.fixture
def collector():
    """An OTLP/HTTP collector: its URL, and what has arrived: spans as (service, span), names of metrics."""
    spans, names = [], set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # http.server calls it so
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path.endswith("/metrics"):
                names.update(names_of(ExportMetricsServiceRequest.FromString(body)))
            if self.path.endswith("/traces"):
                spans.extend(spans_of(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", spans, names
    server.shutdown()
    server.server_close()
    thread.join()


def names_of(request):
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            yield from (metric.name for metric in scope.metrics)


def spans_of(request):
    for resource in request.resource_spans:
        service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
        for scope in resource.scope_spans:
            yield from ((service, span) for span in scope.spans)


async def test_a_trace_runs_from_the_poll_to_the_clean_message(nats_server, streams, collector, tmp_path):
    url, spans, names = collector
    env = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    config = tmp_path / "plant.toml"
    async with served(Meter()) as server:
        config.write_text(toml(document(nats_server.url, meter_table(server.port, sampling_rate_hz=2.0))))
        children = [Child(name, config, tmp_path / name, **env) for name in ("transformation", "steam_meter")]
        async with children[0], children[1]:
            await eventually(lambda: several(streams), 20)
            asked, answer = await read_by_request(streams)
            assert [await child.end() for child in children] == [0, 0]

    exported = {metric.name for metric in (*EVERY_SERVICE, *ACQUISITION, *TRANSFORMATION)}
    assert names >= exported - SOMETIMES

    by_trace = {}
    for service, span in spans:
        by_trace.setdefault(span.trace_id.hex(), []).append((service, span.name, span))
    wanted = {
        ("steam_meter", "poll"),
        ("steam_meter", f"publish gl.{SITE}.raw.steam_meter.*"),
        ("transformation", f"process gl.{SITE}.raw.>"),
        ("transformation", f"publish gl.{SITE}.clean.steam_meter.*"),
    }
    whole = {
        trace
        for trace, found in by_trace.items()
        if wanted <= {(service, name) for service, name, _ in found}
    }
    assert whole
    cleaned = {message.headers["traceparent"].split("-")[1] for message in await messages(streams)}
    assert whole & cleaned
    spans_of_one = {name: span for _, name, span in by_trace[next(iter(whole))]}
    publish = spans_of_one[f"publish gl.{SITE}.raw.steam_meter.*"]
    assert publish.parent_span_id == spans_of_one["poll"].span_id
    process = spans_of_one[f"process gl.{SITE}.raw.>"]
    assert process.parent_span_id == publish.span_id
    assert spans_of_one[f"publish gl.{SITE}.clean.steam_meter.*"].parent_span_id == process.span_id

    request = {name: span for _, name, span in by_trace[asked]}
    work, read = request[f"process gl.{SITE}.svc.steam_meter.*.read"], request["read"]
    assert work.parent_span_id.hex() == PARENT
    assert read.parent_span_id == work.span_id
    assert request[f"publish gl.{SITE}.raw.steam_meter.*"].parent_span_id == read.span_id
    assert answer.split("-")[1:3] == [asked, work.span_id.hex()]


async def read_by_request(bus):
    """Ask for a reading as somebody who traces would; return the trace and what the answer says of it."""
    (one,) = [each for each in await discover(bus) if each.service == "steam_meter"]
    trace = "5b8aa5a2d2c872e8321cf37308d69df2"
    headers = {"traceparent": f"00-{trace}-{PARENT}-01"}
    answer = await bus.client.request(one.subject("read"), b"", timeout=10, headers=headers)
    assert b"meter-pressure" in answer.data
    return trace, answer.headers["traceparent"]


async def messages(bus):
    return await stored(bus, "CLEAN", f"gl.{SITE}.clean.steam_meter.meter-pressure")


async def several(bus):
    return len(await messages(bus)) >= 4
