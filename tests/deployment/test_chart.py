"""The Helm chart: rendered for several sets of values, each object as Kubernetes would accept it."""

from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from integrations.devices.classes import device_classes
from integrations.runtime.plant.settings import read_plant
from integrations.runtime.services import service_names

helm = pytest.importorskip("helm_python", reason="Helm as a Python package is there for Linux only")

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "gl003"
KUBERNETES = "1.34"
SETS = {"default": {}} | {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((CHART / "ci").glob("*.yaml"))
}
INFORMATION = 1
FOREIGN = {"ServiceMonitor", "PrometheusRule"}  # kinds of an operator's own: no schema of Kubernetes


@pytest.fixture(scope="module")
def chart():
    with helm.Chart.load(str(CHART)) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def rendered(chart):
    return {name: objects(chart, values) for name, values in SETS.items()}


def objects(chart, values, name="test"):
    files = chart.render(values, name=name, namespace="plant")
    texts = [text for file, text in files.items() if file.endswith(".yaml")]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def of_kind(found, kind):
    return {one["metadata"]["name"]: one for one in found if one["kind"] == kind}


def pods(found):
    for one in found:
        if one["kind"] in {"Deployment", "StatefulSet"}:
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]
        elif one["kind"] == "Pod":
            yield one["metadata"]["name"], one["spec"]


@pytest.mark.parametrize("values", SETS, ids=str)
def test_every_object_is_valid(rendered, values):
    kinds = set()
    for one in rendered[values]:
        kinds.add(one["kind"])
        if one["kind"] not in FOREIGN:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
    assert {"Deployment", "Service", "ServiceAccount", "Pod"} <= kinds


@pytest.mark.parametrize("values", SETS, ids=str)
def test_no_container_may_more_than_it_has_to(rendered, values):
    for name, pod in pods(rendered[values]):
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], name
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["limits"]["memory"], name
            secret = [each for each in container["env"] if "PASSWORD" in each["name"] and "value" in each]
            assert all(each["value"].startswith("/") for each in secret), name


@pytest.mark.parametrize("values", SETS, ids=str)
def test_what_is_mounted_is_there(rendered, values):
    for name, pod in pods(rendered[values]):
        volumes = {volume["name"] for volume in pod["volumes"]}
        claims = {"data"} if name.endswith("-nats") else set()
        mounts = {mount["name"] for each in pod["containers"] for mount in each["volumeMounts"]}
        assert mounts == volumes | claims, name
    made = {(one["kind"], one["metadata"]["name"]) for one in rendered[values]}
    for name, pod in pods(rendered[values]):
        for volume in pod["volumes"]:
            claim = volume.get("persistentVolumeClaim")
            assert not claim or ("PersistentVolumeClaim", claim["claimName"]) in made, name


@pytest.mark.parametrize("values", SETS, ids=str)
def test_selectors_find_their_pods(rendered, values):
    labels = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in rendered[values]
        if one["kind"] in {"Deployment", "StatefulSet"}
    ]
    for one in rendered[values]:
        if one["kind"] in {"Service", "PodDisruptionBudget"}:
            selector = one["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            assert sum(wanted <= each.items() for each in labels) == 1, one["metadata"]["name"]


def test_the_plant_in_the_values_is_one_that_services_can_read(rendered):
    import tomllib

    for found in rendered.values():
        for one in of_kind(found, "ConfigMap").values():
            if "plant.toml" in one["data"]:
                read_plant(tomllib.loads(one["data"]["plant.toml"]), {})


def test_each_service_can_be_asked_for(chart):
    services = {name.replace("_", "-"): {"service": name} for name in service_names()}
    found = of_kind(objects(chart, {"services": services}), "Deployment")
    assert {name.removeprefix("test-gl003-") for name in found} == {*services}


def test_acquisition_is_never_there_twice(chart):
    for name in device_classes():
        service = name.replace("_", "-")
        found = of_kind(objects(chart, {"services": {service: {"service": name}}}), "Deployment")
        deployment = found[f"test-gl003-{service}"]["spec"]
        assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
        with pytest.raises(helm.HelmError, match="maximum"):
            chart.validate_schema(values(chart, {"services": {service: {"service": name, "replicas": 2}}}))


def values(chart, given):
    return chart.merge_values(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"imagee": {}}, "imagee"),
        ({"services": {"x": {"service": "toaster"}}}, "services"),
        ({"services": {"Upper": {"service": "scada"}}}, "Upper"),
        ({"nats": {"replicas": 2}}, "replicas"),
        ({"bus": {"login": "nkey"}}, "existingSecret"),
        ({"bus": {"url": "http://x"}}, "url"),
        ({"telemetry": {"endpoint": "otel"}}, "endpoint"),
    ],
)
def test_values_that_cannot_be_are_named(chart, given, said):
    with pytest.raises(helm.HelmError, match=said):
        chart.validate_schema(values(chart, given))


def test_without_a_bus_there_is_no_chart(chart):
    with pytest.raises(helm.HelmError, match=r"bus\.url must be given"):
        chart.render({"nats": {"enabled": False}}, name="test", namespace="plant")


def test_lag_and_processor_scale_the_transformation(rendered):
    (scaler,) = of_kind(rendered["everything"], "HorizontalPodAutoscaler").values()
    lag, cpu = scaler["spec"]["metrics"]
    assert lag["pods"]["metric"]["name"] == "gl003_consumer_pending"
    assert lag["pods"]["target"]["averageValue"] == "5000"
    assert cpu["resource"]["target"]["averageUtilization"] == 70
    assert (
        "replicas" not in of_kind(rendered["everything"], "Deployment")["test-gl003-transformation"]["spec"]
    )


def test_each_service_logs_in_as_itself_where_the_bus_knows_it(rendered):
    secrets, inboxes = {}, {}
    for name, pod in pods(rendered["secured"]):
        (secret,) = [volume["secret"]["secretName"] for volume in pod["volumes"] if volume["name"] == "bus"]
        environment = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
        secrets[name], inboxes[name] = secret, environment["NATS_INBOX_PREFIX"]
    assert secrets == {
        "test-gl003-steam-meter": "gl003-steam-meter",
        "test-gl003-transformation": "gl003-transformation",
        "test-gl003-doctor": "gl003-operator",
    }
    assert inboxes["test-gl003-steam-meter"] == "_INBOX_steam_meter"
    assert inboxes["test-gl003-doctor"] == "_INBOX_operator"


def test_three_servers_keep_three_copies(rendered):
    for found, copies in ((rendered["everything"], "3"), (rendered["small"], "1")):
        for name, pod in pods(found):
            environment = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
            if not name.endswith("-nats"):
                assert environment["STREAM_REPLICAS"] == copies


def test_the_notes_name_what_was_installed(chart):
    notes = chart.render({}, name="test", namespace="plant")["gl003/templates/NOTES.txt"]
    assert "nats://test-gl003-nats:4222" in notes
    assert "No device is described yet" in notes


def test_the_chart_passes_helms_own_lint():
    findings = helm.lint(str(CHART))
    assert findings["errors"] == []
    assert [each for each in findings["messages"] if each["severity"] > INFORMATION] == []
