"""What an acquisition service answers beside health and metrics: read and reset_circuit."""

import asyncio

from integrations.bus import Endpoint, EndpointError, Request
from integrations.devices import ConnectionState, DeviceError, PolledConnector
from integrations.devices.errors import describe, failure_kind
from integrations.messages import (
    CircuitHealth,
    CircuitReset,
    DeviceHealth,
    DeviceReading,
    DeviceRequest,
    HealthState,
    Origin,
    ReadReply,
)
from integrations.protocols import ProtocolError
from integrations.resilience import CircuitBreakerOpenError
from integrations.runtime.acquisition.readings import columns_of
from integrations.runtime.endpoints import Findings, body, endpoint
from integrations.runtime.process.tracing import asking_device, failed


class DeviceEndpoints:
    """Reads devices and closes circuits on request, and says how the devices are.

    Devices that share a connection are read together: whoever asks for one of them gets the columns of all.
    """

    def __init__(self, connectors: list[PolledConnector]) -> None:
        self._connectors = connectors
        self._by_id = {device_id: each for each in connectors for device_id in each.device_ids}

    def all(self) -> list[Endpoint]:
        """Return the endpoints of devices."""
        return [
            endpoint("read", self._read, ReadReply, DeviceRequest),
            endpoint("reset_circuit", self._reset_circuit, CircuitReset, DeviceRequest),
        ]

    def find(self) -> Findings:
        """Return the health of the devices and what it amounts to."""
        devices = [health_of(device_id, connector) for device_id, connector in self._by_id.items()]
        troubles = [
            f"{device.device_id}: {device.state}, {device.last_error or 'no error'}"
            for device in devices
            if device.state != ConnectionState.CONNECTED.value
        ]
        troubles += [
            f"{d.device_id}: readings are simulated" for d in devices if d.origin is Origin.SIMULATED
        ]
        well = sum(device.state == ConnectionState.CONNECTED.value for device in devices)
        if not well:
            return Findings(HealthState.UNHEALTHY, troubles, devices)
        return Findings(HealthState.DEGRADED if troubles else HealthState.HEALTHY, troubles, devices)

    async def _read(self, request: Request) -> ReadReply:
        return ReadReply(devices=list(await asyncio.gather(*map(_read_one, self._chosen(request)))))

    async def _reset_circuit(self, request: Request) -> CircuitReset:
        chosen = self._chosen(request)
        for connector in chosen:
            if connector.circuit_breaker:
                connector.circuit_breaker.reset()
        return CircuitReset(devices=[device_id for connector in chosen for device_id in connector.device_ids])

    def _chosen(self, request: Request) -> list[PolledConnector]:
        wanted = body(request, DeviceRequest).device_id
        if wanted is None:
            return self._connectors
        if wanted not in self._by_id:
            raise EndpointError(404, f"device_id must be one of {', '.join(self._by_id)}, got {wanted}")
        return [self._by_id[wanted]]


async def _read_one(connector: PolledConnector) -> DeviceReading:
    host, port = connector.config.host, connector.config.port
    with asking_device("read", connector.device_id, host, port) as span:
        try:
            sample = await connector.sample()
        except (ProtocolError, DeviceError, CircuitBreakerOpenError, TimeoutError) as error:
            failed(span, failure_kind(error), describe(error))
            return DeviceReading(connector.device_id, error=describe(error))
    columns = columns_of(connector.channels, sample)
    return DeviceReading(connector.device_id, sample.time_ns, sample.origin, columns)


def health_of(device_id: str, connector: PolledConnector) -> DeviceHealth:
    """Return how a device behind `connector` is, without asking it."""
    breaker, latest = connector.circuit_breaker, connector.latest
    return DeviceHealth(
        device_id=device_id,
        address=f"{connector.config.host}:{connector.config.port}",
        state=connector.state.value,
        origin=latest.origin if latest else Origin.MEASURED,
        last_sample=latest.time_ns if latest else None,
        last_error=connector.last_error,
        response_time_ms=connector.metrics.avg_response_time_ms,
        circuit=CircuitHealth(breaker.state.value, breaker.failure_count) if breaker else None,
    )
