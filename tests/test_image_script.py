"""What ``make image-test`` takes along of the machine's pip configuration."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def script():
    path = Path(__file__).parents[1] / ".ci" / "image-test"
    spec = spec_from_loader("image_test", SourceFileLoader("image_test", str(path)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_what_the_build_can_reach_goes_along(script):
    listed = [
        "global.index-url='https://pypi.example/simple'",
        "global.extra-index-url='\\nfile:///opt/wheels/simple\\nhttps://more.example/simple'",
        "global.constraint='/etc/constraints.txt'",
        "global.find-links='/opt/wheels'",
        "global.no-build-isolation='false'",
        "global.cert='/etc/old.pem'",
        "install.trusted-host='pypi.example'",
        "wheel.index-url='https://other.example/simple'",
        ":env:.cert='/etc/ssl/ca.pem'",
        ":env:.default-timeout='180'",
    ]

    kept, left = script.for_the_build(script.pip_config(listed))

    assert kept == {
        "index-url": "https://pypi.example/simple",
        "extra-index-url": "https://more.example/simple",
        "trusted-host": "pypi.example",
        "cert": "/etc/ssl/ca.pem",
        "default-timeout": "180",
    }
    assert left == ["extra-index-url", "constraint", "find-links", "no-build-isolation"]


def test_an_index_that_is_a_folder_stays_behind(script):
    kept, left = script.for_the_build({"index-url": "file:///opt/simple", "proxy": "http://p:3128"})
    assert kept == {"proxy": "http://p:3128"}
    assert left == ["index-url"]


def test_a_machine_without_configuration_has_nothing_to_take(script):
    assert script.for_the_build(script.pip_config([])) == ({}, [])
