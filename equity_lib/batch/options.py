"""What `equity run` was told."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Pages are made in both unless one is asked for.
LANGUAGES = ("th", "en")


@dataclass(frozen=True)
class Options:
    """Options of a run.

    Parameters
    ----------
    notebooks
        Numbers or stems; none means all.
    jobs
        Worker processes at a time; 0 means as many as there are cores, four at most.
    keep_going
        Publish what passed of a year in which something failed.
    timeout
        Seconds a job may take.
    memory
        Limit of a kernel's address space in MB; 0 is none.
    kernel
        Name of the kernel spec; `equity` forks kernels off a warm parent, where that is safe.
    publisher
        Module with `publish_year` and `publish_site`.
    parameters
        Module with `load_year`, which raises `WrongParameters`; empty means not to ask beforehand.
    """

    notebooks: Sequence[str] = ()
    jobs: int = 0
    languages: tuple[str, ...] = LANGUAGES
    force: bool = False
    keep_going: bool = False
    timeout: float = 600.0
    memory: int = 0
    kernel: str = "equity"
    publisher: str = "equity_lib.report.site"
    parameters: str = "equity_lib.programme.loading"
