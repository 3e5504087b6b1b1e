"""A Dask cluster as the executor of a batch: encrypted, or not beyond this machine."""

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from equity_lib.batch.options import Options
from equity_lib.errors import EnvironmentProblem, Fault, WrongParameters
from equity_lib.registry.addresses import on_this_machine

_PATIENCE = "15s"


@contextmanager
def connected(options: Options) -> Iterator[tuple[Executor, Options]]:
    """The executor of a cluster, and the options with as many jobs at once as its workers do.

    Certificates for `tls://` are those of Dask's own configuration (`distributed.comm.tls`).

    Raises
    ------
    WrongParameters
        If others could listen: the address is neither TLS nor on this machine.
    EnvironmentProblem
        If there is nobody at the address, or Dask isn't installed.
    """
    address = options.dask
    refuse_open(address)
    try:
        from distributed import Client
    except ImportError:
        raise EnvironmentProblem(
            'Dask isn\'t installed. Install it with `pip install "equity_lib[cluster]"`.'
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it quotes what it moves
    try:
        client: Any = Client(address, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise EnvironmentProblem(
            f"No Dask scheduler answers at {address} ({type(error).__name__}). Start it, then run again."
        ) from None
    try:
        slots = sum(client.nthreads().values())
        if not slots:
            raise EnvironmentProblem(f"The cluster at {address} has no worker. Start one, then run again.")
        yield client.get_executor(pure=False), replace(options, jobs=options.jobs or slots)
    finally:
        client.close(timeout=2)


def refuse_open(address: str) -> None:
    """Refuse an address on whose way others could listen."""
    if not private(address):
        allowed = "tls://host:port, or tcp:// on this machine"
        fault = Fault("", 0, "--dask", repr(address), allowed, "Results about children go over it.")
        raise WrongParameters("The cluster isn't used.", [fault])


def private(address: str) -> bool:
    """Whether nobody else can listen on the way to an address."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme == "tls":
        return bool(parts.hostname)
    if parts.scheme != "tcp":
        return False
    return on_this_machine(parts.hostname or "")
