"""The deployment examples fit their formats, this command line, and each other."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from batuta.serve.http.identity import read_keys
from batuta.settings import read_settings
from batuta.styles import Placement, app_style, placed_names
from batuta.tennis.app import tennis_app
from batuta.wiring import open_tennis
from tests.unit.deploy.manifests import COMPOSE, DEPLOY, OBJECTS, hosted, of_kind, options

SCHEMA = json.loads((Path(__file__).parent / "compose_spec.json").read_text())
KUBERNETES = ("1.30", kubernetes_validate.latest_version())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
STEPS = {name: service for name, service in SERVICES.items() if service["command"][0] == "host"}
DEPLOYMENTS = of_kind("Deployment")


async def club_names(tmp_path: Path) -> tuple[str, ...]:
    settings = read_settings({"BATUTA_HOME": str(tmp_path)}, tmp_path)
    desk = await open_tennis(settings)
    await desk.store.aclose()
    return app_style(tennis_app(desk), "c", settings).names()


def placement(text: str, folder: Path) -> Placement:
    (folder / "batuta.toml").write_text(text)
    made = read_settings({}, folder)
    return Placement(made.placement["c"], made.secret)


def test_compose_file_is_one() -> None:
    jsonschema.Draft201909Validator(SCHEMA).validate(COMPOSE)


@pytest.mark.parametrize("spoilt", [{"command": 1}, {"ports": "8000"}, {"comand": ["host"]}])
def test_compose_check_finds_what_is_wrong(spoilt: Mapping[str, Any]) -> None:
    wrong = {**COMPOSE, "services": {**SERVICES, "parse": {**SERVICES["parse"], **spoilt}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(SCHEMA).validate(wrong)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("each", OBJECTS, ids=lambda o: f"{o['kind']}-{o['metadata']['name']}")
def test_kubernetes_objects_are_such(each: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(each, version, strict=True)


def test_kubernetes_check_finds_what_is_wrong() -> None:
    wrong = json.loads(json.dumps(DEPLOYMENTS["club"]))
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["grpc"]["prot"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES[0], strict=True)


async def test_compose_services_are_where_the_placement_says(tmp_path: Path) -> None:
    said = placement((DEPLOY / "compose" / "batuta.toml").read_text(), tmp_path)

    there = {
        agent: (f"{name}:{port}",)
        for name, service in STEPS.items()
        for agent, port in hosted(service["command"]).items()
    }

    assert there == said.addresses
    names = await club_names(tmp_path)
    assert set(there) == set(placed_names(names))
    said.check("c", names)


def test_compose_coordinator_serves_the_style_and_knows_whom_to_wait_for() -> None:
    coordinator = SERVICES["coordinator"]
    chosen = options(coordinator["command"])

    assert (chosen["command"], chosen["style"]) == ("serve", "c")
    assert coordinator["ports"] == [f"{chosen['port']}:{chosen['port']}"]
    assert set(coordinator["depends_on"]) == set(STEPS)
    assert coordinator["environment"]["BATUTA_KEYS"] == "/run/secrets/users.json"
    assert read_keys(DEPLOY / "compose" / "users.example.json")


@pytest.mark.parametrize("name", SERVICES)
def test_compose_services_ask_for_the_secret_and_share_the_club(name: str) -> None:
    service = SERVICES[name]

    assert service["environment"]["BATUTA_SECRET"].startswith("${BATUTA_SECRET:?")
    assert "club:/data" in service["volumes"]
    assert "./batuta.toml:/etc/batuta/batuta.toml:ro" in service["volumes"]
    if name in STEPS:
        (port,) = hosted(service["command"]).values()
        assert service["healthcheck"]["test"][-1] == f"127.0.0.1:{port}"


async def test_kubernetes_services_are_where_the_placement_says(tmp_path: Path) -> None:
    said = placement(of_kind("ConfigMap")["batuta"]["data"]["batuta.toml"], tmp_path)

    there = {
        agent: (f"dns:///{service['metadata']['name']}:{port['port']}",)
        for service in of_kind("Service").values()
        for port in service["spec"]["ports"]
        for agent in reached(service, port["targetPort"])
    }

    assert there == said.addresses
    names = await club_names(tmp_path)
    assert set(there) == set(placed_names(names))
    said.check("c", names)


def reached(service: Mapping[str, Any], target: str) -> list[str]:
    """The agents behind a named port of the pods that a service selects."""
    found: list[str] = []
    for deployment in DEPLOYMENTS.values():
        template = deployment["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
        if not service["spec"]["selector"].items() <= labels.items():
            continue
        for container in template["spec"]["containers"]:
            ports = {p["name"]: p["containerPort"] for p in container["ports"]}
            for agent, port in hosted(container["args"]).items():
                if ports.get(target) == port:
                    found.append(agent)
    return found


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_kubernetes_pods_name_only_what_is_there(name: str) -> None:
    pod = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    claims = {
        v["persistentVolumeClaim"]["claimName"]
        for v in volumes.values()
        if len(v) > 1 and "persistentVolumeClaim" in v
    }

    assert claims <= of_kind("PersistentVolumeClaim").keys()
    if claims:  # one file, one writer's machine
        assert DEPLOYMENTS[name]["spec"]["replicas"] == 1
        assert DEPLOYMENTS[name]["spec"]["strategy"]["type"] == "Recreate"
    for container in pod["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes.keys()
        environment = {each["name"]: each for each in container["env"]}
        secret = environment["BATUTA_SECRET"]["valueFrom"]["secretKeyRef"]
        assert secret == {"name": "batuta", "key": "secret"}
        for agent, port in hosted(container["args"]).items():
            assert agent == container["name"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert container[probe]["grpc"]["port"] == port


def test_kubernetes_coordinator_serves_the_style() -> None:
    (container,) = DEPLOYMENTS["coordinator"]["spec"]["template"]["spec"]["containers"]
    chosen = options(container["args"])

    assert (chosen["command"], chosen["style"]) == ("serve", "c")
    assert container["ports"][0]["containerPort"] == chosen["port"]


def test_image_has_the_extras_that_the_commands_need_and_what_it_copies_is_let_in() -> None:
    text = (DEPLOY / "container" / "Dockerfile").read_text()
    ignored = (DEPLOY.parent / ".dockerignore").read_text()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
        for word in line.split()
    ]

    (extras,) = re.findall(r'^ARG EXTRAS="(.+)"$', text, re.MULTILINE)
    assert {"cli", "serve", "grpc", "agents"} <= set(extras.split())
    assert "--extra %s' $EXTRAS" in text
    for name in copied:
        assert (DEPLOY.parent / name).exists()
        assert f"!{name}\n" in ignored
    assert SERVICES["parse"]["build"]["dockerfile"] == "deploy/container/Dockerfile"
