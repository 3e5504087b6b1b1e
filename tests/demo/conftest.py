"""One synthetic area, built once for all tests of this folder, with its truth at hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from equity_lib.demo.building import Built, build
from equity_lib.registry.register import Register


@dataclass
class Demo:
    """The project folder, what `build` said, and the truth file."""

    root: Path
    key: Path
    built: Built
    truth: dict[str, Any]

    @property
    def source(self) -> Path:
        return self.root / "data" / "demo-source" / "demo"

    @property
    def folder(self) -> Path:
        return self.root / "data" / "demo"

    def register(self, year: int) -> Register:
        return Register(self.folder, year)


def truth_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load((folder / "truth.yaml").read_text("utf-8"))
    return found


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    place = tmp_path_factory.mktemp("demo")
    root = place / "project"
    (root / "params").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EQUITY_DATA_DIR", str(root / "data"))
        patch.delenv("EQUITY_BATCH", raising=False)
        built = build(root, key_file=place / "keys" / "demo.key")
        yield Demo(root, place / "keys" / "demo.key", built, truth_of(root / "data" / "demo-source" / "demo"))
