"""Alerts and dashboards ask for metrics and labels that are exported; alerts are raised when they should."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import promql_parser as promql
import pytest
import yaml

from integrations.runtime.metrics.catalogue import CATALOGUE
from integrations.runtime.metrics.dashboards.boards import boards

ROOT = Path(__file__).parents[2]
FILES = ROOT / "helm" / "gl003" / "files"
ALERTS = FILES / "alerts.yml"
DASHBOARDS = sorted((FILES / "dashboards").glob("*.json"))
ALERT_TESTS = Path(__file__).parent / "alerts_test.yml"
METRICS = {series: metric for group in CATALOGUE.values() for metric in group for series in metric.series}
SCRAPED = {"up", "process_resident_memory_bytes"}
ALWAYS = {"service_name", "instance", "job", "le"}
LONGEST = "5m"  # stands for what Grafana puts in


def rules():
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return group["rules"]


def queries():
    """Return every query of alerts and dashboards, by where it stands."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]


def selectors(query):
    found = []

    def visit(expression):
        if isinstance(expression, promql.VectorSelector):
            found.append(expression)
        elif isinstance(expression, promql.MatrixSelector):
            found.append(expression.vector_selector)

    text = re.sub(r"\$__\w+|\$\{?\w+\}?", lambda match: LONGEST if "__" in match[0] else "x", query)
    promql.walk(promql.parse(text), visit)
    return found


@pytest.mark.parametrize(("where", "query"), [*queries()], ids=[where for where, _ in queries()])
def test_a_query_asks_for_what_is_exported(where, query):
    found = selectors(query)
    assert found
    for selector in found:
        assert selector.name in METRICS.keys() | SCRAPED
        labels = {matcher.name for matcher in selector.matchers.matchers}
        exported = {*METRICS[selector.name].labels} if selector.name in METRICS else set()
        assert labels <= exported | ALWAYS
    grouped = {
        label.strip() for words in re.findall(r"\bby\s*\(([^)]*)\)", query) for label in words.split(",")
    }
    exported = {
        label for selector in found if selector.name in METRICS for label in METRICS[selector.name].labels
    }
    assert grouped <= exported | ALWAYS


def test_dashboards_are_as_they_are_made():
    made = boards()
    assert {path.name: path.read_text() for path in DASHBOARDS} == made, "make them anew: see boards.py"
    documents = [json.loads(text) for text in made.values()]
    assert len({document["uid"] for document in documents}) == len(documents)
    for document in documents:
        for panel in document["panels"]:
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_every_alert_has_words_for_people_and_a_test():
    tested = ALERT_TESTS.read_text()
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert {"summary", "advice"} <= rule["annotations"].keys()
        assert re.search(rf'alertname="{rule["alert"]}"', tested), rule["alert"]


def test_alerts_are_raised_when_they_are_meant_to_be():
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: Debian's package prometheus has it")
    done = subprocess.run(
        [promtool, "test", "rules", ALERT_TESTS],
        cwd=ALERT_TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
