"""One job in a process of its own: execute a notebook, or make the pages of a year or of the site.

As a fork of the warm parent it is handed the request and a channel, which may bring another notebook
when one is done (the cells run in a kernel, new for each). Started as a process, the request comes as
one JSON line on standard input, which then stays open: when it ends, the parent is gone and so are we.
Events and the reply go out as JSON lines; everything that a library or a kernel prints goes nowhere,
because it could quote values.
"""

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from equity_lib.batch import lifeline
from equity_lib.batch.failures import Failed, in_worker
from equity_lib.batch.outputs import machine_problem

# `jsonschema` compiles a grammar for IRIs (1.3 s) if it finds this package; notebooks hold none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

Send = Callable[[dict[str, Any]], None]
#: Waits until cells may run: a kernel is started while those of another notebook still do.
Turn = Callable[[], None]


def execute(request: dict[str, Any], send: Send, turn: Turn) -> dict[str, Any]:
    """Execute one notebook."""
    from equity_lib.batch import execution

    return execution.execute(request, send, turn)


def publish(request: dict[str, Any], *_: object) -> None:
    """Make the pages of one area-year in the folder `into`, and read them before anyone else can."""
    from equity_lib.release.guard import guard

    os.environ["MPLBACKEND"] = "agg"
    executed = {name: Path(path) for name, path in request["executed"].items()}
    import_module(request["publisher"]).publish_year(
        Path(request["root"]),
        request["area"],
        request["program_year"],
        executed,
        list(request["failed"]),
        Path(request["into"]),
        tuple(request["languages"]),
    )
    guard(Path(request["into"]), f"outputs/{request['area']}/{request['program_year']}")


def site(request: dict[str, Any], *_: object) -> None:
    """Make the index pages above the years, and read them as well."""
    from equity_lib.release.guard import guard

    publisher = import_module(request["publisher"])
    publisher.publish_site(Path(request["into"]), Path(request["root"]), tuple(request["languages"]))
    guard(Path(request["into"]), "outputs")


_JOBS: dict[str, Callable[..., dict[str, Any] | None]] = {
    "execute": execute,
    "publish": publish,
    "site": site,
}


def main() -> None:
    """Read the request, do it, reply."""
    lifeline.bind(int(sys.argv[1]))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)

    def send(event: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):
            out.write(json.dumps(event) + "\n")
            out.flush()

    line = b""
    while not line.endswith(b"\n"):
        read = os.read(0, 65536)
        if not read:
            os._exit(1)
        line += read
    threading.Thread(target=lifeline.watch, daemon=True).start()
    _do(json.loads(line), send, lambda: None)  # the turn was waited for before the request came
    os._exit(0)  # nothing is left to flush, and interpreter shutdown takes its time


def work(
    request: dict[str, Any], channel: socket.socket, become: Callable[[Mapping[str, Any]], None]
) -> NoReturn:
    """Do jobs in a fork of the warm parent, whose end is ours; the channel takes events and replies.

    Parameters
    ----------
    request
        `job`, and the environment and folder of this process.
    become
        Takes on the environment and the folder of another request.
    """

    def send(event: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):
            channel.sendall(json.dumps(event).encode() + b"\n")

    def turn() -> None:
        send({"waits": True})
        if not following.readline():
            os._exit(1)

    following = channel.makefile("rb")
    # After a failure there is no next job: nobody knows what was left behind.
    while _do(request["job"], send, turn) and again(request["job"]):
        line = following.readline()
        if not line:
            break
        request = json.loads(line)
        lifeline.groups.clear()
        become(request)
    os._exit(0)


def again(job: Mapping[str, Any]) -> bool:
    """Whether who did a job may do another: driving a kernel leaves nothing, making pages may."""
    return str(job["do"]) == "execute"


def _do(request: dict[str, Any], send: Send, turn: Turn) -> bool:
    try:
        send({"done": _JOBS[request["do"]](request, send, turn) or {}})
        return True
    except BaseException as error:  # noqa: BLE001 - told to the parent, which decides
        if isinstance(error, OSError):
            error = machine_problem(error) or error
        failure = error.failure if isinstance(error, Failed) else in_worker(error)
        send({"failed": failure.as_json()})
        return False


if __name__ == "__main__":
    main()
