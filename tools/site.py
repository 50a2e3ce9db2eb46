"""What MkDocs is told beside ``mkdocs.yml``: the pages that are made of the code."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from tools.reference import PAGES


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add each of them as if it were a file of ``docs/``."""
    for name, make in PAGES.items():
        files.append(File.generated(config, name, content=make()))
    return files
