"""A publisher for bench/batch.py: the pages that the peers make, so that like is compared with like."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


@cache
def exporter() -> HTMLExporter:
    """One for all pages of a process: its templates are compiled once."""
    return HTMLExporter()


def prepare() -> None:
    """Compile the templates, in the warm parent."""
    exporter().from_notebook_node(new_notebook(cells=[new_markdown_cell("-"), new_code_cell("1")]))


def publish_year(
    root: Path,
    area: str,
    year: int,
    executed: Mapping[str, Path],
    failed: Sequence[str],
    into: Path,
    languages: Sequence[str],
) -> None:
    """One page a notebook, by nbconvert's HTMLExporter."""
    del root, area, year, failed, languages
    for name, path in executed.items():
        page, _ = exporter().from_filename(str(path))
        (into / f"{name}.html").write_text(page, "utf-8")
    manifest = {page.name: hashlib.sha256(page.read_bytes()).hexdigest() for page in into.iterdir()}
    (into / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def publish_site(outputs: Path, root: Path, languages: Sequence[str]) -> None:
    """A list."""
    del root, languages
    (outputs / "index.html").write_text(str(sorted(outputs.glob("*/*"))), "utf-8")
