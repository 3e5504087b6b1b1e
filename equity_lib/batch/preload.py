"""What the warm parents import: first what their forks need, the rest while nobody asks for anything.

Only modules that start no thread and compute nothing when they are imported: `polars`, say, is for a
fork to import where it is wanted. A fork made early imports for itself what it misses.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from operator import attrgetter

#: What kernels need as well as who drives them.
BOTH = (
    "jupyter_client.asynchronous",
    "jupyter_client.provisioning.factory",
    "tornado.platform.asyncio",
    "zmq.utils.garbage",
    "ipykernel.connect",
)
#: What whoever drives a kernel needs.
JOBS = (
    "papermill",
    "nbformat.validator:get_validator",  # compiles the schema of notebooks
    "jupyter_client.provisioning.factory:KernelProvisionerFactory.instance",  # looks for installed ones
    "equity_lib.batch.executed",
    "equity_lib.batch.execution",
    "equity_lib.batch.kernels",
    "equity_lib.batch.provisioner",
)
#: What a kernel needs, and the typical notebook.
KERNELS = (
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "faulthandler",
    "pandas",
    "pandas.core.methods.to_dict",
    "pandas.io.formats.html",
    "pandas.io.formats.string",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "pyarrow.vendored.version",
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
    first
        Modules that each fork needs; `module:function` is called as well: what it fills is filled in
        all forks.
    then
        Modules to import after them, such as the one that makes pages.
    """

    def __init__(self, first: Sequence[str], then: Sequence[str] = ()) -> None:
        self.todo = [*first, *then]
        #: Why there can be no fork: what one can't do without can't be imported.
        self.broken = ""
        self._after = len(then)
        self._files: dict[str, tuple[int, int]] = {}
        self._seen: set[str] = set()
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else the debugger warns on standard error
        sys.modules.setdefault(_NEVER, None)  # type: ignore[arg-type]
        self._note()

    @property
    def ready(self) -> bool:
        """Whether a fork would have what it needs."""
        return len(self.todo) <= self._after

    def step(self) -> None:
        """Import the next module.

        What misses one of the later ones meets the same error where it needs it, and says so.
        """
        name, _, function = self.todo[0].partition(":")
        try:
            with _without_threads():
                module = import_module(name)
                if function:
                    attrgetter(function)(module)()
        except Exception as error:  # noqa: BLE001 - of whatever is installed
            if not self.ready:
                self.broken = f"{name} can't be imported there ({type(error).__name__})"
                self.todo.clear()
                return
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
