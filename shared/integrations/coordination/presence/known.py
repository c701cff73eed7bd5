"""The agents that every plant knows by name, whether they are there or not."""

KNOWN_AGENTS = {
    "GL-001": "ProcessHeatOrchestrator",
    "GL-002": "BoilerEfficiencyOptimizer",
    "GL-003": "SteamSystemAnalyzer",
    "GL-004": "BurnerOptimizationAgent",
    "GL-005": "CombustionControlAgent",
    "GL-006": "HeatRecoveryMaximizer",
    "GL-007": "FurnacePerformanceMonitor",
    "GL-008": "SteamTrapInspector",
    "GL-009": "ThermalEfficiencyCalculator",
    "GL-010": "EmissionsComplianceAgent",
    "GL-011": "FuelManagementOrchestrator",
    "GL-012": "SteamQual",
}
"""Names by agent id: mail to these is kept although they have never been seen."""
ORCHESTRATOR_ID = "GL-001"
CONSOLE_ID = "console"
"""Who the command line is among agents: it asks and hears answers, and has no mailbox."""
