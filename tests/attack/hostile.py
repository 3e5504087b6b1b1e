"""An area whose every word attacks the page: markup, templates, styles, format strings."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

from equity_lib.programme.reading import read_yaml
from equity_lib.report.site import publish_year
from tests.pages import ROOT

#: What is shown as it is written; each in a name, a passage and a sentence of one of the two areas.
MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg onload=alert(3)><desc>",
    "</title></style></td></table></svg>",
    "]]> <!-- hidden --> <![CDATA[",
    '" onmouseover="alert(4)" x="',
    "' autofocus onfocus='alert(5)",
    "<h1>ปลอม</h1><h2>ปลอม</h2>",
    "&lt;b&gt; &amp; &#60;i&#62;",
)
CODE = (
    "javascript:alert(6)",
    "{{ 7*7 }} {% raw %} {# hidden #}",
    "{{ x|safe }}",
    "{0} {x!r} {} %s %(x)s {area.__class__}",
    '"; } body{display:none} /*',
    "@FONTS@ @RUNNING_TITLE@",
    "**x** [y](javascript:alert(7)) `z`",
    "$\\frac{1}{2}$ \\0 \\202e",
    '=HYPERLINK("x")',
)
LONG = "เด็กปฐมวัยและเยาวชน" * 500  # 9,500 characters without a space, as Thai is written


def plain(program_year: int = 2562) -> dict[str, Any]:
    """The parameters of khon-kaen as plain values."""
    return read_yaml(ROOT / "params" / "khon-kaen" / f"{program_year}.yaml", "a test's parameters").data


def hostile(area: str, kind: str, first: tuple[str, ...], second: tuple[str, ...]) -> dict[str, Any]:
    """Year 1 with an attack behind every name and passage, the two kinds taking turns."""
    data = plain() | {"area": area, "kind": kind, "sign_off": [{"th": "ผู้รับรอง", "en": "Officer"}]}
    data["narrative"] = {key: {"th": "ปัญหา", "en": "Problem"} for key in ("problems", "next_steps")}
    data["contact"] = {"office": {"th": "สำนักงาน", "en": "Office"}, "channel": "โทร. 0"}
    data["sources"]["manager_2563"]["date_as_written"] = "วันนี้"
    turns = [" ".join(first), " ".join(second)]
    return _poisoned(data, turns)


def _poisoned(value: Any, turns: list[str]) -> Any:
    if isinstance(value, list):
        return [_poisoned(each, turns) for each in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, inner in value.items():
        if isinstance(inner, str) and key in ("th", "en", "passage", "channel", "date_as_written"):
            made[key] = f"{inner} {turns[0]}"
        elif key == "written_as":
            made[key] = [f"{each} {turns[0]}" for each in inner]
        else:
            made[key] = _poisoned(inner, turns)
    if set(value) == {"th", "en"}:
        turns.reverse()
    return made


class Scratch:
    """Executed notebooks of a published project and parameters of its area-year, both to be changed.

    Publishing again from them takes a second: nothing is executed.
    """

    def __init__(self, project: Path, aside: Path, area: str = "khon-kaen", program_year: int = 2562) -> None:
        self.root, self.area, self.program_year = aside / "project", area, program_year
        shutil.copytree(project / "params" / area, self.root / "params" / area)
        runs = project / "outputs" / ".runs" / area / str(program_year)
        self._runs = shutil.copytree(runs, aside / "runs")
        self._parameters = self.root / "params" / area / f"{program_year}.yaml"
        self.parameters = copy.deepcopy(read_yaml(self._parameters, "scratch").data)

    def notebook(self, name: str) -> dict[str, Any]:
        """An executed notebook, to be changed and stored."""
        return json.loads((self._runs / f"{name}.ipynb").read_text("utf-8"))

    def store(self, name: str, notebook: dict[str, Any]) -> None:
        """Put a changed notebook in the place of the executed one."""
        (self._runs / f"{name}.ipynb").write_text(json.dumps(notebook), "utf-8")

    def keep(self, *names: str) -> None:
        """Only these notebooks: pages without charts are made faster."""
        for path in self._runs.glob("[0-9]*.ipynb"):
            if path.stem not in names:
                path.unlink()

    def publish(self, *languages: str) -> Path:
        """The folder of the pages made from all this."""
        self._parameters.write_text(json.dumps(self.parameters, ensure_ascii=False), "utf-8")
        into = self.root / "pages"
        into.mkdir(exist_ok=True)
        executed = {path.stem: path for path in sorted(self._runs.glob("[0-9]*.ipynb"))}
        publish_year(self.root, self.area, self.program_year, executed, [], into, languages or ("th", "en"))
        return into
