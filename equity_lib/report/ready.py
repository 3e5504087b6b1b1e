"""What every page takes and no result decides, made once in the warm parent: forks find it done."""

import io
from importlib import import_module

from matplotlib.figure import Figure

from equity_lib.report import fonts
from equity_lib.report.languages import LANGUAGES, catalogue
from equity_lib.report.site import LIST, environment_of_lists, exporter_of_pages

#: Imported by what pages call, when it is first called.
_LATE = (
    "equity_lib.release.guard",
    "matplotlib.backends.backend_svg",
    "nbconvert.exporters.html",
    "fontTools.subset",
    "jsonschema",
)
_COMPOUND = "การศึกษานอกระบบและการศึกษาตามอัธยาศัย"


def prepare() -> None:
    """Compile templates, cut fonts to what all pages embed, read word lists and catalogues.

    It starts no thread and leaves nothing open; nothing of an area, a register or a notebook is read.
    """
    for name in _LATE:
        import_module(name)
    for language in LANGUAGES:
        catalogue(language)
    fonts.font_css("")
    fonts.wrap(_COMPOUND, 1.0, 16.0)  # one px: each word is looked for in both of its lists
    _ = exporter_of_pages().template
    environment_of_lists().get_template(LIST)
    Figure().savefig(io.BytesIO(), format="svg")
