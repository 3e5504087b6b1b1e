"""What the warm parent imports: first what any kernel needs, the rest while nobody asks for anything.

Only modules that start no thread and compute nothing when they are imported: `polars`, say, is for a
fork to import where it is wanted. A fork made early imports for itself what it misses.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from operator import attrgetter

#: What a kernel and whoever drives it need, and the typical notebook.
FIRST = (
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "zmq.utils.garbage",
    "papermill",
    "jupyter_client.provisioning.factory:KernelProvisionerFactory.instance",  # looks for installed ones
    "equity_lib.batch.execution",
    "equity_lib.batch.kernels",
    "equity_lib.batch.provisioner",
    "pandas",
    "pandas.io.formats.html",
    "pandas.io.formats.string",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends:backend_registry.list_all",  # looks for installed backends: 0.07 s
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PpmImagePlugin",
    "scipy.stats",
    "seaborn",
)
#: What notebooks need that use our library.
THEN = (
    "pydantic",
    "equity_lib.registry.register",
    "equity_lib.registry.schema:load",  # 0.07 s in each kernel
    "equity_lib.indicators.quality",
    "equity_lib.indicators.reach",
    "equity_lib.indicators.findings",
    "equity_lib.indicators.bulletin",
    "nbconvert",
    "faicons",
    "great_tables",
    "equity_lib.report.lab",
    # what a design is estimated with takes 1.2 s to import, and notebook 07 runs once a design
    "equity_lib.impact.study",
    "statsmodels.api",
    "rdrobust",
    "rddensity",
    "diff_diff",
)
_THREADED = ("polars",)
#: `jsonschema` compiles a grammar for IRIs (1.3 s) if it finds this package; notebooks hold none.
_NEVER = "rfc3987_syntax"


class Preload:
    """Imports one module a step.

    Parameters
    ----------
    further
        Modules to import after the first, such as the one that makes pages; `module:function` is called
        as well: what it fills is filled in all forks.
    """

    def __init__(self, further: Sequence[str] = ()) -> None:
        self.todo = [*FIRST, *further]
        self._after = len(self.todo) - len(FIRST)
        self._files: dict[str, tuple[int, int]] = {}
        self._seen: set[str] = set()
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else the debugger warns on standard error
        sys.modules.setdefault(_NEVER, None)  # type: ignore[arg-type]
        self._note()

    @property
    def ready(self) -> bool:
        """Whether a fork would have what any kernel needs."""
        return len(self.todo) <= self._after

    def step(self) -> None:
        """Import the next module.

        Without one that any kernel needs there can be no fork: the error ends the parent. What misses one
        of the others meets the same error where it needs it, and says so.
        """
        name, _, function = self.todo[0].partition(":")
        with suppress(Exception) if self.ready else nullcontext(), _without_threads():
            module = import_module(name)
            if function:
                attrgetter(function)(module)()
        del self.todo[0]
        self._note()

    def stale(self) -> bool:
        """Whether a file that was imported has changed: a kernel started after a change must see it."""
        return any(_stat(name) != stat for name, stat in self._files.items())

    def _note(self) -> None:
        for name in sys.modules.keys() - self._seen:
            self._seen.add(name)
            file = getattr(sys.modules[name], "__file__", None)
            stat = _stat(file) if file else None
            if file and stat:
                self._files[file] = stat


def _stat(name: str) -> tuple[int, int] | None:
    with suppress(OSError):
        stat = os.stat(name)  # noqa: PTH116 - thousands of them
        return stat.st_mtime_ns, stat.st_size
    return None


class _Hidden:
    """Finds that modules which start threads aren't there."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse them; anything else is for the next finder."""
        del path, target
        if name in _THREADED:
            raise ModuleNotFoundError(name, name=name)


@contextmanager
def _without_threads() -> Iterator[None]:
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        yield
    finally:
        sys.meta_path.remove(hidden)
