"""Every block of docs/ is run by somebody, or says that it is not; what is made of the code is whole."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import fakegraph
from fakegraph import odata
from fakegraph.cli import cli
from fakegraph.control.routes import SERVER_ROUTES, TENANT_ROUTES
from fakegraph.handle import FakeGraph
from fakegraph.pytest_plugin import _MARKED
from fakegraph.settings import Settings
from tests import whole_coverage
from tests.pages import PAGES, ROOT, Page
from tools import reference

# Blocks that tests of their own run: a word of the block, and the test.
SHOWN = {
    "README.md": {
        "make serve": "clients/test_pages.py",
        "def test_a_new_colleague": "test_readme.py",
        "I am the first user": "clients/test_pages.py",
        "sharedWithMe": "test_readme.py",
    },
    "explanation/inspector.md": {"useLoaded": "clients/test_inspector.py"},
    "explanation/store.md": {"Layout(": "test_docs.py"},
    "how-to/fixtures.md": {
        "def test_sales": "test_fixture_docs.py",
        "generate tenant": "test_fixture_docs.py",
        "export data": "test_fixture_docs.py",
        "@odata.context": "test_fixture_docs.py",
        "fakegraph import": "test_fixture_docs.py",
    },
    "how-to/javascript.md": {
        "npm install": "clients/test_javascript_helper.py",
        "first.test.mjs": "clients/test_javascript_helper.py",
        "mail.test.ts": "clients/test_javascript_helper.py",
        "clock.test.js": "clients/test_javascript_helper.py",
        "in-place.test.mjs": "clients/test_javascript_helper.py",
    },
    "how-to/recipes.md": {
        "# test_report.py": "clients/test_recipes.py",
        "# test_unittest.py": "clients/test_recipes.py",
        "// report.test.mjs": "clients/test_recipes.py",
        "// Report.java": "clients/test_recipes.py",
        "# sign_in.py": "clients/test_recipes.py",
        "// sign-in.mjs": "clients/test_recipes.py",
        "new ClientSecretCredential": "clients/test_recipes.py",
        "keytool": "clients/test_recipes.py",
        "// SignIn.java": "clients/test_recipes.py",
        "--retry": "clients/test_recipes.py",
    },
    "how-to/release.md": {
        "git verify-tag": "clients/test_release.py",
        "make wheel": "clients/test_release.py",
    },
    "how-to/replicas.md": {
        "compose.replicas.yaml": "test_compose.py",
        "kind: Secret": "test_compose.py",
    },
    "how-to/sdks.md": {
        "GraphRequestAdapter": "clients/test_python_sdk.py",
        "customHosts": "clients/test_javascript.py",
    },
    "how-to/single-page-apps.md": {
        "who signs in is greeted": "clients/test_single_page_app.py",
        "APP_URL=": "clients/test_single_page_app.py",
    },
    "how-to/unmodified.md": {
        "ready.json": "test_run.py",
        "az login": "clients/test_azure_cli.py",
        "onedrive": "clients/test_onedrive.py",
    },
    "reference/contoso.md": {"the_week_before": "test_docs.py"},
    "reference/control.md": {
        "Staff": "test_docs.py",
        '"preset"': "test_docs.py",
        '"lastMs"': "test_docs.py",
        "findMeetingTimes": "test_docs.py",
    },
    "reference/data.md": {"document 7": "test_docs.py"},
    "reference/fixture-files.md": {
        "fakegraph generate": "test_readme.py",
        '"thread"': "test_docs.py",
        '"organizer"': "test_docs.py",
        "AAMk1": "test_export_everything.py",
    },
    "reference/handle-at-a-glance.md": {"with FakeGraph": "test_readme.py"},
    "reference/identity.md": {
        "serve --tls --auth strict": "test_docs.py",
        '"displayName": "Report reader"': "test_readme.py",
    },
    "reference/mail.md": {"@fullAccess": "test_docs.py"},
    "reference/notifications.md": {"def test_my_webhook": "test_docs.py"},
    "reference/served.md": {"-X POST": "test_readme.py", "isSucces%20": "test_readme.py"},
}
SAID = {"fakegraph listening", "fakegraph requests"}  # what is printed, and no command
SHOWN_FILES = {"explanation/house.md"}  # a map, compared with the folders by test_house.py
PLAYED = [page for page in PAGES if page.name not in SHOWN and page.name not in SHOWN_FILES]
# They need clients, or start many processes: `make test-clients` has them.
ELSEWHERE = {"how-to/sign-in.md", "how-to/parallel-tests.md"}
HERE = [page for page in PLAYED if page.commands and not page.needs and page.name not in ELSEWHERE]
# Pages whose commands are calls of pytest alone: one run of pytest has them all.
TESTED = [
    page for page in HERE if all(each.text.startswith("pytest -q test_") for each in page.commands)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_block_is_run_or_says_that_it_is_not(page: Page) -> None:
    shown = SHOWN.get(page.name, {})
    for block in page.blocks:
        if block.shown_only or page.name in SHOWN_FILES:
            continue
        if page.name in SHOWN:
            words = [word for word in shown if word in block.text]
            assert words, f"no test runs this block of {page.name}:\n{block.text}"
            assert (ROOT / "tests" / shown[words[0]]).exists()
        else:
            assert block.title or block.language in ("sh", "text"), block.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_block_is_written_so_that_nobody_sees_it(page: Page) -> None:
    fences = re.findall(r"^[ \t>]*(?:```|~~~)", page.text, re.MULTILINE)
    assert len(fences) == 2 * len(page.blocks), "a block is indented, or has more than a title"

    shown = [block for block in page.blocks if not block.shown_only]
    for word, test in SHOWN.get(page.name, {}).items():
        assert any(word in block.text for block in shown), f"no block of {page.name} has {word!r}"
        known = (ROOT / "tests" / test).read_text()
        assert page.path.name in known or page.path.stem in known, f"{test} reads no {page.name}"
    if page in PLAYED:
        kinds = [block.language if not block.title else "file" for block in shown]
        assert not kinds or "sh" in kinds, "files that no command of the page uses"
        assert "text" not in kinds[: kinds.index("sh")] if kinds else True


def test_each_command_in_a_sentence_is_one_that_there_is() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    found = 0
    for page in PAGES:
        for command in _in_sentences(page):
            name, *arguments = shlex.split(command)
            if name == "make":
                wanted = {each for each in arguments if "=" not in each}
                assert wanted <= targets, f"{page.name}: {command}"
            elif name == "fakegraph":
                problem = _refused(arguments)
                assert not problem, f"{page.name}: {command}: {problem}"
            else:
                text = (ROOT / arguments[0]).read_text()
                options = [each.partition("=")[0] for each in arguments if each.startswith("--")]
                assert all(f'"{each}"' in text for each in options), f"{page.name}: {command}"
            found += 1
    assert found > 100


def _in_sentences(page: Page) -> Iterator[str]:
    """The commands of ours that stand between words."""
    prose = re.sub(r"^```.*?^```$", "", page.text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose):
        text = re.sub(r"\s+", " ", span)
        if (
            re.match(r"(?:make [a-z]|fakegraph [a-z]|python benchmarks/)", text)
            and text not in SAID
        ):
            yield text


def _refused(arguments: list[str]) -> str:
    """What of them the command line does not know; values are not asked about."""
    name, *rest = arguments
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    if command is None:
        return f"there is no command {name}"
    known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    ours = rest[: rest.index("--")] if "--" in rest else rest
    asked = {each.partition("=")[0] for each in ours if each.startswith("-") and each != "-"}
    return ", ".join(asked - known - {"--help"})


def test_the_tests_of_the_guides_pass(tmp_path: Path, fakegraph_server: Any) -> None:
    passed = 0
    for page in TESTED:
        folder = tmp_path / page.path.stem
        folder.mkdir()
        for block in page.blocks:
            if block.title:
                (folder / block.title).write_text(block.text)
            elif said := re.match(r"(\d+) passed", block.text):
                passed += int(said[1])
    assert len(TESTED) > 5

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{passed} passed" in done.stdout, done.stdout


@pytest.mark.parametrize(
    "page", [page for page in HERE if page not in TESTED], ids=lambda page: page.name
)
def test_guides_do_as_they_say(page: Page, tmp_path: Path, fakegraph_server: Any) -> None:
    (tmp_path / "reader").mkdir()
    page.play(tmp_path / "reader", fakegraph_server.url)


def test_a_command_that_fails_fails_its_page(tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    path = tmp_path / "page.md"
    path.write_text("```sh\nfalse\necho on\n```\n")
    page = Page(path)

    with pytest.raises(AssertionError, match="exit 1"):
        page.play(tmp_path / "reader")


@pytest.mark.parametrize("printed", ["one", "two …"])
def test_what_a_page_says_is_printed_has_to_be(tmp_path: Path, printed: str) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"```sh\necho two three\n```\n\n```text\n{printed}\n```\n")
    (tmp_path / "reader").mkdir()
    page = Page(path)

    if printed == "one":
        with pytest.raises(AssertionError, match="one"):
            page.play(tmp_path / "reader")
    else:
        page.play(tmp_path / "reader")


# -- what is made of the code ----------------------------------------------------------------------


def test_the_command_line_has_every_command_and_option() -> None:
    text = reference.command_line()
    for name in cli.list_commands(None):  # type: ignore[arg-type]
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        section = re.split(r"^## ", text.partition(f"\n## {name}\n")[2], flags=re.MULTILINE)[0]
        known = set(vars(Settings())) if name in ("serve", "run") else set()
        for option in command.params if command else ():
            if isinstance(option, click.Option) and option.name not in known:
                assert option.hidden or option.opts[-1] in section, (name, option)


def test_the_settings_have_all_their_names() -> None:
    text = reference.settings()
    for name in vars(Settings()):
        assert f"`--{name.replace('_', '-')}" in text
        assert f"`FAKEGRAPH_{name.upper()}`" in text


def test_the_handle_has_every_public_name_with_words() -> None:
    text = reference.handle()
    for name in vars(FakeGraph):
        if not name.startswith("_"):
            said = re.search(rf"### \.{name}(?:\(\))?\n\n```text\n.+?```\n\n(.*)", text, re.DOTALL)
            assert said, name
            assert said[1].splitlines()[0].strip(), name


def test_the_handle_has_every_name_that_the_package_and_its_parser_export() -> None:
    text = reference.handle()
    for name in {*fakegraph.__all__, *odata.__all__} - {"__version__"}:
        said = re.search(rf"###? {name}\n\n(?:```text\n.+?```\n\n)?(.+)", text, re.DOTALL)
        assert said, name
        assert not said[1].startswith("#"), name


def test_the_plugin_has_every_argument_of_its_marker() -> None:
    text = reference.plugin()
    for name in (*_MARKED, "fakegraph_server", "--fakegraph-url"):
        assert name in text


def test_every_control_route_has_its_section() -> None:
    text = reference.control_routes()
    for path in (*SERVER_ROUTES, *TENANT_ROUTES):
        plain = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path).removeprefix("/tenants/{tenant}")
        assert f"/_fakegraph{plain or '/tenants/{tenant}'}`" in text, path
    assert "| `preset` | body" in text


def test_coverage_by_operation_counts_as_the_table_does() -> None:
    rows = [line.split(" | ") for line in reference.operations().splitlines() if "| `" in line]
    built, scripted = (sum(int(row[at] or 0) for row in rows) for at in (3, 4))

    counted = {
        cell: counts
        for cell, counts in whole_coverage.counted().items()
        if cell[1] in ("actions", "functions")
    }
    assert scripted == sum(counts["scripted"] for counts in counted.values())
    assert built + scripted == sum(counts.total() for counts in counted.values())
