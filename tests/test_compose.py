"""What compose.yaml starts: a sidecar for tests, which forgets."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from fakegraph.settings import load_settings, unknown_variables

COMPOSE = yaml.safe_load((Path(__file__).parents[1] / "compose.yaml").read_text())
SERVICE = COMPOSE["services"]["fakegraph"]


def interpolated(text):
    """As compose does it where none of the variables is set."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text)


def settings():
    environ = {name: interpolated(value) for name, value in SERVICE["environment"].items()}
    assert unknown_variables(environ) == []
    return load_settings({}, environ)


def test_each_run_begins_with_the_fixture():
    assert settings().fixture == ("contoso",)
    assert settings().data_dir is None
    assert "volumes" not in COMPOSE
    assert all(volume.endswith(":ro") for volume in SERVICE["volumes"])
