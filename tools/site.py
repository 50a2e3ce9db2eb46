"""What MkDocs is told beside ``mkdocs.yml``: pages made of the code, and the rest of the menu."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from tools.reference import PAGES

PARTS = {
    "tutorial": "Tutorial",
    "how-to": "How to",
    "reference": "Reference",
    "explanation": "Explanation",
}
"""What the menu calls each folder of ``docs/``."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put a page that the menu does not name at the end of its part."""
    nav: list[Any] = config.nav or []
    named = set(_pages(nav))
    for folder, title in PARTS.items():
        (part,) = (each[title] for each in nav if isinstance(each, dict) and title in each)
        for path in sorted((Path(config.docs_dir) / folder).glob("*.md")):
            page = f"{folder}/{path.name}"
            if page not in named:
                part.append(page)
    return config


def _pages(nav: list[Any]) -> Iterator[str]:
    for each in nav:
        if isinstance(each, str):
            yield each
        else:
            for below in each.values():
                yield from [below] if isinstance(below, str) else _pages(below)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add each page that is made as if it were a file of ``docs/``."""
    for name, make in PAGES.items():
        files.append(File.generated(config, name, content=make()))
    return files
