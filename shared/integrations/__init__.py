"""Connectors for steam meters, sensors and SCADA, and the services that put their readings on NATS.

Names are loaded when they are first used, so that `from integrations import SteamMeterConfig` costs no more
than the steam meter needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from integrations.library_logs import use_standard_logging

if TYPE_CHECKING:
    from integrations.coordination import (
        AgentCoordinator,
        CollaborativeOptimizer,
        MessageBus,
        StateManager,
    )
    from integrations.coordination.tasks import TaskSchedule, TaskScheduler
    from integrations.devices import (
        BaseConnector,
        ConnectionConfig,
        ConnectionState,
        HealthStatus,
        SimulationPolicy,
    )
    from integrations.devices.condensate_meter import (
        CondensateMeterConfig,
        CondensateMeterConnector,
        CondensateReading,
    )
    from integrations.devices.pressure_sensor import (
        PressureReading,
        PressureSensorConfig,
        PressureSensorConnector,
        PressureSensorType,
        PressureType,
    )
    from integrations.devices.scada import (
        DataQuality,
        SCADAConnectionConfig,
        SCADAConnector,
        SCADAProtocol,
        SCADATag,
    )
    from integrations.devices.steam_meter import (
        FlowMeasurementType,
        FlowReading,
        MeterProtocol,
        SteamMeterConfig,
        SteamMeterConnector,
        TotalizerState,
    )
    from integrations.devices.temperature_sensor import (
        TemperatureReading,
        TemperatureSensorConfig,
        TemperatureSensorConnector,
        TemperatureSensorType,
    )
    from integrations.messages import (
        AgentCapability,
        AgentMessage,
        AgentProfile,
        AgentRole,
        AgentTask,
        MessagePriority,
        MessageType,
        TaskStatus,
    )
    from integrations.resilience import CircuitBreaker, CircuitBreakerOpenError, CircuitState
    from integrations.transformation.points import (
        DataImputer,
        DataPoint,
        DataQualityIssue,
        DataTransformationPipeline,
        DataValidator,
        OutlierDetector,
        SensorConfig,
        SensorFusion,
        TimeSeriesAligner,
        UnitConverter,
        UnitSystem,
    )

_ROOM_OF = {
    "AgentCapability": "messages",
    "AgentCoordinator": "coordination",
    "AgentMessage": "messages",
    "AgentProfile": "messages",
    "AgentRole": "messages",
    "AgentTask": "messages",
    "BaseConnector": "devices",
    "CircuitBreaker": "resilience",
    "CircuitBreakerOpenError": "resilience",
    "CircuitState": "resilience",
    "CondensateMeterConfig": "devices.condensate_meter",
    "CondensateMeterConnector": "devices.condensate_meter",
    "CondensateReading": "devices.condensate_meter",
    "CollaborativeOptimizer": "coordination",
    "ConnectionConfig": "devices",
    "ConnectionState": "devices",
    "DataImputer": "transformation.points",
    "DataPoint": "transformation.points",
    "DataQuality": "devices.scada",
    "DataQualityIssue": "transformation.points",
    "DataTransformationPipeline": "transformation.points",
    "DataValidator": "transformation.points",
    "FlowMeasurementType": "devices.steam_meter",
    "FlowReading": "devices.steam_meter",
    "HealthStatus": "devices",
    "MessageBus": "coordination",
    "MessagePriority": "messages",
    "MessageType": "messages",
    "MeterProtocol": "devices.steam_meter",
    "OutlierDetector": "transformation.points",
    "PressureReading": "devices.pressure_sensor",
    "PressureSensorConfig": "devices.pressure_sensor",
    "PressureSensorConnector": "devices.pressure_sensor",
    "PressureSensorType": "devices.pressure_sensor",
    "PressureType": "devices.pressure_sensor",
    "SCADAConnectionConfig": "devices.scada",
    "SCADAConnector": "devices.scada",
    "SCADAProtocol": "devices.scada",
    "SCADATag": "devices.scada",
    "SensorConfig": "transformation.points",
    "SensorFusion": "transformation.points",
    "SimulationPolicy": "devices",
    "StateManager": "coordination",
    "SteamMeterConfig": "devices.steam_meter",
    "SteamMeterConnector": "devices.steam_meter",
    "TaskSchedule": "coordination.tasks",
    "TaskScheduler": "coordination.tasks",
    "TaskStatus": "messages",
    "TemperatureReading": "devices.temperature_sensor",
    "TemperatureSensorConfig": "devices.temperature_sensor",
    "TemperatureSensorConnector": "devices.temperature_sensor",
    "TemperatureSensorType": "devices.temperature_sensor",
    "TimeSeriesAligner": "transformation.points",
    "TotalizerState": "devices.steam_meter",
    "UnitConverter": "transformation.points",
    "UnitSystem": "transformation.points",
}

__all__ = [
    "AgentCapability",
    "AgentCoordinator",
    "AgentMessage",
    "AgentProfile",
    "AgentRole",
    "AgentTask",
    "BaseConnector",
    "CircuitBreaker",
    "CircuitBreakerOpenError",
    "CircuitState",
    "CollaborativeOptimizer",
    "CondensateMeterConfig",
    "CondensateMeterConnector",
    "CondensateReading",
    "ConnectionConfig",
    "ConnectionState",
    "DataImputer",
    "DataPoint",
    "DataQuality",
    "DataQualityIssue",
    "DataTransformationPipeline",
    "DataValidator",
    "FlowMeasurementType",
    "FlowReading",
    "HealthStatus",
    "MessageBus",
    "MessagePriority",
    "MessageType",
    "MeterProtocol",
    "OutlierDetector",
    "PressureReading",
    "PressureSensorConfig",
    "PressureSensorConnector",
    "PressureSensorType",
    "PressureType",
    "SCADAConnectionConfig",
    "SCADAConnector",
    "SCADAProtocol",
    "SCADATag",
    "SensorConfig",
    "SensorFusion",
    "SimulationPolicy",
    "StateManager",
    "SteamMeterConfig",
    "SteamMeterConnector",
    "TaskSchedule",
    "TaskScheduler",
    "TaskStatus",
    "TemperatureReading",
    "TemperatureSensorConfig",
    "TemperatureSensorConnector",
    "TemperatureSensorType",
    "TimeSeriesAligner",
    "TotalizerState",
    "UnitConverter",
    "UnitSystem",
]


use_standard_logging()


def __getattr__(name: str) -> Any:
    """Load a public name from its room (PEP 562)."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return sorted(__all__)
