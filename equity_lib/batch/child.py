"""What a fork of a warm parent becomes: a process as if started with that environment, folder and streams."""

import os
import random
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from equity_lib.batch.figures import draw_once


def become(request: Mapping[str, Any]) -> None:
    """Take on what a process gets from whoever starts it, and randomness of its own.

    Parameters
    ----------
    request
        `env`, `cwd`, `memory` (bytes of address space; 0: no limit).
    """
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    if request.get("memory"):
        limit = int(request["memory"])
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    seed = os.environ.get("EQUITY_SEED")
    random.seed(int(seed) if seed else None)
    numpy = sys.modules.get("numpy")
    if numpy is not None:  # else every fork would draw the same numbers
        numpy.random.seed(int(seed) % 2**32 if seed else None)


def kernel(request: Mapping[str, Any]) -> None:
    """Be an IPython kernel, as `python -m ipykernel_launcher` with these arguments would be."""
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [import_module("importlib.util").find_spec("ipykernel_launcher").origin, *request["argv"]]
    app = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize(request["argv"])  # type: ignore[no-untyped-call]
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:  # it was imported under another environment; the kernel has set its own now
        matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    draw_once(app.shell)
    app.start()  # type: ignore[no-untyped-call]


def redirect(streams: Sequence[int]) -> None:
    """Have standard output and standard error go to these descriptors; without them nowhere.

    Standard input is at its end.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    for number, descriptor in enumerate(streams or [nowhere, nowhere], 1):
        os.dup2(descriptor, number)
    for descriptor in {nowhere, *streams} - {0, 1, 2}:
        os.close(descriptor)
