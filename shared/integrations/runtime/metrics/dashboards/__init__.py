"""Grafana's dashboards, made from the catalogue: no panel can ask for a metric that is not there."""
