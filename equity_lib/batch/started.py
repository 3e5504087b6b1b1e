"""A worker as a process of its own, where there is no warm parent to fork it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

_WARM, _STOCK = "equity", "python3"


class Started:
    """A worker that was started as a process; it imports for itself."""

    def __init__(self, request: Mapping[str, Any], env: Mapping[str, str], cwd: Path) -> None:
        #: The warm kernel is out of reach: then the one that ipykernel installs.
        self._request = {**request, "kernel": _STOCK} if request.get("kernel") == _WARM else request
        self._process = subprocess.Popen(
            [sys.executable, "-m", "equity_lib.batch.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, once it has ended."""
        return self._process.returncode

    def events(self) -> Iterator[dict[str, Any]]:
        """What it says."""
        stdin, stdout = self._pipes()
        try:
            stdin.write(json.dumps(self._request).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:  # it died at once; its end says how
            return
        for line in stdout:
            yield json.loads(line)

    def close(self) -> None:
        """Close its pipes: it ends when its standard input does."""
        for pipe in self._pipes():
            pipe.close()

    def wait(self) -> int:
        """Wait for its end."""
        return self._process.wait()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a worker without pipes")
        return self._process.stdin, self._process.stdout
