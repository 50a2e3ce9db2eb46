"""The manifests of the guides are what Kubernetes takes, by its own schemas: there is no cluster here."""

from __future__ import annotations

import re
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

GUIDES = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"^```yaml\n(apiVersion.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("guide", "number"), [("kubernetes", 3), ("replicas", 3)])
def test_manifests_are_of_the_form_that_kubernetes_takes(guide: str, number: int) -> None:
    blocks = BLOCK.findall((GUIDES / f"{guide}.md").read_text())
    found = [each for block in blocks for each in yaml.safe_load_all(block)]
    assert len(found) == number
    for each in found:
        kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)
