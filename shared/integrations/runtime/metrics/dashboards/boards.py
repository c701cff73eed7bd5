"""The dashboards: the site at a glance, its devices, its cleaning, the tasks of agents.

`python -m integrations.runtime.metrics.dashboards.boards helm/gl003/files/dashboards` writes them.
"""

import sys
from pathlib import Path

from integrations.runtime.metrics import catalogue as c
from integrations.runtime.metrics.dashboards.grafana import Panel, Steps, Variable, dashboard
from integrations.runtime.metrics.metric import Metric

BAD = ((None, "green"), (1.0, "red"))
"""Something to be none of."""
ATTENTION = ((None, "green"), (1.0, "orange"))
_WINDOW = "[$__rate_interval]"


def boards() -> dict[str, str]:
    """Return the dashboards by file name."""
    return {
        "site.json": dashboard("gl003-site", "GL-003 site", SITE),
        "devices.json": dashboard("gl003-devices", "GL-003 devices", DEVICES, CHOICES),
        "cleaning.json": dashboard("gl003-cleaning", "GL-003 cleaning", CLEANING),
        "tasks.json": dashboard("gl003-tasks", "GL-003 tasks of agents", TASKS),
    }


def _per(metric: Metric, *labels: str, where: str = "") -> str:
    """Return how fast a counter grows, summed by labels."""
    return f"sum by ({', '.join(labels)}) (rate({metric.exported}{where}{_WINDOW}))"


def _quantile(share: float, metric: Metric, *labels: str) -> str:
    bucket = metric.series[0]
    return f"histogram_quantile({share}, sum by ({', '.join(('le', *labels))}) (rate({bucket}{_WINDOW})))"


def _lasting(text: str, width: int, query: str, steps: Steps = BAD) -> Panel:
    return Panel(text, ((query, ""),), "short", "stat", width, 4, steps)


_ANY = '{device=~"$device"}'
_QUALITY = f"{_per(c.QUALITY_POINTS, 'device_class')} / {_per(c.READINGS, 'device_class')}"

SITE = (
    _lasting(
        "Services that are not healthy",
        4,
        f'count({c.HEALTH.exported}{{state="healthy"}} == 0) or vector(0)',
        ATTENTION,
    ),
    _lasting("Services without a bus", 4, f"count({c.BUS_CONNECTED.exported} == 0) or vector(0)"),
    _lasting("Devices away", 4, f"count({c.DEVICE_CONNECTED.exported} == 0) or vector(0)", ATTENTION),
    _lasting("Open circuits", 4, f"count({c.CIRCUIT_STATE.exported} == 2) or vector(0)", ATTENTION),
    _lasting("Messages lost in an hour", 4, f"sum(increase({c.OUTBOX_DROPPED.exported}[1h])) or vector(0)"),
    _lasting(
        "Dead letters in an hour", 4, f"sum(increase({c.DEAD_LETTERS.exported}[1h])) or vector(0)", ATTENTION
    ),
    Panel("Readings cleaned", ((_per(c.READINGS, "device_class"), "{{device_class}}"),), "cps"),
    Panel(
        "Quality",
        ((_QUALITY, "{{device_class}}"),),
        "none",
        steps=((None, "red"), (50.0, "orange"), (80.0, "green")),
        text="Mean score of the readings; 50 and more is valid.",
    ),
    Panel("Findings a minute", ((f"60 * {_per(c.FLAGS, 'flag')}", "{{flag}}"),)),
    Panel(
        "Waiting for the bus", ((f"sum by (service_name) ({c.OUTBOX_DEPTH.exported})", "{{service_name}}"),)
    ),
    Panel(
        "Waiting to be cleaned and balanced",
        (
            (f"sum by (instance) ({c.CONSUMER_PENDING.exported})", "{{instance}}"),
            (f"sum({c.BALANCES_PENDING.exported})", "balances"),
        ),
    ),
    Panel("From RAW to CLEAN", tuple((_quantile(q, c.CLEANING_DELAY), f"{q:.0%}") for q in (0.5, 0.99)), "s"),
    Panel("Suspect sensors", ((f"max by (balance) ({c.BALANCE_SUSPECTS.exported})", "{{balance}}"),)),
    Panel(
        "Event loops late by", ((f"max by (service_name) ({c.LOOP_LAG.exported})", "{{service_name}}"),), "s"
    ),
    Panel(
        "Browsers at the console",
        (
            (f"sum({c.CONSOLE_BROWSERS.exported})", "browsers"),
            (f"60 * {_per(c.CONSOLE_REFUSED, 'instance')}", "refused a minute, {{instance}}"),
        ),
    ),
    Panel("Memory", (("sum by (instance) (process_resident_memory_bytes)", "{{instance}}"),), "bytes"),
)

CHOICES = (Variable("device", f"label_values({c.DEVICE_CONNECTED.exported}, device)"),)
DEVICES = (
    Panel("Polls", ((_per(c.POLLS, "device", where=_ANY), "{{device}}"),), "cps", width=12),
    Panel(
        "Failed polls",
        ((_per(c.POLL_FAILURES, "device", "kind", where=_ANY), "{{device}} {{kind}}"),),
        "cps",
        width=12,
    ),
    Panel(
        "Answer time",
        tuple(
            (_quantile(q, c.POLL_DURATION, "service_name"), f"{{{{service_name}}}} {q:.0%}")
            for q in (0.5, 0.99)
        ),
        "s",
        width=12,
    ),
    Panel("Grid points missed", ((_per(c.OVERRUNS, "device", where=_ANY), "{{device}}"),), "cps", width=12),
    Panel(
        "Connected", ((f"{c.DEVICE_CONNECTED.exported}{_ANY}", "{{device}}"),), "none", "state-timeline", 12
    ),
    Panel(
        "Circuits",
        ((f"{c.CIRCUIT_STATE.exported}{_ANY}", "{{device}}"),),
        "none",
        "state-timeline",
        12,
        text="0 closed, 1 half open, 2 open",
    ),
    Panel(
        "Back again in an hour",
        ((f"increase({c.DEVICE_RECONNECTS.exported}{_ANY}[1h])", "{{device}}"),),
        width=12,
    ),
    Panel("Further tries", ((_per(c.RETRIES, "device", where=_ANY), "{{device}}"),), "cps", width=12),
    Panel(
        "Simulated",
        ((f"{c.DEVICE_SIMULATED.exported}{_ANY} == 1", "{{device}}"),),
        "none",
        "state-timeline",
        12,
    ),
    Panel("Outbox", ((c.OUTBOX_BYTES.exported, "{{service_name}}"),), "bytes", width=6),
    Panel("Oldest in the outbox", ((c.OUTBOX_OLDEST.exported, "{{service_name}}"),), "s", width=6),
)

CLEANING = (
    Panel("Raw messages", ((_per(c.RAW_BATCHES, "instance"), "{{instance}}"),), "cps"),
    Panel("Came again", ((_per(c.REPEATS, "instance"), "{{instance}}"),), "cps"),
    Panel("Dead letters", ((_per(c.DEAD_LETTERS, "instance"), "{{instance}}"),), "cps"),
    Panel("Sensors", ((c.SENSORS.exported, "{{instance}}"),)),
    Panel(
        "Findings",
        ((f"60 * {_per(c.FLAGS, 'device_class', 'flag')}", "{{device_class}} {{flag}}"),),
        width=16,
    ),
    Panel(
        "Published", ((_per(c.PUBLISHED, "service_name", "outcome"), "{{service_name}} {{outcome}}"),), "cps"
    ),
    Panel("Balances drawn up", ((_per(c.BALANCES, "balance"), "{{balance}}"),), "cps"),
    Panel("Balances that failed", ((_per(c.BALANCES_FAILED, "balance"), "{{balance}}"),), "cps"),
    Panel(
        "The bus",
        ((_per(c.BUS_EVENTS, "service_name", "kind"), "{{service_name}} {{kind}}"),),
        "cps",
        width=12,
    ),
    Panel(
        "Streams missing",
        ((f"max by (service_name) ({c.STREAMS_MISSING.exported})", "{{service_name}}"),),
        width=12,
    ),
)

TASKS = (
    Panel("Open tasks", ((f"max by (status) ({c.TASKS_OPEN.exported})", "{{status}}"),), width=12),
    Panel("Ended a minute", ((f"60 * {_per(c.TASKS_ENDED, 'status')}", "{{status}}"),), width=12),
    Panel("Admitted a minute", ((f"60 * {_per(c.TASKS_ADMITTED, 'instance')}", "{{instance}}"),)),
    Panel("Assigned a minute", ((f"60 * {_per(c.TASKS_ASSIGNED, 'instance')}", "{{instance}}"),)),
    Panel("Given back a minute", ((f"60 * {_per(c.TASKS_GIVEN_BACK, 'instance')}", "{{instance}}"),)),
)


if __name__ == "__main__":
    for name, text in boards().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
