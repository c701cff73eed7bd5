"""A service that can be observed: its telemetry, its heartbeat, and its answers to probes."""

import contextlib
from collections.abc import AsyncIterator

from integrations.runtime.metrics.catalogue import LOOP_LAG
from integrations.runtime.metrics.metric import alone
from integrations.runtime.plant.http import HttpSettings
from integrations.runtime.process.heartbeat import Heartbeat
from integrations.runtime.process.telemetry import Telemetry, start_telemetry


@contextlib.asynccontextmanager
async def observed(service: str, instance: str, version: str, http: HttpSettings) -> AsyncIterator[Telemetry]:
    """Start what lets a service be observed; probes and metrics over HTTP only where `http` has a port.

    Raises:
        ConfigurationError: an OTEL_ variable asks for what is not there, or the port cannot be had.
    """
    async with Heartbeat() as heartbeat:
        with contextlib.ExitStack() as stack:
            if not http.port:
                telemetry = stack.enter_context(start_telemetry(service, instance, version))
            else:
                from .probes import new_registry, serving_probes  # noqa: PLC0415  # not wanted everywhere

                registry = new_registry()
                telemetry = stack.enter_context(start_telemetry(service, instance, version, registry))
                answers = {"/healthz": heartbeat.faults, "/readyz": telemetry.not_ready}
                stack.enter_context(serving_probes(http, registry, answers))
            telemetry.measure({LOOP_LAG: alone(lambda: heartbeat.lag_seconds)})
            yield telemetry
