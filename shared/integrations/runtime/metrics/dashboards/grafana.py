"""A dashboard as Grafana reads it, from panels of one line each."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH = 24
_SCHEMA = 41

Steps = Sequence[tuple[float | None, str]]
"""Colours from a value on."""


@dataclass(frozen=True)
class Panel:
    """One panel: its title, its queries each with its legend, and how to draw them."""

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    steps: Steps = ((None, "green"),)
    text: str = ""


@dataclass(frozen=True)
class Variable:
    """A choice above the panels: the values of a label."""

    name: str
    query: str


def dashboard(uid: str, title: str, panels: Iterable[Panel], variables: Iterable[Variable] = ()) -> str:
    """Return a dashboard's JSON."""
    document = {
        "uid": uid,
        "title": title,
        "tags": ["gl003"],
        "schemaVersion": _SCHEMA,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "links": [{"type": "dashboards", "title": "GL-003", "tags": ["gl003"], "keepTime": True}],
        "templating": {"list": [_source(), *map(_variable, variables)]},
        "panels": _placed(panels),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _placed(panels: Iterable[Panel]) -> list[dict[str, Any]]:
    """Lay panels out in rows, from left to right."""
    placed: list[dict[str, Any]] = []
    x = y = tallest = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        place = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        placed.append({"id": number, "gridPos": place, **_drawn(panel)})
        x, tallest = x + panel.width, max(tallest, panel.height)
    return placed


def _drawn(panel: Panel) -> dict[str, Any]:
    steps = [{"value": value, "color": colour} for value, colour in panel.steps]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries":
        defaults |= {"min": 0, "custom": {"fillOpacity": 10, "showPoints": "never"}}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": query, "legendFormat": legend}
            for at, (query, legend) in enumerate(panel.queries)
        ],
    }


def _source() -> dict[str, Any]:
    return {"name": "source", "type": "datasource", "query": "prometheus", "label": "Data source"}


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": variable.query, "refId": variable.name},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
