"""docker-compose.yml: what it comes to for each set of profiles, and that nothing in it is left open."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from integrations.runtime.services import service_names

ROOT = Path(__file__).parents[2]
COMPOSE = Path(sys.executable).parent / "docker-compose"
pytestmark = pytest.mark.skipif(
    not COMPOSE.exists(), reason="Compose as a Python package is there for Linux only"
)
SETS = {
    "alone": (),
    "demo": ("demo",),
    "observe": ("demo", "observe"),
    "cluster": ("demo", "cluster"),
    "all": ("demo", "observe", "cluster"),
}


def configured(profiles):
    options = [option for profile in profiles for option in ("--profile", profile)]
    files = [ROOT / "deploy" / "compose" / f"{profile}.env" for profile in profiles]
    options += [option for file in files if file.exists() for option in ("--env-file", str(file))]
    shown = subprocess.run(
        [COMPOSE, *options, "config"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    return yaml.safe_load(shown.stdout)["services"]


@pytest.fixture(scope="module")
def sets():
    return {name: configured(profiles) for name, profiles in SETS.items()}


def test_every_service_is_there_with_or_without_profiles(sets):
    assert {*sets["alone"]} == {"nats", *service_names()}
    assert {*sets["demo"]} == {*sets["alone"], "plant"}
    assert {*sets["cluster"]} == {*sets["demo"], "nats-2", "nats-3"}
    assert {*sets["observe"]} == {*sets["demo"], "prometheus", "grafana", "otel-collector", "jaeger"}


def test_no_container_may_more_than_it_has_to(sets):
    for name, service in sets["all"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"cpus", "memory", "pids"} <= service["deploy"]["resources"]["limits"].keys(), name
        assert service["restart"] == "unless-stopped", name
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", ())), name


def test_services_wait_until_the_bus_is_healthy_and_devices_are_there(sets):
    for name in service_names():
        service = sets["demo"][name]
        assert service["depends_on"]["nats"]["condition"] == "service_healthy"
        assert service["healthcheck"]["test"][-1] == "/readyz"
        assert service["build"]["args"]["SERVICE"] == name
    assert sets["demo"]["scada"]["depends_on"]["plant"]["condition"] == "service_healthy"


def test_secrets_come_as_files(sets):
    for name, service in sets["all"].items():
        secret = re.compile(r"PASSWORD|TOKEN|SEED|CREDENTIALS")
        given = {key: value for key, value in service.get("environment", {}).items() if secret.search(key)}
        assert all(value.startswith("/run/secrets/") for value in given.values()), name
    assert sets["alone"]["scada"]["environment"]["NATS_PASSWORD_FILE"] == "/run/secrets/nats_password"  # noqa: S105  # a path


def test_a_cluster_has_three_copies_of_each_stream(sets):
    environment = sets["cluster"]["transformation"]["environment"]
    assert environment["STREAM_REPLICAS"] == "3"
    assert environment["NATS_URL"] == "nats://nats:4222,nats://nats-2:4222,nats://nats-3:4222"
    assert {sets["cluster"][name]["environment"]["NATS_TOPOLOGY"] for name in ("nats", "nats-2")} == {
        "cluster"
    }
    assert sets["demo"]["transformation"]["environment"]["STREAM_REPLICAS"] == "1"


def test_traces_are_sent_only_where_somebody_collects_them(sets):
    endpoint = {name: sets[name]["scada"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] for name in sets}
    assert endpoint["demo"] == ""
    assert endpoint["observe"] == "http://otel-collector:4318"


def test_files_that_are_mounted_are_there(sets):
    for name, service in sets["all"].items():
        for volume in service.get("volumes", ()):
            assert volume["type"] == "volume" or Path(volume["source"]).exists(), name


def test_services_can_be_scaled_that_may_be(sets):
    for name in ("transformation", "balances", "coordination"):
        service = sets["alone"][name]
        assert "INSTANCE" not in service["environment"]  # each has a name of its own
        assert not service.get("ports")
        assert "container_name" not in service
        assert all(volume["type"] == "bind" for volume in service["volumes"])


def test_prometheus_asks_every_service():
    (job,) = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    (names,) = job["dns_sd_configs"]
    assert {*names["names"]} == {*service_names()}


def test_image_and_makefile_build_with_the_same_uv():
    versions = [
        re.search(r"UV_VERSION\s*:?=\s*(\S+)", (ROOT / name).read_text())[1]
        for name in ("Makefile", "services/Dockerfile")
    ]
    assert len(set(versions)) == 1


def test_the_image_gets_what_is_needed_and_no_more():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    dockerfile = (ROOT / "services" / "Dockerfile").read_text()
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE)
        for word in line.split()
    }
    admitted = {name.removeprefix("!").split("/")[0] for name in ignored if name.startswith("!")}
    assert admitted == copied
