"""The site of the documentation, as a reader has it who opens its folder in a browser, offline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.pages import ROOT

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        check=True,
    )
    return folder


def test_what_is_searched_is_found_without_a_network(site: Path) -> None:
    assert CHROMIUM, "Debian's chromium is needed: .ci/run installs it"
    outside: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        page.on("request", lambda each: outside.append(each.url))
        page.goto((site / "index.html").as_uri())

        page.fill("input.md-search__input", "throttling")
        page.wait_for_selector(".md-search-result__item")

        found = page.locator(".md-search-result__item").all_inner_texts()
        browser.close()
    assert any("Test throttling and failures" in each for each in found)
    assert [each for each in outside if not each.startswith(("file:", "data:", "blob:"))] == []


def test_what_is_made_of_the_code_is_in_it(site: Path) -> None:
    text = (site / "reference" / "settings.html").read_text()
    assert "FAKEGRAPH_PAGE_SIZE" in text
    assert "assert_sent" in (site / "reference" / "handle.html").read_text()
