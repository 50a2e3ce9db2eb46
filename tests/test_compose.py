"""What the recipes start: a sidecar for tests, which forgets, and replicas, which share a database."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from fakegraph.settings import load_settings, unknown_variables

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICE = COMPOSE["services"]["fakegraph"]
SEVERAL = yaml.safe_load((ROOT / "compose.replicas.yaml").read_text())
PAGE = (ROOT / "docs" / "how-to" / "replicas.md").read_text()


def interpolated(text):
    """As compose does it where none of the variables is set."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text)


def settings(environment=SERVICE["environment"]):
    environ = {name: interpolated(value) for name, value in environment.items()}
    assert unknown_variables(environ) == []
    return load_settings({}, environ)


def test_each_run_begins_with_the_fixture():
    assert settings().fixture == ("contoso",)
    assert settings().data_dir is None
    assert "volumes" not in COMPOSE
    assert all(volume.endswith(":ro") for volume in SERVICE["volumes"])


def seconds(text):
    return int(text.removesuffix("s"))


def test_replicas_share_a_database_and_are_asked_through_one_address():
    services = SEVERAL["services"]
    replicas, balancer, database = (
        services[each] for each in ("fakegraph", "balancer", "postgres")
    )
    found = settings(replicas["environment"])
    url = urlsplit(found.store)
    made = database["environment"]

    assert replicas["deploy"]["replicas"] == 3
    assert (url.hostname, url.path) == ("postgres", f"/{made['POSTGRES_DB']}")
    assert (url.username, url.password) == (made["POSTGRES_USER"], made["POSTGRES_PASSWORD"])
    assert "ports" not in replicas
    assert balancer["ports"] == SERVICE["ports"]
    assert f"server fakegraph:{found.port}" in SEVERAL["configs"]["balancer"]["content"]
    assert replicas["healthcheck"]["test"] == ["CMD", "fakegraph", "health"]
    assert found.drain < seconds(replicas["stop_grace_period"])
    assert found.drain > seconds(replicas["healthcheck"]["interval"])


def test_pods_leave_their_service_before_they_end():
    (block,) = re.findall(r"^```yaml\n(apiVersion.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    secret, deployment, service = yaml.safe_load_all(block)
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    said = {"FAKEGRAPH_STORE": secret["stringData"]["store"]}
    said["FAKEGRAPH_CONTROL_KEY"] = secret["stringData"]["control-key"]
    environ = {each["name"]: each.get("value") or said[each["name"]] for each in container["env"]}
    found = settings(environ)
    ready = container["readinessProbe"]

    assert deployment["spec"]["replicas"] == 3
    assert found.store.startswith("postgresql://")
    assert ready["httpGet"] == {"path": "/_fakegraph/health", "port": found.port}
    assert (
        found.drain > ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"]
    )
    assert pod["spec"]["terminationGracePeriodSeconds"] > found.drain
    assert "httpGet" not in container["livenessProbe"]
    assert service["spec"]["ports"][0]["targetPort"] == found.port
    assert service["spec"]["selector"] == pod["metadata"]["labels"]
