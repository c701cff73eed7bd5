"""The page of metrics is the catalogue's."""

from pathlib import Path

from integrations.runtime.metrics.catalogue import CATALOGUE
from integrations.runtime.metrics.page import page

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_catalogue():
    assert (ROOT / "deploy" / "METRICS.md").read_text() == page(), "make it anew: see its first line"


def test_every_metric_has_one_name_of_its_own():
    metrics = {metric for group in CATALOGUE.values() for metric in group}
    assert len({metric.exported for metric in metrics}) == len(metrics)
