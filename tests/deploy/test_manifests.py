"""What runs the image elsewhere fits the program: names of settings, ports, probes, times. No cluster is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from sqlalchemy.engine import make_url
from starlette.routing import Route

from assistant.channels.http.app import make_app
from assistant.channels.http.problems import _flatten
from assistant.settings import TABLE, read_settings
from assistant.stores.sql import _pool

ROOT = Path(__file__).parent.parent.parent
KUSTOMIZATIONS = sorted((ROOT / "deploy" / "kubernetes").rglob("kustomization.yaml"))
SETTINGS = {row.name for row in TABLE}
KUBERNETES = "1.34"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    """The manifests of the base, by kind."""
    place = ROOT / "deploy" / "kubernetes" / "base"
    manifests = [load(place / name) for name in load(place / "kustomization.yaml")["resources"]]
    return {manifest["kind"]: manifest for manifest in manifests}


@pytest.fixture(scope="module")
def pod(base: dict[str, Any]) -> dict[str, Any]:
    return dict(base["Deployment"]["spec"]["template"]["spec"])


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    return dict(only)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(load(ROOT / "compose.yaml"))


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_a_kustomization_names_every_file_beside_it_and_no_other(path: Path) -> None:
    said = load(path)
    named = [*said["resources"], *(patch["path"] for patch in said.get("patches", ()))]
    assert [name for name in named if not (path.parent / name).exists()] == []
    beside = {file.name for file in path.parent.glob("*.yaml")} - {"kustomization.yaml"}
    assert beside == {name for name in named if not name.startswith("..")}


def test_every_manifest_of_the_base_is_valid_as_it_stands(base: dict[str, Any]) -> None:
    assert set(base) == {
        "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy",
    }  # fmt: skip
    for manifest in base.values():
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_the_validation_would_refuse_a_wrong_manifest(base: dict[str, Any]) -> None:
    wrong = base["Deployment"] | {"spec": base["Deployment"]["spec"] | {"replicas": "two"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_what_kustomize_makes_is_valid_and_refers_to_what_is_there(path: Path) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("needs kubectl: apt-get install kubernetes-client")
    version = re.search(
        r"Kustomize Version: v(\d+)",
        subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True).stdout,
    )
    if version is None or int(version[1]) < 5:
        pytest.skip("this kubectl knows an older kustomize")
    made = subprocess.run(
        [kubectl, "kustomize", path.parent], capture_output=True, text=True, check=True, timeout=60
    )
    manifests = list(yaml.safe_load_all(made.stdout))
    for manifest in manifests:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    by_kind = {manifest["kind"]: manifest for manifest in manifests}
    (container,) = by_kind["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": by_kind["ConfigMap"]["metadata"]["name"]}}]
    read_settings(by_kind["ConfigMap"]["data"])
    autoscaler = by_kind["HorizontalPodAutoscaler"]["spec"]
    assert autoscaler["minReplicas"] >= 2
    assert autoscaler["scaleTargetRef"]["name"] == by_kind["Deployment"]["metadata"]["name"]


def test_the_labels_find_the_pods(base: dict[str, Any]) -> None:
    labels = base["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert base["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert base["Service"]["spec"]["selector"] == labels
    assert base["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert base["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_the_pod_is_locked_down(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert f"--uid {pod['securityContext']['runAsUser']} " in dockerfile()
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert {volume["name"] for volume in pod["volumes"]} == set(mounted)
    assert f"DLSTART_DATA_DIR={mounted['data']}\n" in dockerfile()


def test_kubernetes_adds_no_settings_of_its_own(pod: dict[str, Any]) -> None:
    # For a service named dlstart it would set DLSTART_PORT, which the program refuses.
    assert pod["enableServiceLinks"] is False


def test_the_probes_and_ports_are_those_of_the_service(
    base: dict[str, Any], container: dict[str, Any]
) -> None:
    assert {container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness")} == {
        "/readyz?exclude=index"
    }
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert f"EXPOSE {container['ports'][0]['containerPort']}\n" in dockerfile()
    assert base["Service"]["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]


def test_a_pod_gets_the_time_to_finish_its_streams(pod: dict[str, Any], container: dict[str, Any]) -> None:
    told = dict(
        literal.split("=", 1)
        for literal in load(ROOT / "deploy/kubernetes/base/kustomization.yaml")["configMapGenerator"][0][
            "literals"
        ]
    )
    waits = container["lifecycle"]["preStop"]["sleep"]["seconds"] + read_settings(told).drain
    assert waits < pod["terminationGracePeriodSeconds"]


def test_every_setting_of_the_manifests_is_one_of_the_table(
    container: dict[str, Any], compose: dict[str, Any]
) -> None:
    named = {entry["name"] for entry in container["env"]} | set(compose["services"]["dlstart"]["environment"])
    for path in [*(ROOT / "deploy").rglob("*"), ROOT / "compose.yaml", ROOT / ".env.example"]:
        if path.is_file():
            named |= set(re.findall(r"^[ #-]*(DLSTART_[A-Z_]+)[=:]", path.read_text("utf-8"), re.MULTILINE))
    assert named <= SETTINGS
    secret = {row.name for row in TABLE if row.secret}
    assert all("secretKeyRef" in entry["valueFrom"] for entry in container["env"] if entry["name"] in secret)


OPERATORS = {"/metrics", "/healthz", "/readyz"}
"""Routes that are not for the public."""


def routes() -> set[str]:
    """Every path of the service, Slack's included."""
    made = make_app(
        read_settings({"DLSTART_DATA_DIR": "unused"}).replace(
            slack_signing_secret="s" * 32, slack_bot_token="xoxb-1"
        )
    )
    return {route.path for route in _flatten(made.routes) if isinstance(route, Route)}


def test_the_ingress_gives_the_public_every_route_but_those_of_the_operators() -> None:
    (rule,) = load(ROOT / "deploy/kubernetes/overlays/production/ingress.yaml")["spec"]["rules"]

    def is_public(path: str) -> bool:
        return any(
            path == one["path"] or (one["pathType"] == "Prefix" and path.startswith(f"{one['path']}/"))
            for one in rule["http"]["paths"]
        )

    assert {path for path in routes() if not is_public(path)} == OPERATORS


def test_nginx_gives_the_public_none_of_the_operators_routes() -> None:
    text = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    [pattern] = re.findall(r"location ~ (\S+) \{\s+return 404;", text)
    # The service takes a path with slashes after it for the same path.
    assert all(re.match(pattern, path + slashes) for path in OPERATORS for slashes in ("", "/", "//"))
    assert not any(re.match(pattern, path) for path in routes() - OPERATORS)


@pytest.mark.parametrize("place", ["base", "overlays/production"])
def test_as_many_pods_as_may_run_fit_the_connections_of_a_postgresql(
    base: dict[str, Any], place: str
) -> None:
    pool = _pool(make_url("postgresql+psycopg://h/n"))
    a_process = pool["pool_size"] + pool["max_overflow"] + 1  # the writer's
    most = load(ROOT / "deploy/kubernetes" / place / "autoscaler.yaml")["spec"]["maxReplicas"]
    pods = most + base["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    # max_connections 100, of which superuser_reserved_connections keeps 3.
    assert pods * a_process <= 97


def test_a_pod_encodes_with_the_cores_that_it_asked_for(container: dict[str, Any]) -> None:
    threads = next(one for one in container["env"] if one["name"] == "DLSTART_ENCODER_THREADS")
    assert threads["valueFrom"]["resourceFieldRef"] == {
        "containerName": container["name"], "resource": "requests.cpu",
    }  # fmt: skip


def test_the_folder_of_the_state_belongs_to_who_writes_it_before_it_is_a_volume() -> None:
    text = dockerfile()
    [place] = re.findall(r"DLSTART_DATA_DIR=(\S+)", text)
    [user] = re.findall(r"^USER (\d+)$", text, re.MULTILINE)
    made = text.index(f"install -d -o {user} -g 0 -m 0770 {place}\n")
    assert made < text.index(f"VOLUME {place}\n")


def test_the_image_can_trace_and_its_check_forgives_an_old_index() -> None:
    assert len(re.findall(r'"\.\[[a-z,]*postgres,redis,slack,otel\]"', dockerfile())) == 2
    assert "readyz?exclude=index" in dockerfile()


def test_compose_is_reached_from_this_machine_alone_and_has_bounds(compose: dict[str, Any]) -> None:
    service = compose["services"]["dlstart"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["environment"]["DLSTART_ALLOWED_HOSTS"] == "${DLSTART_ALLOWED_HOSTS:-localhost}"
    for one in compose["services"].values():
        assert one["mem_limit"] and one["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


def test_compose_builds_the_image_and_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    service = compose["services"]["dlstart"]
    assert (ROOT / service["build"] / "Dockerfile").is_file()
    assert set(service["depends_on"]) == set(compose["services"]) - {"dlstart"}
    assert all(one["condition"] == "service_healthy" for one in service["depends_on"].values())
    assert all("healthcheck" in one for one in compose["services"].values())
    assert "/readyz?exclude=index" in service["healthcheck"]["test"][-1]
    assert service["ports"][0].endswith(f":{service['command'][service['command'].index('--port') + 1]}")
    assert int(service["stop_grace_period"].removesuffix("s")) > float(
        service["environment"]["DLSTART_DRAIN"]
    )
    mounted = [volume.split(":") for one in compose["services"].values() for volume in one.get("volumes", ())]
    assert {name for name, _ in mounted} == set(compose["volumes"])
    assert ["data", re.findall(r"DLSTART_DATA_DIR=(\S+)", dockerfile())[0]] in mounted
    for one in ("postgres", "redis"):
        assert compose["services"][one]["networks"] == ["state"] and "ports" not in compose["services"][one]


def test_compose_holds_no_password_and_says_where_to_write_it(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    passwords = re.findall(r"\$\{POSTGRES_PASSWORD[^}]*\}", text)
    assert len(passwords) == 2 and all(":?write" in one and ".env" in one for one in passwords)
    assert "PASSWORD" not in re.sub(r"\$\{POSTGRES_PASSWORD[^}]*\}|POSTGRES_PASSWORD: ", "", text)
    assert re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE) == [
        ("POSTGRES_PASSWORD", "")
    ]
    for ignore in (".gitignore", ".dockerignore"):
        assert ".env" in (ROOT / ignore).read_text("utf-8").splitlines()


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text("utf-8")
