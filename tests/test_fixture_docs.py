"""What docs/fixtures.md says works as it is written there."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "fixtures.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_builders_build_what_is_shown(pytester):
    pytester.makepyfile("\n".join(blocks("python")))
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
