"""The catalogue as a page: `python -m integrations.runtime.metrics.page > deploy/METRICS.md`."""

import sys

from integrations.runtime.metrics.catalogue import CATALOGUE
from integrations.runtime.metrics.metric import Metric

_HEAD = """# Metrics

Made from the catalogue by `python -m integrations.runtime.metrics.page > deploy/METRICS.md`; a test holds
the two together and compares them with what running services export. Every series has the label
`service_name`; the scrape adds `instance`. `process_*` and `python_gc_*` come from the Prometheus client.
"""


def page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for services, metrics in CATALOGUE.items():
        rows = "\n".join(_row(metric) for metric in metrics)
        parts.append(f"## {services}\n\n| metric | kind | labels | what |\n|---|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.exported}` | {metric.kind.value} | {labels} | {metric.text} |"


if __name__ == "__main__":
    sys.stdout.write(page())
