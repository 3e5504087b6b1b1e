"""Published pages as tests read them: from the file, and in Chromium."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
NUMBER = re.compile(r"−?[0-9][0-9,]*(?:\.[0-9]+)?")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(eq=False)
class Element:
    """One element of a page; `path` are the elements around it, outermost first."""

    tag: str
    attributes: dict[str, str]
    path: tuple["Element", ...]
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def language(self) -> str:
        around = [each.attributes["lang"] for each in (*self.path, self) if "lang" in each.attributes]
        return around[-1] if around else ""


class Page(HTMLParser):
    """A page read strictly: whatever isn't closed where it was opened is an entry in `faults`."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.source = path, path.read_text("utf-8")
        self.elements: list[Element] = []
        self.runs: list[tuple[Element, str]] = []
        self.faults: list[str] = []
        self.comments: list[str] = []
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()
        self.faults += [f"<{each.tag}> is never closed" for each in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"<{tag}> has two {name}" for name in set(names) if names.count(name) > 1]
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes nothing, at line {self.getpos()[0]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)
        if self._open and data.strip():
            self.runs.append((self._open[-1], data))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def all(self, tag: str = "", **attributes: str | None) -> list[Element]:
        """Elements of a tag that have attributes (with a value, unless it is None)."""
        return [
            each
            for each in self.elements
            if (not tag or each.tag == tag)
            and all(
                name in each.attributes and value in (None, each.attributes[name])
                for name, value in ((name.replace("_", "-"), value) for name, value in attributes.items())
            )
        ]

    @property
    def ids(self) -> list[str]:
        return [each.attributes["id"] for each in self.all(id=None)]

    @property
    def text(self) -> str:
        """What a reader sees."""
        return "".join(run for element, run in self.runs if element.tag not in ("style", "title", "desc"))

    def figures(self) -> Iterator[tuple[str, str]]:
        """Result id and number (or mark) of each figure shown."""
        for each in self.all(data_result=None):
            if each.tag in ("span", "a", "td"):
                found = NUMBER.findall(each.text)
                yield each.attributes["data-result"], found[0] if found else each.text


def pages(outputs: Path) -> list[Page]:
    """Every page below a folder of outputs, in the order of their names."""
    found = [path for path in sorted(outputs.rglob("*.html")) if ".runs" not in path.parts]
    assert found, f"no page below {outputs.name}"
    return [Page(path) for path in found]


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder made by whichever worker asks first; the others wait for it."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def write_project(root: Path, years: dict[str, dict[int, dict[str, Any]]]) -> Path:
    """A project folder with the real notebooks and areas' parameters, as JSON, which is YAML."""
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for area, files in years.items():
        for year, data in files.items():
            path = root / "params" / area / f"{year}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    return root


def equity(root: Path, *arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the `equity` command on a project folder, to its end; `home` is another home folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EQUITY_")}
    environment |= {"HOME": str(home)} if home else {}
    return subprocess.run(
        [sys.executable, "-m", "equity_lib.cli", *arguments],
        env=environment | {"EQUITY_ROOT": str(root)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def needed(what: str, found: object) -> None:
    """Skip a test for want of a tool; never where CI says that nothing may be skipped."""
    if found:
        return
    if os.environ.get("CI") or os.environ.get("EQUITY_BROWSER_TESTS"):
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is not installed")
